import { fold } from '../../core/fold.ts';
import type { Integration, ManifestVersion } from '../../engine/people/directory.ts';
import type {
  IntegrationStore,
  OAuthStore,
  OAuthToken,
  SecretStore,
  StoredName,
  StoredNameStore,
} from '../../engine/ports/integration-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { createTable, DuplicateRow, type Journal, keyOf } from './table.ts';

/** @param hasSecrets whether an integration has secrets or a token, which other stores keep */
export function createIntegrationStore(
  journal: Journal,
  hasSecrets: (integrationId: string) => Promise<boolean>,
): IntegrationStore {
  const integrations = createTable<Integration>('integrations', journal);
  const versions = createTable<ManifestVersion>('manifest_versions', journal);

  const named = (name: string): Integration | undefined =>
    integrations.rows().find((each) => !each.deletedAt && nameKey(each.name) === nameKey(name));

  function refuseNameOf(integration: Integration): void {
    const other = integration.deletedAt ? undefined : named(integration.name);
    if (other && other.id !== integration.id) throw new DuplicateRow('integrations');
  }

  return {
    find: async (id) => integrations.get(id),
    hold: async (id) => integrations.get(id), // One transaction at a time, as it is.
    findByName: async (name) => named(name),
    list: async () =>
      integrations
        .rows()
        .filter(({ deletedAt }) => !deletedAt)
        .toSorted((a, b) => (nameKey(a.name) < nameKey(b.name) ? -1 : 1)),

    async deletedWithSecrets() {
      const found = [];
      for (const each of integrations.rows())
        if (each.deletedAt && (await hasSecrets(each.id))) found.push(each);
      return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },

    async insert(integration) {
      refuseNameOf(integration);
      integrations.insert(integration.id, integration);
    },

    async save(integration) {
      if (integrations.get(integration.id)?.version !== integration.version)
        throw new StaleWrite('integration', integration.id, integration.version);
      refuseNameOf(integration);
      const next = { ...integration, version: integration.version + 1 };
      integrations.put(integration.id, next);
      return next;
    },

    findVersion: async (id) => (id === undefined ? undefined : versions.get(id)),
    findVersions: async (ids) => ids.flatMap((id) => versions.get(id) ?? []),
    versions: async (integrationId) =>
      versions
        .rows()
        .filter((version) => version.integrationId === integrationId)
        .toSorted((a, b) => b.number - a.number),
    async insertVersion(version) {
      const same = ({ integrationId, number }: ManifestVersion): boolean =>
        integrationId === version.integrationId && number === version.number;
      if (versions.rows().some(same)) throw new DuplicateRow('manifest_versions');
      versions.insert(version.id, version);
    },
  };
}

export function createStoredNameStore(journal: Journal): StoredNameStore {
  const owners = createTable<StoredName>('stored_names', journal);
  return {
    lock: async () => undefined, // One transaction at a time, as it is.
    list: async () => owners.rows(),
    async claim(integrationId, names) {
      for (const name of names) {
        if (owners.get(name)?.integrationId === integrationId) continue;
        owners.delete(name); // What is claimed last stands last.
        owners.put(name, { name, integrationId });
      }
    },
    async release(names) {
      for (const name of names) owners.delete(name);
    },
  };
}

const nameKey = (name: string): string => fold(name.trim());

export function createSecretStore(journal: Journal): SecretStore {
  const secrets = createTable<{
    readonly integrationId: string;
    readonly name: string;
    readonly value: string;
  }>('secrets', journal);
  return {
    all: async (integrationId) =>
      Object.fromEntries(
        secrets
          .rows()
          .filter((secret) => secret.integrationId === integrationId)
          .map(({ name, value }) => [name, value]),
      ),
    put: async (integrationId, name, value) =>
      secrets.put(keyOf(integrationId, name), { integrationId, name, value }),
    names: async (integrationId) =>
      secrets
        .rows()
        .filter((secret) => secret.integrationId === integrationId)
        .map(({ name }) => name)
        .toSorted(),
    delete: async (integrationId, name) => secrets.delete(keyOf(integrationId, name)),
    async deleteAll(integrationId) {
      for (const secret of secrets.rows())
        if (secret.integrationId === integrationId)
          secrets.delete(keyOf(integrationId, secret.name));
    },
  };
}

export function createOAuthStore(journal: Journal): OAuthStore {
  const tokens = createTable<OAuthToken>('oauth_tokens', journal);
  return {
    find: async (integrationId) => tokens.get(integrationId),

    async put(token) {
      const version = (tokens.get(token.integrationId)?.version ?? 0) + 1;
      tokens.put(token.integrationId, { ...token, version });
    },

    async save(token) {
      if (tokens.get(token.integrationId)?.version !== token.version)
        throw new StaleWrite('OAuth token', token.integrationId, token.version);
      const next = { ...token, version: token.version + 1 };
      tokens.put(token.integrationId, next);
      return next;
    },

    delete: async (integrationId) => tokens.delete(integrationId),
  };
}
