/** Entering the values of an integration's `initial_data_form`, on a page or in chat. Words: a saved value is *set*. */
import { isJsonObject } from '../../core/json.ts';
import { sayReadyMade, t } from '../../core/translate.ts';
import { readManifestJson } from '../manifest/parse.ts';
import type { Actor, Integration } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type AddressUse, addressUsesOf } from './address-values.ts';
import { setSecrets } from './integrations.ts';
import { manifestIn } from './manifest-of.ts';
import { valueProblem } from './value-problem.ts';

/** One value that an admin has to enter. */
export interface AskedValue {
  readonly id: string;
  /** Its label for people. */
  readonly name: string;
  readonly description?: string;
  /** Whether it is hidden everywhere. */
  readonly secret: boolean;
  /** Whether it is already set: then an empty answer keeps it. */
  readonly isSet: boolean;
  /** How addresses use it; not every value fits there. */
  readonly inAddresses: ReadonlySet<AddressUse>;
}

export interface AskedValues {
  readonly values: readonly AskedValue[];
  /** Whether it also connects by OAuth2: then the admin has to register a redirect address at the app. */
  readonly connects: boolean;
}

/** Undefined if there is no manifest, or it can no longer be read. */
export async function askedOf(
  stores: Stores,
  { id, manifestVersionId }: Integration,
): Promise<AskedValues | undefined> {
  const version = await stores.integrations.findVersion(manifestVersionId);
  const manifest = manifestIn(version);
  const json = version && readManifestJson(version.manifest);
  if (!manifest || !json?.ok || !isJsonObject(json.value)) return undefined;
  const raw = json.value;
  const names = await stores.secrets.names(id);
  const values = manifest.initialDataForm
    .filter(({ generate }) => !generate)
    .map((item) => ({
      id: item.id,
      name: sayReadyMade(item.name),
      description: item.description && sayReadyMade(item.description),
      secret: item.secret,
      isSet: names.includes(item.id),
      inAddresses: addressUsesOf(item.id, raw),
    }));
  return { values, connects: manifest.oauth !== undefined };
}

export interface Entered {
  /** Ids of the values that were saved now. */
  readonly saved: readonly string[];
  /** Sentences by id: why a value was not saved, or that it is still needed. */
  readonly problems: Readonly<Record<string, string>>;
}

interface Typed {
  readonly actor: Actor;
  /** By id; unknown ids are ignored. */
  readonly typed: Readonly<Record<string, string | undefined>>;
}

interface SecretFields {
  readonly asked: readonly AskedValue[];
  /** Ids that the form hid as secrets when it was opened. */
  readonly hidden?: readonly string[];
}

/** The secrets in a version of the manifest, for a form that was opened with it. */
export async function hiddenIn(
  { integrations }: Pick<Stores, 'integrations'>,
  { id }: Integration,
  versionId: string,
): Promise<readonly string[]> {
  const version = await integrations.findVersion(versionId);
  const manifest = version?.integrationId === id ? manifestIn(version) : undefined;
  return (manifest?.initialDataForm ?? []).filter(({ secret }) => secret).map((item) => item.id);
}

/**
 * Saves every good value, even if others are wrong: secrets can't be shown again for a correction. Empty values keep what is
 * set, and values are trimmed. A value that was typed as a secret and would be shown now is not saved.
 */
export async function enterSecrets(
  tx: Transaction,
  integration: Integration,
  { asked, hidden = [], typed, actor }: Typed & SecretFields,
): Promise<Entered> {
  const saved: Record<string, string> = {};
  const problems: Record<string, string> = {};
  const valueOf = (id: string): string =>
    Object.hasOwn(typed, id) ? (typed[id] ?? '').trim() : '';
  const given = asked.filter(({ id }) => valueOf(id) !== '');
  if (given.some(({ id, secret }) => !secret && hidden.includes(id)))
    return { saved: [], problems: Object.fromEntries(given.map(({ id }) => [id, changedText()])) };
  for (const { id, isSet, inAddresses } of asked) {
    const value = valueOf(id);
    const problem =
      value === '' ? (isSet ? undefined : missing()) : valueProblem(value, inAddresses);
    if (problem !== undefined) problems[id] = problem;
    else if (value !== '') saved[id] = value;
  }
  const ids = Object.keys(saved);
  if (ids.length === 0) return { saved: [], problems };
  const refused = await setSecrets(tx, integration, { secrets: saved, actor });
  if (refused.length === 0) return { saved: ids, problems };
  // Someone has changed the manifest or deleted the integration since it was read above.
  return { saved: [], problems: Object.fromEntries(ids.map((id) => [id, changedText()])) };
}

const missing = () => t`This is still needed.`;
const changedText = () =>
  t`Nothing was saved, because the integration has just changed. Check which values it needs now, and enter them again.`;
