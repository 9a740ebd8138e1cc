import { beginningOfJson, type Json } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';

/** Something in a manifest that its author has to change (an error) or should check (a warning). */
export interface Problem {
  /** `execute[1].method`, or `line 3, column 7` in a text that isn't JSON. Empty for the whole manifest. */
  readonly place: string;
  /** What is wrong, and how to fix it. */
  readonly message: string;
}

/** A name that a manifest gives a value, and where. */
export interface NamedPlace extends Pick<Problem, 'place'> {
  readonly name: string;
}

/** A problem as one line: `execute[1].method: "FETCH" is not a request method; use …`. */
export const problemText = ({ place, message }: Problem): string =>
  place === '' ? message : `${place}: ${message}`;

/** `['execute', 1, 'headers', 'X-Team']` as `execute[1].headers.X-Team`. */
export function placeOf(path: readonly PropertyKey[]): string {
  let place = '';
  for (const key of path) {
    if (typeof key === 'number') place += `[${key}]`;
    else if (!/^[\w$-]+$/.test(String(key))) place += `[${JSON.stringify(String(key))}]`;
    else place += place === '' ? String(key) : `.${String(key)}`;
  }
  return place;
}

/** The same inside of a place: `execute[1].data` and `['users', 0]` as `execute[1].data.users[0]`. */
export function placeInside(outer: string, path: readonly PropertyKey[]): string {
  const inner = placeOf(path);
  return inner === '' || inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

const SHOWN_CHARACTERS = 60;

/** A value for an error message: short values in full, long ones cut with `…`. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value) && value.length > 0) return `a list of ${value.length}`;
  const text = beginningOfJson(value as Json, SHOWN_CHARACTERS + 1); // What is shown here came out of parseJson.
  return shorten(text, SHOWN_CHARACTERS);
}
