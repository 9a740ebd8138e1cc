import { t } from '../../core/translate.ts';

/**
 * The first names, and how many there are besides: `Asana, Zoom and 3 more`.
 * @param most as many are named
 * @param all how many there are, where the names given are the first of them only
 */
export function someNames(names: readonly string[], most: number, all = names.length): string {
  const shown = names.slice(0, most);
  const more = all - shown.length;
  return more > 0 ? t`${shown.join(', ')} and ${more} more` : shown.join(', ');
}
