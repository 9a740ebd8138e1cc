/** Finds a text in another one, in linear time. */

/** A long secret at the end of a window is hidden when this much of its beginning is there. */
export const BEGINNING = 256;

/** A text to find, with its failure table (Knuth, Morris and Pratt). */
export interface Pattern {
  readonly text: string;
  /** For each prefix: the length of the longest shorter prefix that it ends with. */
  readonly again: Uint32Array;
  /** A short secret is hidden only as a whole word, so each place is checked. */
  readonly isWord: boolean;
}

export function patternOf(text: string, isWord: boolean): Pattern {
  const again = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    const next = text.charCodeAt(at);
    while (length > 0 && text.charCodeAt(length) !== next) length = again[length - 1] ?? 0;
    if (text.charCodeAt(length) === next) length += 1;
    again[at] = length;
  }
  return { text, again, isWord };
}

/** Long enough to occur in few texts by accident, and short enough for a fast search. */
const FIRST_SIGNS = 8;

/**
 * Calls `found` for every place, in order, and once for places that overlap. Its time is linear in the text. With `indexOf`, someone
 * who chooses both the token and the answers could force a comparison of the whole token at every place.
 */
export function eachPlace(
  { text: wanted, again, isWord }: Pattern,
  text: string,
  found: (from: number, to: number) => void,
): void {
  const enough = Math.min(wanted.length, BEGINNING);
  const first = text.indexOf(wanted.slice(0, FIRST_SIGNS));
  if (first === -1) return;
  let length = 0;
  /** Start and end of the last place. It is reported once no later place overlaps it. */
  let from = -1;
  let to = -1;
  for (let at = first; at < text.length; at += 1) {
    const next = text.charCodeAt(at);
    while (length > 0 && (length === wanted.length || wanted.charCodeAt(length) !== next))
      length = again[length - 1] ?? 0;
    if (wanted.charCodeAt(length) === next) length += 1;
    if (length < enough) continue;
    const begin = at + 1 - length;
    if (isWord) {
      found(begin, at + 1);
      continue;
    }
    if (begin >= to && from !== -1) found(from, to);
    if (begin >= to || from === -1) from = begin;
    to = at + 1;
  }
  if (from !== -1) found(from, to);
}
