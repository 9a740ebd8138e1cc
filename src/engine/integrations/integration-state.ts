/**
 * Integrations. Their type is `Integration` in `people/directory.ts`; here is their state, which is computed and never
 * stored.
 *
 * Words. An *integration* connects Latchkey to one app. A *manifest* is the JSON that says how; each save is a *version* of
 * it. A *manual* integration has none: people do it as tasks. *Secrets* are the values of `initial_data_form`; they are kept
 * in the vault. A *connection* is the OAuth2 token that an admin allowed. A *stored name* is one under which an integration
 * stores values with people.
 *
 * | state              | what it means                                   | what ends it                                    |
 * |--------------------|-------------------------------------------------|-------------------------------------------------|
 * | `ready`            | it can be used                                  | any of the states below                         |
 * | `manual`           | it can be used: people grant and revoke it      | an admin saves a manifest                       |
 * | `needs-secrets`    | nobody has set some of its secrets              | an admin enters them                            |
 * | `needs-connecting` | its manifest has `oauth`, and no token for it   | an admin connects it                            |
 * | `reconnect`        | the app no longer accepts its token             | an admin connects it again                      |
 * | `unreadable`       | its manifest can't be read any more             | an admin saves it again                         |
 * | `off`              | an admin turned it off, or it is deleted        | an admin turns it on; nothing, if it is deleted |
 * | `deleting`         | it is off, and access there is being removed    | the last removal: it is deleted                 |
 *
 * Events: `connection-broken`, emitted by `calls/oauth.ts` when an app refuses the token.
 *
 * Begin with `integrations.ts` (adding), then `change-integration.ts`, `delete-integration.ts` and `connect.ts`.
 */
import { findToken, oauthAppOf } from '../calls/oauth-app.ts';
import type { Integration, ManifestVersion } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { manifestIn, manifestOf } from './manifest-of.ts';

export type IntegrationState =
  | { readonly kind: 'ready' }
  /** Items of `initial_data_form` that nobody has set yet, and their names for people. */
  | {
      readonly kind: 'needs-secrets';
      readonly missing: readonly string[];
      readonly names: readonly string[];
    }
  | { readonly kind: 'needs-connecting' }
  /** The app no longer accepts its token. */
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'off' }
  /** The deletion ends with the last removal there. */
  | { readonly kind: 'deleting' }
  /** It has no manifest: people grant and revoke it by hand. */
  | { readonly kind: 'manual' }
  /** Its manifest can no longer be read; an admin has to save it again. */
  | { readonly kind: 'unreadable' };

/**
 * If several states apply, the first one that is checked here. A deleted integration is `off`.
 * @param version of its manifest, where it has just been read
 */
export async function stateOf(
  stores: Stores,
  integration: Integration,
  version?: ManifestVersion,
): Promise<IntegrationState> {
  if (integration.deletingSince && !integration.deletedAt) return { kind: 'deleting' };
  if (!integration.enabled || integration.deletedAt) return { kind: 'off' };
  if (integration.manifestVersionId === undefined) return { kind: 'manual' };
  const manifest = version ? manifestIn(version) : await manifestOf(stores, integration);
  if (!manifest) return { kind: 'unreadable' };
  const entered = await stores.secrets.names(integration.id);
  const missing = manifest.initialDataForm.filter(
    ({ id, generate }) => !generate && !entered.includes(id),
  );
  if (missing.length > 0)
    return {
      kind: 'needs-secrets',
      missing: missing.map(({ id }) => id),
      names: missing.map(({ name }) => name),
    };
  if (!manifest.oauth) return { kind: 'ready' };
  const secrets = await stores.secrets.all(integration.id);
  const token = await findToken(stores, integration.id, oauthAppOf({ manifest, secrets }));
  if (!token) return { kind: 'needs-connecting' };
  return { kind: token.state === 'reconnect' ? 'reconnect' : 'ready' };
}

/** What a deletion deletes, and whom it concerns. */
export interface Loss {
  /** People who are known to have access. */
  readonly has: number;
  /** People whose access is not confirmed. */
  readonly unknown: number;
  /** Runs that have yet to end. */
  readonly unfinished: number;
  /** Names of saved secrets. */
  readonly secrets: readonly string[];
  /** Whether there is an OAuth2 token. */
  readonly connected: boolean;
  /** Versions of its manifest. */
  readonly versions: number;
}

export async function whatIsLost(stores: Stores, { id }: Integration): Promise<Loss> {
  const [{ has, unknown }, runs, secrets, token, versions] = await Promise.all([
    stores.access.countAt(id),
    stores.runs.unfinishedAt(id),
    stores.secrets.names(id),
    stores.oauth.find(id),
    stores.integrations.versions(id),
  ]);
  return {
    has,
    unknown,
    unfinished: runs.length,
    secrets,
    connected: token !== undefined,
    versions: versions.length,
  };
}
