/** Without case and accents, as people search: `Equipe` finds `Équipe`. Search columns hold it: another way needs a migration. */
export const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase();

/** Whether two names are one, but for case, accents and the space around them. */
export const isSameName = (one: string, other: string): boolean =>
  fold(one.trim()) === fold(other.trim());
