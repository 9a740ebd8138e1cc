/** Lists that are longer than a card: one page of them, and the buttons to the others. */
import { say, sayNumber } from '../../core/say.ts';
import type { ActionCall } from '../view/action-call.ts';
import type { Block, Button, Text } from '../view/card.ts';

export interface Paging {
  /** From 0. The last one where an older card asks for one beyond it. */
  readonly page: number;
  /** How many pages there are; 1 for an empty list. */
  readonly pages: number;
}

export interface Shown<T> extends Paging {
  readonly items: readonly T[];
}

export function onPage<T>(all: readonly T[], page: number, size: number): Shown<T> {
  const list = pageIn(all.length, page, size);
  return { items: all.slice(list.page * size, (list.page + 1) * size), ...list };
}

/** The same of a list of which only one page is read. @param page the one that was asked for, from 0 */
export function pageIn(total: number, page: number, size: number): Paging {
  const pages = Math.max(1, Math.ceil(total / size));
  return { page: Math.min(page, pages - 1), pages };
}

/** `, page 2 of 3`, to go on with how many there are; empty where one page is all. */
export const pageWords = ({ page, pages }: Paging): string =>
  pages > 1 ? say`, page ${sayNumber(page + 1)} of ${sayNumber(pages)}` : '';

/** None where one page is all. */
export const pageButtons = (
  { page, pages }: Paging,
  to: (page: number) => ActionCall,
): Button[] => [
  ...(page > 0 ? [{ label: say`Previous`, does: to(page - 1) }] : []),
  ...(page + 1 < pages ? [{ label: say`Next`, does: to(page + 1) }] : []),
];

/** A line is one block, and a Slack message has fifty with what stands around them. */
const LINES = 15;

/**
 * One line after the other, all of them, page by page.
 * @param total what they are and how many: `3 errors and 1 warning`
 * @param to where a button to another page leads
 */
export function pagedLines(
  lines: readonly Text[],
  total: string,
  page: number,
  to: (page: number) => ActionCall,
): Block[] {
  if (lines.length === 0) return [];
  const shown = onPage(lines, page, LINES);
  const buttons = pageButtons(shown, to);
  return [
    { kind: 'text', muted: true, text: [`${total}${pageWords(shown)}`] },
    ...shown.items.map((text): Block => ({ kind: 'text', text })),
    ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : []),
  ];
}
