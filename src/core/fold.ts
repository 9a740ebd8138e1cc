/** Without case and accents: `Equipe` finds `Équipe`. Search columns store it, so a change needs a migration. */
export const fold = (text: string): string =>
  PLAIN.test(text)
    ? text.toLowerCase()
    : text
        .normalize('NFKD')
        .replaceAll(/[\u0300-\u036f]/g, '')
        .toLowerCase();

/** Nothing that normalizing changes. Most texts are, and it takes a tenth of the time. */
const PLAIN = /^[ -~]*$/;

/** The words that someone typed, folded for a search in folded text. */
export const foldedWords = (typed: string): readonly string[] =>
  fold(typed).split(/\s+/).filter(Boolean);

/** Whether every typed word is in the text, also as a part of a word. True when nothing was typed. */
export function hasWords(text: string, typed: string): boolean {
  const folded = fold(text);
  return foldedWords(typed).every((word) => folded.includes(word));
}

/**
 * The form in which facts are compared: apps accept usernames and addresses in any case, but not without accents. Some systems
 * write an accent as a character of its own, which makes the same name.
 */
export const factKey = (value: unknown): string =>
  String(value).trim().toLowerCase().normalize('NFC');

/** Whether two names are the same apart from case, accents and the space around them. */
export const isSameName = (one: string, other: string): boolean =>
  fold(one.trim()) === fold(other.trim());

/** What databases refuse: NUL, and half a surrogate pair, as a text has it that was cut within an emoji. */
const REFUSED = /\0|\p{Surrogate}/gu;

/** The text without NUL, and with U+FFFD for half a surrogate pair. */
export const storable = (text: string): string =>
  text.replaceAll(REFUSED, (found) => (found === '\0' ? '' : '\uFFFD'));
