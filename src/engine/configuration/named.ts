/** References: a document has names where the domain has ids, and keys that say so: `owners` for `ownerIds`. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

export type RefKind = 'person' | 'integration' | 'bundle';

/** Keys of the domain that hold ids, with the key in a file. */
const REFERENCES: Readonly<Record<string, { readonly key: string; readonly to: RefKind }>> = {
  ownerIds: { key: 'owners', to: 'person' },
  personIds: { key: 'people', to: 'person' },
  personId: { key: 'person', to: 'person' },
  integrationId: { key: 'integration', to: 'integration' },
  textProviderId: { key: 'textProvider', to: 'integration' },
  bundleId: { key: 'bundle', to: 'bundle' },
};
const BY_FILE_KEY = new Map(Object.entries(REFERENCES).map(([key, ref]) => [ref.key, key]));
/** Their keys are the admin's own. */
const LEFT_ALONE: readonly string[] = ['form', 'answers'];

export type Path = readonly (string | number)[];

export interface Reference {
  readonly to: RefKind;
  readonly value: string;
  readonly path: Path;
}

/** The key that a file has for one of the domain. */
export const fileKey = (key: string): string =>
  (Object.hasOwn(REFERENCES, key) ? REFERENCES[key]?.key : undefined) ?? key;

/** With the keys that a file has. */
export const withFileKeys = <T extends Json>(value: T): T => renamed(value, fileKey) as T; // The same shape: only keys were renamed.

/** With the keys of the domain, for its schemas. A key of the domain itself stays unknown there. */
export const withDomainKeys = (value: Json): Json =>
  renamed(
    value,
    (key) => BY_FILE_KEY.get(key) ?? (Object.hasOwn(REFERENCES, key) ? `"${key}"` : key),
  );

/** The place as the file has it. */
export const filePath = (path: readonly PropertyKey[]): readonly PropertyKey[] =>
  path.map((key) => (typeof key === 'string' ? fileKey(key) : key));

function renamed(value: Json, to: (key: string) => string): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => renamed(item, to));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      to(key),
      LEFT_ALONE.includes(key) ? inner : renamed(inner, to),
    ]),
  );
}

/** With each reference replaced; one that `next` knows nothing for is left out. */
export function withReferences<T>(
  document: T,
  next: (reference: Reference) => string | undefined,
): T {
  const map = (value: Json, path: Path): Json => {
    if (Array.isArray(value))
      return (value as readonly Json[]).map((item, at) => map(item, [...path, at]));
    return isJsonObject(value) ? mapObject(value, path) : value;
  };
  const mapObject = (object: JsonObject, path: Path): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, inner]): [string, Json][] => {
        if (LEFT_ALONE.includes(key)) return [[key, inner]];
        const to = Object.hasOwn(REFERENCES, key) ? REFERENCES[key]?.to : undefined;
        const at = [...path, key];
        if (to === undefined) return [[key, map(inner, at)]];
        if (typeof inner === 'string') {
          const replaced = next({ to, value: inner, path: at });
          return replaced === undefined ? [] : [[key, replaced]];
        }
        if (!Array.isArray(inner)) return [[key, inner]];
        const values = (inner as readonly Json[]).flatMap((each, index) =>
          typeof each === 'string' ? (next({ to, value: each, path: [...at, index] }) ?? []) : [],
        );
        return [[key, values]];
      }),
    );
  return map(document as Json, []) as T; // The same shape: only texts were replaced.
}

export function referencesIn(document: unknown): readonly Reference[] {
  const found: Reference[] = [];
  withReferences(document, (reference) => {
    found.push(reference);
    return reference.value;
  });
  return found;
}
