/** Lists in sentences. */
import { t } from './translate.ts';

/** `A`, `A or B`, `A, B or C`. */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? '';
  if (items.length < 2) return last;
  const others = items.slice(0, -1).join(', ');
  return word === 'and' ? t`${others} and ${last}` : t`${others} or ${last}`;
}
