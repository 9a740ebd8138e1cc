import { isJsonObject, type Json } from '../../core/json.ts';

export type FoundValue = { readonly found: true; readonly value: Json } | { readonly found: false };

const NOTHING: FoundValue = { found: false };

/** The most parts in a key with dots in its own name: `@odata.nextLink` has two. */
const MAX_PARTS_OF_A_KEY = 8;

/**
 * Follows a dot notation such as `data.items.0.id` into JSON: into objects by own key, into lists by index, or by what one of
 * their objects says (`relations.[type=manager].value`).
 * The empty notation is the whole value. Never throws. The caller decides what a missing path means.
 */
export const readNotation = (value: Json, notation: string): FoundValue =>
  notationReader(notation)(value);

/** The same for many values: the notation is taken apart once. */
export function notationReader(notation: string): (value: Json) => FoundValue {
  const trimmed = notation.trim();
  if (trimmed === '') return (value) => ({ found: true, value });
  const path = trimmed.split('.');
  return (value) => {
    const found = follow(value, path);
    return found === undefined ? NOTHING : { found: true, value: found };
  };
}

/**
 * The value at the end of a path; undefined when there is none. A key may have dots in its own name: it is tried when no key
 * has the name before its first dot.
 */
export function follow(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here = value;
  for (let at = 0; at < path.length; ) {
    const most = Math.min(MAX_PARTS_OF_A_KEY, path.length - at);
    let parts = 0;
    let next: Json | undefined;
    while (next === undefined && parts < most) {
      parts += 1;
      next = stepInto(here, keyOf(path, at, parts));
    }
    if (next === undefined) return undefined;
    here = next;
    at += parts;
  }
  return here;
}

/** Of one part, nearly always. */
const keyOf = (path: readonly string[], at: number, parts: number): string =>
  (parts === 1 ? path[at] : undefined) ?? path.slice(at, at + parts).join('.');

/** The value under one key or index; undefined when there is none. */
function stepInto(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    const [, name, wanted] = /^\[([^=\]]+)=([^\]]*)\]$/.exec(key) ?? [];
    if (name !== undefined) return items.find((each) => textIn(each, name) === wanted);
    return /^\d+$/.test(key) ? items[Number(key)] : undefined;
  }
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Undefined where it is no text, number or yes and no. */
function textIn(value: Json, name: string): string | undefined {
  const found = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return found === null || typeof found === 'object' ? undefined : found?.toString();
}
