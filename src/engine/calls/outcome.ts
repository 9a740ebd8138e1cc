/** What an answer means for its request: success, condition and values to store. Also makes `generate` values. */
import type { Json } from '../../core/json.ts';
import type { ContinueIf, ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { RandomBytes } from '../ports/time-and-chance.ts';
import { readNotation } from '../templates/notation.ts';
import { renderJson, scopeOf, toText } from '../templates/render.ts';
import type { Variables } from '../templates/variables.ts';

/** A status is a success when `status_code` lists it. Without `status_code`, every status below 400 is. */
export const isSuccess = (
  { statusCode }: Pick<ManifestRequest, 'statusCode'>,
  status: number,
): boolean => (statusCode.length > 0 ? statusCode.includes(status) : status < 400);

/** Statuses by which apps say that a person isn't there. */
export const GONE: readonly number[] = [404, 410];

/**
 * Whether `continue_if` is met. Values are compared as texts, so `200` matches `"200"`. A missing path doesn't match.
 * @param variables the variables for the expected value
 */
export function matchesCondition(
  { responseNotation, value }: ContinueIf,
  response: Json,
  variables: Variables = {},
): boolean {
  const expected = renderJson(value, scopeOf(variables));
  const found = readNotation(response, responseNotation);
  return expected.ok && found.found && toText(found.value) === toText(expected.value);
}

export type StoreDataAnswer =
  | { readonly ok: true; readonly values: Readonly<Record<string, Json>> }
  /** The first key whose path the response doesn't have. */
  | { readonly ok: false; readonly missing: { readonly key: string; readonly path: string } };

/** Reads the values of `store_data` from a response: all of its keys, or none. */
export function readStoreData(
  map: Readonly<Record<string, string>>,
  response: Json,
): StoreDataAnswer {
  const values: [string, Json][] = [];
  for (const [key, path] of Object.entries(map)) {
    const found = readNotation(response, path);
    if (!found.found) return { ok: false, missing: { key, path } };
    values.push([key, found.value]);
  }
  return { ok: true, values: Object.fromEntries(values) };
}

/** Long enough that nobody can guess it, and short enough for every app's limit. */
const SECRET_LENGTH = 24;
/** 64 characters, so that six random bits choose one and all are equally likely. */
const SECRET_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DEMANDED = [/[a-z]/, /[A-Z]/, /[0-9]/, /[-_]/];
/** About half of all draws fit. A source of randomness that never does is broken. */
const MAX_DRAWINGS = 1000;

/**
 * Makes a value for a `generate` item: 24 characters with at least one lower-case and one upper-case letter, one
 * digit and one of `-_`.
 * @throws {Error} when the source of randomness always gives the same
 */
export function generateSecret(randomBytes: RandomBytes): string {
  for (let drawing = 0; drawing < MAX_DRAWINGS; drawing++) {
    const secret = Array.from(
      randomBytes(SECRET_LENGTH),
      (byte) => SECRET_CHARACTERS[byte & 63],
    ).join('');
    if (DEMANDED.every((demanded) => demanded.test(secret))) return secret;
  }
  throw new Error('The source of randomness does not give random bytes');
}

/** A fresh value for each `generate` item, the same for the whole run. */
export const generate = (
  { initialDataForm }: Pick<Manifest, 'initialDataForm'>,
  { randomBytes }: { readonly randomBytes: RandomBytes },
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    initialDataForm
      .filter((item) => item.generate)
      .map(({ id }) => [id, generateSecret(randomBytes)]),
  );
