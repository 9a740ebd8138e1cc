/** Lists that are longer than a card: how much of one a card shows, which page that is, and the buttons to the others. */
import { z } from 'zod';
import { sayNumber, t } from '../../core/translate.ts';
import type { Page } from '../../engine/ports/store.ts';
import type { Turn } from '../live/context.ts';
import { type ButtonOf, buttonAction, type Schema } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Block, type Button, buttonRow, type Text } from '../view/card.ts';
import type { CardViewOf } from '../view/live-card.ts';

/**
 * Rows of a text and its buttons that a card shows. They are read at a glance, and with what stands around them they are
 * one message: Slack takes fifty blocks, Teams 28 KB. A list whose rows are larger says its own size.
 */
const PAGE = 8;

/** Rows of one block, or two at times. */
export const LONG_PAGE = 15;

/** What a button to a page carries; a list adds what narrows it. */
export const pageShown = z.object({ page: z.number().int().nonnegative() });

export interface Paging {
  /** From 0. The last one where an older card asks for one beyond it. */
  readonly page: number;
  /** How many pages there are; 1 for an empty list. */
  readonly pages: number;
}

/** One page of a list, and how many rows the whole list has. */
export interface Rows<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** Rows without the search, where the list says so. */
  readonly all?: number;
}

/** @param page the one that was asked for, from 0 */
export function pageIn(total: number, page: number, size: number): Paging {
  const pages = Math.max(1, Math.ceil(total / size));
  return { page: Math.min(page, pages - 1), pages };
}

/** The page that was asked for; the last one where that is gone, since its rows may have gone since it was offered. */
export async function readPage<F extends Rows<unknown>>(
  wanted: number,
  read: (at: Page) => Promise<F>,
  size = PAGE,
): Promise<F & Paging> {
  const found = await read({ offset: wanted * size, limit: size });
  const paging = pageIn(found.total, wanted, size);
  return paging.page === wanted ? { ...found, ...paging } : readPage(paging.page, read, size);
}

/** What a store would give of a list that is in memory. */
export const rowsAt = <T>(all: readonly T[], { offset, limit }: Page): Rows<T> => ({
  items: all.slice(offset, offset + limit),
  total: all.length,
});

/** As `readPage`, of a list that is in memory. */
export function onPage<T>(all: readonly T[], wanted: number, size = PAGE): Rows<T> & Paging {
  const paging = pageIn(all.length, wanted, size);
  return { ...rowsAt(all, { offset: paging.page * size, limit: size }), ...paging };
}

/** `12 people, page 2 of 3`; without the page where there is but one. */
export const withPage = (counted: string, { page, pages }: Paging): string =>
  pages > 1 ? t`${counted}, page ${sayNumber(page + 1)} of ${sayNumber(pages)}` : counted;

/** None where one page is all. */
export const pageButtons = (
  { page, pages }: Paging,
  to: (page: number) => ActionCall,
  labels = { back: t`Previous`, on: t`Next` },
): Button[] => [
  ...(page > 0 ? [{ label: labels.back, does: to(page - 1) }] : []),
  ...(page + 1 < pages ? [{ label: labels.on, does: to(page + 1) }] : []),
];

/**
 * Which page it is, and the buttons to the others; nothing where one page is all.
 * @param counted how many there are, to go on with the page
 */
export function pageFoot(
  list: Paging,
  to: (page: number) => ActionCall,
  counted?: string,
): Block[] {
  if (list.pages <= 1) return [];
  const text =
    counted === undefined
      ? t`Page ${sayNumber(list.page + 1)} of ${sayNumber(list.pages)}`
      : withPage(counted, list);
  return [{ kind: 'text', muted: true, text: [text] }, ...buttonRow(pageButtons(list, to))];
}

/** The button to another page of a card that follows what it shows. */
export const turnPage = <P, C>(
  id: string,
  payload: Schema<P>,
  card: CardViewOf<P, C>,
): ButtonOf<P, Turn> =>
  buttonAction({
    id,
    payload,
    handle: async (shown, _turn: Turn) => ({ kind: 'replace', card: card.with(shown) }),
  });

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
  const shown = onPage(lines, page, LONG_PAGE);
  return [
    { kind: 'text', muted: true, text: [withPage(total, shown)] },
    ...shown.items.map((text): Block => ({ kind: 'text', text })),
    ...buttonRow(pageButtons(shown, to)),
  ];
}
