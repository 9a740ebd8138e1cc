/** Without case and accents, as people search: `Equipe` finds `Équipe`. */
export const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
