import type { Knex } from 'knex';
import type { Integration, ManifestVersion } from '../engine/directory.ts';
import { type IntegrationStore, StaleWrite } from '../engine/ports.ts';
import { fold, time } from './columns.ts';

interface IntegrationRow {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly name_key: string;
  readonly enabled: boolean | number;
  readonly manifest_version_id: string;
  readonly created_at: number;
}

interface ManifestVersionRow {
  readonly id: string;
  readonly integration_id: string;
  readonly number: number;
  readonly manifest: string;
  readonly created_at: number;
}

export function createIntegrationStore(db: Knex): IntegrationStore {
  const integrations = () => db<IntegrationRow>('integrations');
  const versions = () => db<ManifestVersionRow>('manifest_versions');

  return {
    async find(id) {
      const row = await integrations().where({ id }).first();
      return row && toIntegration(row);
    },

    async findByName(name) {
      const row = await integrations()
        .where({ name_key: nameKey(name) })
        .first();
      return row && toIntegration(row);
    },

    async list() {
      return (await integrations().orderBy('name_key')).map(toIntegration);
    },

    async insert(integration) {
      await integrations().insert(toRow(integration));
    },

    async save(integration) {
      const { id, version } = integration;
      const next = { ...integration, version: version + 1 };
      if ((await integrations().where({ id, version }).update(toRow(next))) === 0) {
        throw new StaleWrite('integration', id);
      }
      return next;
    },

    async findVersion(id) {
      const row = await versions().where({ id }).first();
      return row && toVersion(row);
    },

    async insertVersion(version) {
      await versions().insert({
        id: version.id,
        integration_id: version.integrationId,
        number: version.number,
        manifest: version.manifest,
        created_at: version.createdAt.getTime(),
      });
    },
  };
}

const nameKey = (name: string): string => fold(name.trim());

function toIntegration(row: IntegrationRow): Integration {
  return {
    id: row.id,
    version: row.version,
    name: row.name,
    enabled: Boolean(row.enabled),
    manifestVersionId: row.manifest_version_id,
    createdAt: time(row.created_at),
  };
}

function toRow(integration: Integration): IntegrationRow {
  return {
    id: integration.id,
    version: integration.version,
    name: integration.name,
    name_key: nameKey(integration.name),
    enabled: integration.enabled,
    manifest_version_id: integration.manifestVersionId,
    created_at: integration.createdAt.getTime(),
  };
}

function toVersion(row: ManifestVersionRow): ManifestVersion {
  return {
    id: row.id,
    integrationId: row.integration_id,
    number: row.number,
    manifest: row.manifest,
    createdAt: time(row.created_at),
  };
}
