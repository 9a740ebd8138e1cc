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
 * | `reconnect`        | the app no longer accepts its token             | an admin connects it again, or enters a secret  |
 * | `unreadable`       | its manifest can't be read any more             | an admin saves it again                         |
 * | `off`              | an admin turned it off, or it is deleted        | an admin turns it on; nothing, if it is deleted |
 * | `deleting`         | it is off, and access there is being removed    | the last removal: it is deleted                 |
 *
 * Events: `connection-broken`, emitted by `calls/oauth.ts` when an app refuses the token.
 *
 * Begin with `integrations.ts` (adding), then `change-integration.ts`, `delete-integration.ts` and `connect.ts`.
 */
import { together } from '../../core/together.ts';
import { sayReadyMade, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { oauthAppOf, tokenFor } from '../calls/oauth-app.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { manifestsOf } from './manifest-of.ts';

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

export interface WithState {
  readonly integration: Integration;
  readonly state: IntegrationState;
}

/** What the states are read from. */
export type StateStores = Pick<Stores, 'integrations' | 'secrets' | 'oauth'>;

/** If several states apply, the first one that is checked here. A deleted integration is `off`. */
export async function stateOf(
  stores: StateStores,
  integration: Integration,
): Promise<IntegrationState> {
  const [only] = await statesOf(stores, [integration]);
  return only?.state ?? { kind: 'off' };
}

/**
 * The same of many, with four statements at most.
 * @param manifests theirs, where they have just been read
 */
export async function statesOf(
  stores: StateStores,
  integrations: readonly Integration[],
  manifests?: ReadonlyMap<string, Manifest>,
): Promise<readonly WithState[]> {
  const on = integrations.filter(isOn);
  const readable = manifests ?? (await manifestsOf(stores, on));
  const missing = await unsetFields(stores, readable);
  const connected = await connectedAmong(
    stores,
    new Map([...readable].filter(([id, { oauth }]) => oauth && missing.get(id)?.length === 0)),
  );
  const stateAt = (integration: Integration): IntegrationState => {
    if (integration.deletingSince && !integration.deletedAt) return { kind: 'deleting' };
    if (!isOn(integration)) return { kind: 'off' };
    if (integration.manifestVersionId === undefined) return { kind: 'manual' };
    const lacks = missing.get(integration.id);
    if (!lacks) return { kind: 'unreadable' };
    return lacks.length === 0
      ? { kind: connected.get(integration.id) ?? 'ready' }
      : {
          kind: 'needs-secrets',
          missing: lacks.map(({ id }) => id),
          names: lacks.map(({ name }) => sayReadyMade(name)),
        };
  };
  return integrations.map((integration) => ({ integration, state: stateAt(integration) }));
}

/**
 * Why nothing can be sent to its app until an admin has entered its secrets or connected it, as a sentence for people who see
 * elsewhere which app it is; undefined where that isn't what is missing.
 * @param manifest its manifest, where it has just been read
 */
export async function whyNotSetUp(
  stores: StateStores,
  integration: Integration,
  manifest?: Manifest,
): Promise<string | undefined> {
  const known = manifest && new Map([[integration.id, manifest]]);
  const [only] = await statesOf(stores, [integration], known);
  return only && notSetUpWords(only);
}

/** The same where its state is known. */
export function notSetUpWords({ state: { kind } }: WithState): string | undefined {
  switch (kind) {
    case 'needs-secrets':
      return t`The app isn't set up yet: an admin has to enter its secrets.`;
    case 'needs-connecting':
      return t`The app isn't connected yet: an admin has to connect it.`;
    case 'reconnect':
      return t`The app rejected the saved sign-in. An admin has to connect it again.`;
    case 'ready':
    case 'manual':
    case 'unreadable':
    case 'off':
    case 'deleting':
      return undefined;
    default:
      return unreachable(kind);
  }
}

/** Items of `initial_data_form` that nobody has set yet, with one statement at most. @param manifests by the integration's id, as the answer */
async function unsetFields(
  { secrets }: Pick<Stores, 'secrets'>,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<ReadonlyMap<string, Manifest['initialDataForm']>> {
  const asked = [...manifests].map(
    ([id, { initialDataForm }]) =>
      [id, initialDataForm.filter((field) => !field.generate)] as const,
  );
  const asking = asked.flatMap(([id, fields]) => (fields.length > 0 ? id : []));
  const entered = asking.length === 0 ? undefined : await secrets.namesOf(asking);
  return new Map(
    asked.map(([id, fields]) => [id, fields.filter((field) => !entered?.get(id)?.has(field.id))]),
  );
}

const isOn = ({ enabled, deletedAt, deletingSince }: Integration): boolean =>
  enabled && !deletedAt && !deletingSince;

/** @param manifests by the integration's id; all of them have `oauth` */
async function connectedAmong(
  { secrets, oauth }: Pick<Stores, 'secrets' | 'oauth'>,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<ReadonlyMap<string, 'ready' | 'reconnect' | 'needs-connecting'>> {
  if (manifests.size === 0) return new Map();
  const ids = [...manifests.keys()];
  const [values, given] = await together([secrets.allOf(ids), oauth.findMany(ids)]);
  const tokens = new Map(given.map((token) => [token.integrationId, token]));
  return new Map(
    [...manifests].map(([id, manifest]) => {
      const app = oauthAppOf({ manifest, secrets: values.get(id) ?? {} });
      const token = tokenFor(app, tokens.get(id));
      return [
        id,
        token ? (token.state === 'reconnect' ? 'reconnect' : 'ready') : 'needs-connecting',
      ];
    }),
  );
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
