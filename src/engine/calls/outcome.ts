/** What an answer means for the request that asked: success, condition, what to store; and values we make. */
import type { Json } from '../../core/json.ts';
import type { ContinueIf, ManifestRequest } from '../manifest/schema.ts';
import type { RandomBytes } from '../ports/time-and-chance.ts';
import { readNotation } from '../templates/notation.ts';
import { renderJson, scopeOf, toText } from '../templates/render.ts';
import type { Variables } from '../templates/variables.ts';

/** Whether a status is a success: one of `status_code` where that is given, else every one below 400. */
export const isSuccess = (
  { statusCode }: Pick<ManifestRequest, 'statusCode'>,
  status: number,
): boolean => (statusCode.length > 0 ? statusCode.includes(status) : status < 400);

/**
 * Whether `continue_if` is met. Values are compared as texts, so `true`, `200` and `"200"` match as one expects;
 * a missing path doesn't match.
 * @param variables what the expected value may use
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

/** Reads `store_data` out of a response, values as they are: all its keys, or none. */
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

/** Long enough that nobody guesses it, short enough for every service's limit. */
const SECRET_LENGTH = 24;
/** 64 characters, so that six bits choose one and none is likelier than another. */
const SECRET_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DEMANDED = [/[a-z]/, /[A-Z]/, /[0-9]/, /[-_]/];
/** About half of all drawings fit; a source that never does is broken. */
const MAX_DRAWINGS = 1000;

/**
 * Makes a value for a `generate` item: 24 characters with at least one lower-case and one upper-case letter, one
 * digit and one of `-_`.
 * @throws {Error} when the source of randomness gives the same again and again.
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
