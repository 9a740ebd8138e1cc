/** Integrations with their manifests, secrets and tokens, and what an admin has yet to confirm. */

import type { JsonObject } from '../../core/json.ts';
import type { Integration, ManifestVersion } from '../people/directory.ts';

export interface IntegrationStore {
  /** Also one that was deleted. */
  find(id: string): Promise<Integration | undefined>;
  /**
   * `find`, and nobody else changes the integration before this transaction has ended.
   * @param how 'shared': several transactions may hold it side by side; 'alone': for whoever is going to change it
   */
  hold(id: string, how: 'shared' | 'alone'): Promise<Integration | undefined>;
  /** In any case; none that was deleted. */
  findByName(name: string): Promise<Integration | undefined>;
  /** All but the deleted ones, by name. */
  list(): Promise<readonly Integration[]>;
  /** Deleted ones that still have secrets or a token, since runs that need them had yet to end. */
  deletedWithSecrets(): Promise<readonly Integration[]>;
  insert(integration: Integration): Promise<void>;
  /** Compare-and-set on `integration.version`; gives back the integration with the next version. @throws {StaleWrite} */
  save(integration: Integration): Promise<Integration>;
  /** Undefined for no id: a manual integration has no manifest. */
  findVersion(id: string | undefined): Promise<ManifestVersion | undefined>;
  /** Those of them that there are, in no order. */
  findVersions(ids: readonly string[]): Promise<readonly ManifestVersion[]>;
  /** Every version of its manifest, the newest first. */
  versions(integrationId: string): Promise<readonly ManifestVersion[]>;
  insertVersion(version: ManifestVersion): Promise<void>;
}

/** Who stores a value with people under which name: one integration each. */
export interface StoredNameStore {
  /** Nobody else saves a manifest before this transaction has ended: what it stores and asks is compared with all others. */
  lock(): Promise<void>;
  /** Every name that has an owner, deleted ones too; in the order in which they were claimed. */
  list(): Promise<readonly StoredName[]>;
  /** Makes it the owner of all of them, in place of whoever was. */
  claim(integrationId: string, names: readonly string[], since: Date): Promise<void>;
  /** They are nobody's from now on. */
  release(names: readonly string[]): Promise<void>;
}

export interface StoredName {
  readonly name: string;
  readonly integrationId: string;
}

/** Encrypted at rest; the row's identity is bound into the ciphertext. */
export interface SecretStore {
  /** The integration's secrets by name. */
  all(integrationId: string): Promise<Readonly<Record<string, string>>>;
  /** Replaces what was there. */
  put(integrationId: string, name: string, value: string): Promise<void>;
  /** Their names, without opening them. */
  names(integrationId: string): Promise<readonly string[]>;
  delete(integrationId: string, name: string): Promise<void>;
  deleteAll(integrationId: string): Promise<void>;
}

/** What a third party answered when an admin connected an integration, and what became of it. */
export interface OAuthToken {
  readonly integrationId: string;
  readonly version: number;
  /** Counts the token answers: 1 when connected, one more with each refresh. */
  readonly generation: number;
  /** All that the token answers said, the newer over the older: `access_token`, `refresh_token`, … */
  readonly answer: JsonObject;
  /** `reconnect`: the service no longer takes the refresh token, so an admin has to connect again. */
  readonly state: 'connected' | 'reconnect';
  /** When the last token answer came. */
  readonly refreshedAt: Date;
  /** Undefined where the service named none. */
  readonly expiresAt?: Date;
  /** The refresh that failed since then: when, and why, as a redacted sentence for people. */
  readonly failure?: { readonly at: Date; readonly why: string };
  /** Somebody is refreshing it; the others wait until then at most. */
  readonly leasedUntil?: Date;
}

/** Tokens are encrypted at rest. */
export interface OAuthStore {
  find(integrationId: string): Promise<OAuthToken | undefined>;
  /** Inserts it, or replaces whatever there is. Its version is not looked at. */
  put(token: OAuthToken): Promise<void>;
  /** Compare-and-set on `token.version`; gives back the token with the next version. @throws {StaleWrite} */
  save(token: OAuthToken): Promise<OAuthToken>;
  delete(integrationId: string): Promise<void>;
}

/** What an admin has brought and not yet confirmed: it waits for a day. Encrypted at rest. */
export interface Draft {
  readonly id: string;
  /** Whose it is. */
  readonly personId: string;
  readonly kind: 'manifest' | 'people';
  /** Whose manifest it would be the next version of; undefined for a new integration. */
  readonly integrationId?: string;
  /** The new integration's name, or the file's. */
  readonly name: string;
  readonly text: string;
  readonly createdAt: Date;
}

export interface DraftStore {
  /** Inserts it, or replaces the one with its id. */
  put(draft: Draft): Promise<void>;
  find(id: string): Promise<Draft | undefined>;
  /** True for the first caller only: what is confirmed twice is done once. */
  delete(id: string): Promise<boolean>;
  /** Those that would be the next version of this integration's manifest. */
  deleteFor(integrationId: string): Promise<void>;
  deleteBefore(before: Date): Promise<void>;
}
