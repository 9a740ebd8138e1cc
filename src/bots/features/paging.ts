/** Lists that are longer than a card: one page of them, and the buttons to the others. */
import type { ActionCall } from '../view/action.ts';
import type { Button } from '../view/card.ts';

export interface Shown<T> {
  readonly items: readonly T[];
  /** From 0. The last one where an older card asks for one beyond it. */
  readonly page: number;
  /** How many pages there are; 1 for an empty list. */
  readonly pages: number;
}

export function onPage<T>(all: readonly T[], page: number, size: number): Shown<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const shown = Math.min(page, pages - 1);
  return { items: all.slice(shown * size, (shown + 1) * size), page: shown, pages };
}

/** `, page 2 of 3`, to go on with how many there are; empty where one page is all. */
export const pageWords = ({ page, pages }: Omit<Shown<unknown>, 'items'>): string =>
  pages > 1 ? `, page ${page + 1} of ${pages}` : '';

/** None where one page is all. */
export const pageButtons = (
  { page, pages }: Omit<Shown<unknown>, 'items'>,
  to: (page: number) => ActionCall,
): Button[] => [
  ...(page > 0 ? [{ label: 'Previous', does: to(page - 1) }] : []),
  ...(page + 1 < pages ? [{ label: 'Next', does: to(page + 1) }] : []),
];
