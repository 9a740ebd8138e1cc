import { t } from '../../core/translate.ts';

/**
 * The first names, and the number of others: `Asana, Zoom and 3 more`.
 * @param most how many are named
 * @param all how many there are, where `names` has only the first of them
 */
export function someNames(names: readonly string[], most: number, all = names.length): string {
  const shown = names.slice(0, most);
  const more = all - shown.length;
  return more > 0 ? t`${shown.join(', ')} and ${more} more` : shown.join(', ');
}
