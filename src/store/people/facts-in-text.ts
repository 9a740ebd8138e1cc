/** Facts of someone whose stored JSON is damaged. */
import { factKey } from '../../core/fold.ts';

/**
 * Whatever may be a value in it, since a fact that is someone's must not look free. A quote may be lost, so each text between two of them
 * counts as a whole, and in its parts.
 * @returns keys as `factKey` makes them
 */
export function factsIn(damaged: string): ReadonlySet<string> {
  const facts = new Set<string>();
  for (const text of damaged.match(BETWEEN_QUOTES) ?? []) {
    facts.add(factKey(unescaped(text)));
    for (const part of text.split(PUNCTUATION)) facts.add(factKey(unescaped(part)));
  }
  facts.delete('');
  return facts;
}

/** No choice at each character, since each would take stack: a text of megabytes would take too much. */
const BETWEEN_QUOTES = /[^"\\]*(?:\\[\s\S]?[^"\\]*)*/g;
const PUNCTUATION = /[,:[\]{}]/;

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
