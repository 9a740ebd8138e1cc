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
 * @param textOf left out: a `$` in brackets is a text
 */
export function follow(
  value: Json | undefined,
  path: readonly string[],
  textOf?: TextOf,
): Json | undefined {
  let here = value;
  for (let at = 0; at < path.length; ) {
    const most = Math.min(MAX_PARTS_OF_A_KEY, path.length - at);
    let parts = 0;
    let next: Json | undefined;
    while (next === undefined && parts < most) {
      parts += 1;
      next = stepInto(here, keyOf(path, at, parts), textOf);
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

/** The text of a variable that a path names, as in `[email=$email]`. Undefined or empty: it finds nothing. */
export type TextOf = (name: string) => string | undefined;

/** The value under one key or index; undefined when there is none. */
function stepInto(
  value: Json | undefined,
  key: string,
  textOf: TextOf | undefined,
): Json | undefined {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    const wanted = conditionsIn(key);
    if (wanted) {
      const tests = wanted.map((each) => testOf(each, textOf));
      return items.find((item) => tests.every((test) => test(item)));
    }
    return /^\d+$/.test(key) ? items[Number(key)] : undefined;
  }
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

interface Condition {
  readonly name: string;
  readonly wanted: string;
  /** In quotes: a text, whatever it looks like. */
  readonly isQuoted: boolean;
}

/**
 * Of `[type=manager]`, `[email=$email,acceptedAt=null]` or `[name='a,b=c',price='$5']`. A comma in quotes, or before no other
 * name, belongs to the text.
 */
function conditionsIn(key: string): readonly Condition[] | undefined {
  const [, inside] = /^\[([^\]]+)\]$/.exec(key) ?? [];
  if (inside === undefined) return undefined;
  const found = [...inside.matchAll(CONDITION)];
  if (found.map(([all]) => all).join('') !== inside) return undefined;
  return found.map(([, name = '', quoted, plain = '']) => ({
    name,
    wanted: quoted ?? plain,
    isQuoted: quoted !== undefined,
  }));
}

const CONDITION = /(?:^|(?<!^),)([^,=]+)=(?:'([^']*)'(?=,[^,=]+=|$)|((?:(?!,[^,=]+=).)*))/gs;

const isOfVariable = ({ wanted, isQuoted }: Condition): boolean =>
  !isQuoted && /^\$(?=\w)/.test(wanted);

/** The variables that the brackets of a path name: `email` of `nodes.[email=$email].id`. */
export const variablesInPath = (path: string): readonly string[] =>
  (path.match(BRACKETS) ?? [])
    .flatMap((key) => conditionsIn(key) ?? [])
    .flatMap((each) => (isOfVariable(each) ? [each.wanted.slice(1)] : []));

/** With the dots of what they compare with: `[id=$responses.0.id]`. */
const BRACKETS = /(?<=^|\.)\[[^\]]+\](?=\.|$)/g;

function testOf(condition: Condition, textOf: TextOf | undefined): (item: Json) => boolean {
  const { name, wanted, isQuoted } = condition;
  const isNull = wanted === 'null' && !isQuoted;
  if (!textOf || !isOfVariable(condition))
    return (item) => textIn(item, name) === wanted || (isNull && valueIn(item, name) === null);
  const text = textOf(wanted.slice(1)) ?? '';
  if (text === '') return () => false;
  // Apps write addresses as they were typed.
  const asCompared = (each: string) => (text.includes('@') ? each.toLowerCase() : each);
  return (item) => asCompared(textIn(item, name) ?? '') === asCompared(text);
}

const valueIn = (value: Json, name: string): Json | undefined =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const textIn = (value: Json, name: string): string | undefined => plainText(valueIn(value, name));

/** Undefined where it is null, a list or an object, or isn't there. */
export const plainText = (value: Json | undefined): string | undefined =>
  value === null || typeof value === 'object' ? undefined : value?.toString();
