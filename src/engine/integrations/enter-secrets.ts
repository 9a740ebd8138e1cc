/** Typing in what an integration's `initial_data_form` asks for, on a page or in chat. Words: a value is *set* once saved. */

import { isJsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { readManifestJson } from '../manifest/parse.ts';
import type { Actor, Integration } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type AddressUse, addressProblem, addressUsesOf } from './address-values.ts';
import { setSecrets } from './integrations.ts';
import { manifestIn } from './manifest-of.ts';

/** One value that somebody has to enter. */
export interface AskedValue {
  readonly id: string;
  /** What it is, for people. */
  readonly name: string;
  readonly description?: string;
  /** Whether it is hidden everywhere. */
  readonly secret: boolean;
  /** Whether there is one already: an empty answer keeps it. */
  readonly isSet: boolean;
  /** Where it stands in addresses, which not everything can. */
  readonly inAddresses: ReadonlySet<AddressUse>;
}

/** A key file has some 2,000 characters; what is longer was pasted by mistake. */
export const MAX_CHARACTERS = 8000;

export interface AskedValues {
  readonly values: readonly AskedValue[];
  /** Whether it is connected by OAuth2 too: then whoever enters values registers a redirect address beside them. */
  readonly connects: boolean;
}

/** Undefined where the manifest can no longer be read, or there is none. */
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
      name: item.name,
      ...(item.description !== undefined && { description: item.description }),
      secret: item.secret,
      isSet: names.includes(item.id),
      inAddresses: addressUsesOf(item.id, raw),
    }));
  return { values, connects: manifest.oauth !== undefined };
}

export interface Entered {
  /** Ids of those that were saved now. */
  readonly saved: readonly string[];
  /** Sentences by id: why a value was not saved, or that it is still needed. */
  readonly problems: Readonly<Record<string, string>>;
}

/**
 * Saves every value that can be saved, whatever is wrong with the others: none can be shown again to be corrected. Empty
 * ones keep what is there, and what is around a value (a line's end that came along) is no part of it.
 * @param typed by id; what isn't asked for is left
 */
export async function enterSecrets(
  tx: Transaction,
  integration: Integration,
  asked: readonly AskedValue[],
  typed: Readonly<Record<string, string | undefined>>,
  deps: { readonly actor: Actor },
): Promise<Entered> {
  const saved: Record<string, string> = {};
  const problems: Record<string, string> = {};
  for (const { id, isSet, inAddresses } of asked) {
    const value = Object.hasOwn(typed, id) ? (typed[id] ?? '').trim() : '';
    const problem = value === '' ? (isSet ? undefined : missing()) : problemOf(value, inAddresses);
    if (problem !== undefined) problems[id] = problem;
    else if (value !== '') saved[id] = value;
  }
  const ids = Object.keys(saved);
  if (ids.length === 0) return { saved: [], problems };
  const refused = await setSecrets(tx, integration, saved, deps);
  if (refused.length === 0) return { saved: ids, problems };
  // Somebody has changed the manifest, or deleted the integration, since it was looked at what it asks for.
  return { saved: [], problems: Object.fromEntries(ids.map((id) => [id, changedText()])) };
}

const missing = () => t`This is still needed.`;
const changedText = () =>
  t`It was not saved: the integration was changed in this moment. Look at what is asked for now, and type it again.`;

/** Undefined where it can be a value. */
function problemOf(value: string, inAddresses: ReadonlySet<AddressUse>): string | undefined {
  if (value.length > MAX_CHARACTERS)
    return t`This has ${value.length} characters, and ${MAX_CHARACTERS} is the most. Look whether it is the right value.`;
  // Fields of one line leave line breaks out, and no program reads such a key.
  if (value.startsWith('-----BEGIN ') && !/\n|\\n/.test(value))
    return t`The line breaks of this key got lost: it has several lines. Put it where those fit: into the larger field of the web page, or a file for "latchkey integration secrets".`;
  return addressProblem(value, inAddresses);
}
