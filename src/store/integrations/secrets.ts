import type { Knex } from 'knex';
import type { SecretStore } from '../../engine/ports/integration-stores.ts';
import { identityOf, sealedColumns } from '../vault/sealed-columns.ts';
import type { Vault } from '../vault/vault.ts';

interface SecretRow {
  readonly integration_id: string;
  readonly name: string;
  /** Sealed. */
  readonly value: string;
}

export function createSecretStore(db: Knex, vault: Vault): SecretStore {
  const secrets = () => db<SecretRow>('secrets');

  return {
    async all(integrationId) {
      const rows = await secrets().where({ integration_id: integrationId });
      const opened = rows.map(
        async ({ name, value }) =>
          [
            name,
            await vault.open(identityOf(sealedColumns.secret, integrationId, name), value),
          ] as const,
      );
      return Object.fromEntries(await Promise.all(opened));
    },

    async put(integrationId, name, value) {
      const sealed = await vault.seal(identityOf(sealedColumns.secret, integrationId, name), value);
      await secrets()
        .insert({ integration_id: integrationId, name, value: sealed })
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

    async delete(integrationId, name) {
      await secrets().where({ integration_id: integrationId, name }).delete();
    },

    async deleteAll(integrationId) {
      await secrets().where({ integration_id: integrationId }).delete();
    },
  };
}
