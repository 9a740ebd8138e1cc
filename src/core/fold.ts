/** Without case and accents, as people search: `Equipe` finds `Équipe`. Search columns hold it: another way needs a migration. */
export const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase();

/** What someone typed, word by word, as it is looked for in folded text. */
export const foldedWords = (typed: string): readonly string[] =>
  fold(typed).split(/\s+/).filter(Boolean);

/** Whether every word that was typed is in the text, as a part of a word too; true where nothing was typed. */
export function hasWords(text: string, typed: string): boolean {
  const folded = fold(text);
  return foldedWords(typed).every((word) => folded.includes(word));
}

/** As facts are compared: services that have usernames and addresses take them in any case, but not without accents. */
export const factKey = (value: unknown): string => String(value).trim().toLowerCase();

/** Whether two names are one, but for case, accents and the space around them. */
export const isSameName = (one: string, other: string): boolean =>
  fold(one.trim()) === fold(other.trim());
