/** The changes from one manifest to the next, place by place, for the person who saves it. */
import { diffArrays } from 'diff';
import { isJsonObject, type Json, stringifyJson } from '../../core/json.ts';
import { secretTextsIn } from './lint-requests.ts';
import { readManifestJson } from './parse.ts';
import { placeOf } from './problem.ts';

export interface ManifestChange {
  /** `execute[1].url`. For removed values, the place in the old manifest. */
  readonly place: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Whole values as JSON. A text that looks like a secret is `•••`. */
  readonly before?: string;
  readonly after?: string;
}

type Path = readonly (string | number)[];

/**
 * Every place that differs. White space and the order of keys don't count. Never throws: a text that isn't JSON is one change as
 * a whole.
 * @param before JSON text, as is `after`
 */
export function diffManifests(before: string, after: string): readonly ManifestChange[] {
  const [old, fresh] = [readManifestJson(before), readManifestJson(after)];
  if (old.ok && fresh.ok) {
    const secrets = new Set([...secretsOf(old.value), ...secretsOf(fresh.value)]);
    return changes([], old.value, fresh.value).map((change) => shown(change, secrets));
  }
  return before === after ? [] : [{ place: 'manifest', kind: 'changed', before, after }];
}

/** A change with its raw values, before it is shown. */
interface RawChange extends Pick<ManifestChange, 'place' | 'kind'> {
  readonly before?: Json;
  readonly after?: Json;
}

const secretsOf = (manifest: Json): readonly string[] =>
  isJsonObject(manifest) ? secretTextsIn(manifest) : [];

const shown = (
  { before, after, ...change }: RawChange,
  secrets: ReadonlySet<string>,
): ManifestChange => ({
  ...change,
  ...(before !== undefined && { before: text(without(before, secrets)) }),
  ...(after !== undefined && { after: text(without(after, secrets)) }),
});

function without(value: Json, secrets: ReadonlySet<string>): Json {
  if (typeof value === 'string') return secrets.has(value) ? '•••' : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => without(item, secrets));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, without(inner, secrets)]),
  );
}

function changes(path: Path, before: Json | undefined, after: Json | undefined): RawChange[] {
  if (before === undefined)
    return after === undefined ? [] : [{ place: place(path), kind: 'added', after }];
  if (after === undefined) return [{ place: place(path), kind: 'removed', before }];
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changes([...path, key], own(before, key), own(after, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(path, before, after);
  return text(before) === text(after)
    ? []
    : [{ place: place(path), kind: 'changed', before, after }];
}

/**
 * Finds items that stayed at any new place, so that a new first step doesn't change every step after it. Between those, removed and
 * added items are paired in order and count as changed.
 */
function listChanges(path: Path, before: readonly Json[], after: readonly Json[]): RawChange[] {
  const found: RawChange[] = [];
  let [from, to] = [0, 0];
  let gone: Json[] = [];
  let come: Json[] = [];
  const settle = (): void => {
    for (let at = 0; at < Math.max(gone.length, come.length); at += 1) {
      const index = at < come.length ? to + at : from + at;
      found.push(...changes([...path, index], gone[at], come[at]));
    }
    from += gone.length;
    to += come.length;
    [gone, come] = [[], []];
  };
  const parts = diffArrays(before.map(sorted), after.map(sorted), { maxEditLength: MAX_EDITS });
  for (const { added, removed, count } of parts ?? allChanged(before, after)) {
    if (removed) gone.push(...before.slice(from + gone.length, from + gone.length + count));
    else if (added) come.push(...after.slice(to + come.length, to + come.length + count));
    else {
      settle();
      from += count;
      to += count;
    }
  }
  settle();
  return found;
}

/** A limit for lists that share almost nothing. The comparison then takes a fifth of a second. */
const MAX_EDITS = 1000;

const allChanged = (before: readonly Json[], after: readonly Json[]) => [
  { removed: true, added: false, count: before.length },
  { removed: false, added: true, count: after.length },
];

const own = (object: { readonly [key: string]: Json }, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

const place = (path: Path): string => placeOf(path) || 'manifest';
const text = (value: Json): string => stringifyJson(value);

/** With sorted keys, because their order has no meaning. */
function sorted(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (!isJsonObject(value)) return stringifyJson(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(own(value, key) ?? null)}`).join(',')}}`;
}
