import { beginningOfJson, type Json } from '../../core/json.ts';

/** Something in a manifest that its author has to change (an error) or should check (a warning). */
export interface Problem {
  /** `execute[1].method`, or `line 3, column 7` in a text that isn't JSON. Empty for the whole manifest. */
  readonly place: string;
  /** What is wrong, and how to fix it. */
  readonly message: string;
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

const SHOWN_CHARACTERS = 60;

/** A value for an error message: short values in full, long ones cut with `…`. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value) && value.length > 0) return `a list of ${value.length}`;
  const text = beginningOfJson(value as Json, SHOWN_CHARACTERS + 1); // What is shown here came out of parseJson.
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** Longer than any known word with its mistakes. */
const MAX_MISSPELLED = 60;

/** The known word closest to `word`, if one is close enough. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_MISSPELLED) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How many letters must be added, removed, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
