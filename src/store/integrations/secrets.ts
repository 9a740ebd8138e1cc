import type { Knex } from 'knex';
import type { SecretStore } from '../../engine/ports/integration-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { readable } from '../work/readable.ts';

interface SecretRow {
  readonly integration_id: string;
  readonly name: string;
  /** Sealed. */
  readonly value: string;
}

export function createSecretStore(db: Knex, vault: Vault): SecretStore {
  const secrets = () => db<SecretRow>('secrets');
  const values = sealedTexts(vault, sealedColumns.secret);

  const open = async (row: SecretRow) => ({
    id: row.integration_id,
    name: row.name,
    value: await values.open(row),
  });

  return {
    async all(integrationId) {
      const opened = (await secrets().where({ integration_id: integrationId })).map(open);
      return Object.fromEntries(
        (await Promise.all(opened)).map(({ name, value }) => [name, value]),
      );
    },

    async allOf(integrationIds) {
      const rows = await secrets().whereIn('integration_id', integrationIds);
      const found = new Map<string, Record<string, string>>();
      for (const { id, name, value } of await readable(rows, open))
        found.set(id, { ...found.get(id), [name]: value });
      return found;
    },

    async put(integrationId, name, value) {
      const key = { integration_id: integrationId, name };
      await secrets()
        .insert({ ...key, value: await values.seal(key, value) })
        .onConflict(['integration_id', 'name'])
        .merge(['value']);
    },

    async names(integrationId) {
      const rows = await secrets()
        .where({ integration_id: integrationId })
        .orderBy('name')
        .select('name');
      return rows.map(({ name }) => name);
    },

    async namesOf(integrationIds) {
      const rows = await secrets()
        .whereIn('integration_id', integrationIds)
        .select('integration_id', 'name');
      const found = new Map<string, Set<string>>();
      for (const { integration_id: id, name } of rows)
        found.set(id, (found.get(id) ?? new Set()).add(name));
      return found;
    },

    async delete(integrationId, name) {
      await secrets().where({ integration_id: integrationId, name }).delete();
    },

    async deleteAll(integrationId) {
      await secrets().where({ integration_id: integrationId }).delete();
    },
  };
}
