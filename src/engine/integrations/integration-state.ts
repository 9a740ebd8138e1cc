/** How an integration stands: whether it can be used, and what an admin has to do where it can't. */

import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { manifestOf } from './manifest-of.ts';

export type IntegrationState =
  | { readonly kind: 'ready' }
  /** Ids of `initial_data_form` that nobody has set yet. */
  | { readonly kind: 'needs-secrets'; readonly missing: readonly string[] }
  | { readonly kind: 'needs-connecting' }
  /** The service no longer takes its token. */
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'off' }
  /** It goes when the last removal of access there has ended. */
  | { readonly kind: 'deleting' }
  /** It has no manifest: people do it by hand. */
  | { readonly kind: 'manual' }
  /** Its manifest can no longer be read; an admin has to save it again. */
  | { readonly kind: 'unreadable' };

/** The first thing that is in the way; a deleted one is `off`. */
export async function stateOf(stores: Stores, integration: Integration): Promise<IntegrationState> {
  if (integration.deletingSince && !integration.deletedAt) return { kind: 'deleting' };
  if (!integration.enabled || integration.deletedAt) return { kind: 'off' };
  if (integration.manifestVersionId === undefined) return { kind: 'manual' };
  const manifest = await manifestOf(stores, integration);
  if (!manifest) return { kind: 'unreadable' };
  const names = await stores.secrets.names(integration.id);
  const missing = manifest.initialDataForm
    .filter(({ id, generate }) => !generate && !names.includes(id))
    .map(({ id }) => id);
  if (missing.length > 0) return { kind: 'needs-secrets', missing };
  if (!manifest.oauth) return { kind: 'ready' };
  const token = await stores.oauth.find(integration.id);
  if (!token) return { kind: 'needs-connecting' };
  return { kind: token.state === 'reconnect' ? 'reconnect' : 'ready' };
}

/** What a deletion takes with it. */
export interface Loss {
  /** People who are known to have access, which stays where it is. */
  readonly has: number;
  /** People of whom it isn't known. */
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
