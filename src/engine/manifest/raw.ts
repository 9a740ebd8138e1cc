/**
 * Reads a manifest that may be wrong: `rules.ts` and `lint.ts` use the raw JSON, so that their problems are reported together with
 * those of the schema.
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

const EMPTY: JsonObject = {};

/** The value under an own key of an object; undefined for anything else. */
export const valueAt = (value: Json | undefined, key: string): Json | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

export const textAt = (value: Json | undefined, key: string): string | undefined => {
  const found = valueAt(value, key);
  return typeof found === 'string' ? found : undefined;
};

/** The number that a value is or contains as text. NaN for anything else, because `Number()` throws for some values. */
export const numberIn = (value: Json | undefined): number =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
    ? Number(value)
    : Number.NaN;

/** The objects of the list under `key`, each with its place. A single object counts as a list of one. */
export function objectsAt(
  value: Json | undefined,
  key: string,
): readonly { readonly item: JsonObject; readonly place: string }[] {
  const found = valueAt(value, key);
  if (isJsonObject(found)) return [{ item: found, place: key }];
  if (!Array.isArray(found)) return [];
  return found.flatMap((item: Json, index) =>
    isJsonObject(item) ? [{ item, place: `${key}[${index}]` }] : [],
  );
}

/** The same, as places to which the name of a key is added. @param prefix the place of `value` */
export const objectsUnder = (value: JsonObject, key: string, prefix = '') =>
  objectsAt(value, key).map(({ item, place }) => ({ item, place: `${prefix}${place}.` }));

export const objectAt = (value: Json | undefined, key: string): JsonObject => {
  const found = valueAt(value, key);
  return isJsonObject(found) ? found : EMPTY;
};
