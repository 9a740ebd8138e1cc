import { isJsonObject, type Json } from '../core/json.ts';

export type Found = { readonly found: true; readonly value: Json } | { readonly found: false };

const NOTHING: Found = { found: false };

/**
 * Follows a dot notation such as `data.items.0.id` into JSON: into objects by own key, into lists by index.
 * The empty notation is the whole value. Never throws; what to make of a missing path is the caller's matter.
 */
export function readNotation(value: Json, notation: string): Found {
  const path = notation.trim();
  let here = value;
  if (path === '') return { found: true, value: here };
  for (const key of path.split('.')) {
    const next = stepInto(here, key);
    if (next === undefined) return NOTHING;
    here = next;
  }
  return { found: true, value: here };
}

/** The value under one key or index; undefined where there is none. */
export function stepInto(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value))
    return /^\d+$/.test(key) ? (value as readonly Json[])[Number(key)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
