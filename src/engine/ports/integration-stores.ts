/** Stores of integrations with their manifests, secrets and tokens, and of drafts that an admin has not confirmed. */
import type { JsonObject } from '../../core/json.ts';
import type { Integration, ManifestVersion } from '../people/directory.ts';
import type { VersionedStore } from './store.ts';

export interface IntegrationStore extends VersionedStore<Integration> {
  /** Those of them that there are, in no order; also deleted ones. */
  findMany(ids: readonly string[]): Promise<readonly Integration[]>;
  /**
   * `find`, and locks the integration against changes until this transaction ends.
   * @param how 'shared': several transactions may hold it at once; 'alone': for a transaction that changes it
   */
  hold(id: string, how: 'shared' | 'alone'): Promise<Integration | undefined>;
  /** `hold`, shared, for many, in the order of their ids. Those that there are; also deleted ones. */
  holdMany(ids: readonly string[]): Promise<readonly Integration[]>;
  /**
   * `hold`, shared, in one statement with what the transaction asks at the same moment. Those answers may be from before it had the
   * lock, so ask nothing beside it that a change of the integration decides.
   */
  holdBeside(id: string): Promise<Integration | undefined>;
  /** Until this transaction ends, no other one changes which fields imports own: each is compared with all others. */
  lockOwnedFields(): Promise<void>;
  /** In any case; none that was deleted. */
  findByName(name: string): Promise<Integration | undefined>;
  /** The same for many names, in no order; those that there are. */
  findByNames(names: readonly string[]): Promise<readonly Integration[]>;
  /** Ids by folded name, of those whose folded name begins with that letter; in their order, at most 5,000. */
  namesStartingWith(letter: string): Promise<ReadonlyMap<string, string>>;
  /** All but the deleted ones, by name. */
  list(): Promise<readonly Integration[]>;
  /** Deleted ones that still have secrets or a token, because some runs needed them. */
  deletedWithSecrets(): Promise<readonly Integration[]>;
  insert(integration: Integration): Promise<void>;
  /** Undefined for no id: a manual integration has no manifest. */
  findVersion(id: string | undefined): Promise<ManifestVersion | undefined>;
  /** Those of them that there are, in no order. */
  findVersions(ids: readonly string[]): Promise<readonly ManifestVersion[]>;
  /** Every version of its manifest, the newest first. */
  versions(integrationId: string): Promise<readonly ManifestVersion[]>;
  insertVersion(version: ManifestVersion): Promise<void>;
}

/** Which integration stores values with people under which name. A name belongs to one integration. */
export interface StoredNameStore {
  /** Until this transaction ends, no other one saves a manifest, because the names of a manifest are compared with all others. */
  lock(): Promise<void>;
  /** Every name that has an owner, deleted ones too; in the order in which they were claimed. */
  list(): Promise<readonly StoredName[]>;
  /** Makes the integration the owner of all of them, in place of any earlier owner. */
  claim(integrationId: string, names: readonly string[], since: Date): Promise<void>;
  /** Removes their owner. */
  release(names: readonly string[]): Promise<void>;
}

export interface StoredName {
  readonly name: string;
  readonly integrationId: string;
  /** When it became the owner. */
  readonly since: Date;
}

/** Encrypted at rest; the row's identity is bound into the ciphertext. */
export interface SecretStore {
  /** The integration's secrets by name. */
  all(integrationId: string): Promise<Readonly<Record<string, string>>>;
  /** The same of many, by the integration's id; without those that can't be read. */
  allOf(
    integrationIds: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** Replaces what was there. */
  put(integrationId: string, name: string, value: string): Promise<void>;
  /** Their names, without opening them. */
  names(integrationId: string): Promise<readonly string[]>;
  /** The same of many, by the integration's id. */
  namesOf(integrationIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  delete(integrationId: string, name: string): Promise<void>;
  deleteAll(integrationId: string): Promise<void>;
}

/** The token answer from when an admin connected an integration, with its state. */
export interface OAuthToken {
  readonly integrationId: string;
  readonly version: number;
  /** Counts the token answers: 1 when connected, one more with each refresh. */
  readonly generation: number;
  /** The client that it was given to: `calls/oauth-app.ts`. Undefined where 0.2.0 stored it. */
  readonly app?: string;
  /** All token answers merged, the newer over the older: `access_token`, `refresh_token`, … */
  readonly answer: JsonObject;
  /** `reconnect`: the app no longer accepts the refresh token, so an admin has to connect again. */
  readonly state: 'connected' | 'reconnect';
  /** When the last token answer came. */
  readonly refreshedAt: Date;
  /** Undefined when the app named none. */
  readonly expiresAt?: Date;
  /** A refresh that failed after `refreshedAt`. `why` is what the app said, redacted, for Technical details. */
  readonly failure?: { readonly at: Date; readonly why: string };
  /** A process is refreshing it. Others wait until then at most. */
  readonly leasedUntil?: Date;
}

/** Tokens are encrypted at rest. */
export interface OAuthStore {
  find(integrationId: string): Promise<OAuthToken | undefined>;
  /** Those of them that there are and that can be read, in no order. */
  findMany(integrationIds: readonly string[]): Promise<readonly OAuthToken[]>;
  /** When each last refresh failed, by the integration's id; only of tokens with a failure. Nothing is decrypted. */
  failures(): Promise<ReadonlyMap<string, Date>>;
  /** Inserts or replaces it, without a check of its version. */
  put(token: OAuthToken): Promise<void>;
  /** Compare-and-set on `token.version`; gives back the token with the next version. @throws {StaleWrite} */
  save(token: OAuthToken): Promise<OAuthToken>;
  /**
   * Call it when a secret was entered, or the manifest's token requests change: what failed says nothing of the new ones. A sign-in
   * that the app rejected is tried once more, since some apps reject it for a wrong client secret, too. Also the version moves, so
   * that a refresh under way finds that it was sent with the old ones.
   */
  forgetFailure(integrationId: string): Promise<void>;
  /** @returns false where there was none */
  delete(integrationId: string): Promise<boolean>;
}

/** What someone uploaded or wrote, or a program wrote for them, and has not confirmed. It expires after a day. Encrypted at rest. */
export interface Draft {
  readonly id: string;
  /** Its owner. */
  readonly personId: string;
  readonly kind: 'manifest' | 'people' | 'request';
  /** The integration that it is a new manifest for, or that is requested. Undefined for a new integration. */
  readonly integrationId?: string;
  /** The integration's name, or the file's. */
  readonly name: string;
  readonly text: string;
  readonly createdAt: Date;
}

export interface DraftStore {
  /** Inserts it, or replaces the one with its id. */
  put(draft: Draft): Promise<void>;
  find(id: string): Promise<Draft | undefined>;
  /** True for the first caller only, so that a draft that is confirmed twice takes effect once. */
  delete(id: string): Promise<boolean>;
  /** Drafts of this integration's next manifest, and of requests of it. */
  deleteFor(integrationId: string): Promise<void>;
  deleteBefore(before: Date): Promise<void>;
}
