/** Lists longer than a card: how many rows a card shows, its page, and the buttons to other pages. */
import { z } from 'zod';
import { compact } from '../../core/compact.ts';
import { sayNumber, t } from '../../core/translate.ts';
import type { Right } from '../../engine/people/permission.ts';
import type { Page } from '../../engine/ports/store.ts';
import type { Turn } from '../live/context.ts';
import {
  type ButtonOf,
  buttonAction,
  type Reply,
  replaceWith,
  type Schema,
} from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  paragraph,
  type Text,
} from '../view/card.ts';
import type { CardViewOf } from '../view/live-card.ts';

/**
 * Rows with a text and buttons on one card. They can be read quickly and fit one message: Slack takes fifty blocks, Teams
 * 28 KB. A list with larger rows sets its own size.
 */
const PAGE = 8;

/** For rows of one block, sometimes two. */
export const LONG_PAGE = 15;

/** The payload of a page button; a list adds its filters. */
export const pageShown = z.object({ page: z.number().int().nonnegative() });

/** Of a list that another card opens below itself. `turned`: a button of the list itself was pressed. */
export const pickerShown = pageShown.extend({ turned: z.boolean().optional() });

/** Below the card that opens it; then in its own place. A button from before `turned` leads to the first page as if it opened. */
export const pickerReply = (
  { page, turned = page > 0 }: z.infer<typeof pickerShown>,
  card: Card,
): Reply => ({ kind: turned ? 'replace' : 'say', to: 'person', card });

export interface Paging {
  /** From 0. The last page where an older card asks for one that no longer exists. */
  readonly page: number;
  /** How many pages there are; 1 for an empty list. */
  readonly pages: number;
}

/** One page of a list, and how many rows the whole list has. */
export interface Rows<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** The number of rows without the search, where the list gives it. */
  readonly all?: number;
  /** There are more than `total`, which no one counts. */
  readonly isMore?: boolean;
}

/** @param page the requested page, from 0 */
export function pageIn(total: number, page: number, size: number): Paging {
  const pages = Math.max(1, Math.ceil(total / size));
  return { page: Math.min(page, pages - 1), pages };
}

/** Reads the requested page, or the last one where that no longer exists because rows were removed. */
export async function readPage<F extends Rows<unknown>>(
  wanted: number,
  read: (at: Page) => Promise<F>,
  size = PAGE,
): Promise<F & Paging> {
  const found = await read({ offset: wanted * size, limit: size });
  const paging = pageIn(found.total, wanted, size);
  return paging.page === wanted ? { ...found, ...paging } : readPage(paging.page, read, size);
}

/** A page of a list in memory, as a store would return it. */
export const rowsAt = <T>(all: readonly T[], { offset, limit }: Page): Rows<T> => ({
  items: all.slice(offset, offset + limit),
  total: all.length,
});

/** Like `readPage`, for a list in memory. */
export function onPage<T>(all: readonly T[], wanted: number, size = PAGE): Rows<T> & Paging {
  const paging = pageIn(all.length, wanted, size);
  return { ...rowsAt(all, { offset: paging.page * size, limit: size }), ...paging };
}

/** `12 people, page 2 of 3`; without the page where there is only one. */
export function withPage(
  counted: string,
  { page, pages, isMore }: Paging & Pick<Rows<unknown>, 'isMore'>,
): string {
  const number = sayNumber(page + 1);
  if (isMore) return t`${counted}, page ${number}`;
  return pages > 1 ? t`${counted}, page ${number} of ${sayNumber(pages)}` : counted;
}

/** Empty where there is only one page. */
export const pageButtons = (
  { page, pages }: Paging,
  to: (page: number) => ActionCall,
  labels = { back: t`Previous`, on: t`Next` },
): Button[] =>
  compact([
    page > 0 && { label: labels.back, does: to(page - 1) },
    page + 1 < pages && { label: labels.on, does: to(page + 1) },
  ]);

/**
 * The page number and the buttons to other pages; empty where there is only one page.
 * @param counted how many there are; the page follows it
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
  return [muted(text), ...buttonRow(pageButtons(list, to))];
}

/** The button to another page of a live card. */
export const turnPage = <P, C>(
  action: {
    readonly id: string;
    readonly payload: Schema<P>;
    /** The right that the card asks for. */
    readonly right?: Right;
  },
  card: CardViewOf<P, C>,
): ButtonOf<P, Turn> =>
  buttonAction({
    ...action,
    handle: async (shown, _turn: Turn) => replaceWith(card.with(shown)),
  });

/**
 * All lines, page by page.
 * @param total their number and kind: `3 errors and 1 warning`
 * @param to the action that shows another page
 */
export function pagedLines(
  lines: readonly Text[],
  {
    total,
    page,
    to,
  }: { readonly total: string; readonly page: number; readonly to: (page: number) => ActionCall },
): Block[] {
  if (lines.length === 0) return [];
  const shown = onPage(lines, page, LONG_PAGE);
  return [
    muted(withPage(total, shown)),
    ...shown.items.map(paragraph),
    ...buttonRow(pageButtons(shown, to)),
  ];
}
