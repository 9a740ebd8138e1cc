/** The rows of one person's change, in sections and pages: the same for people who join, move or leave. */
import { t } from '../../../core/translate.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import type { ReportRow } from '../../../engine/transitions/report.ts';
import type { ItemPart } from '../../../engine/transitions/transition.ts';
import type { ActionCall } from '../../view/action-call.ts';
import { type Block, paragraph, strong } from '../../view/card.ts';
import { LONG_PAGE, onPage, pageFoot } from '../paging.ts';

export const nameOf = ({ integration }: Pick<ReportRow, 'integration'>): string =>
  integration ? labelOf(integration) : t`a deleted integration`;

/** One page of them. @param draw only rows of that page are drawn */
export async function pagedRows<T>(
  all: readonly T[],
  { page, to }: { readonly page: number; readonly to: (page: number) => ActionCall },
  draw: (row: T, before: T | undefined) => Block[] | Promise<Block[]>,
): Promise<Block[]> {
  const list = onPage(all, page, LONG_PAGE);
  const drawn = await Promise.all(list.items.map(async (row, at) => draw(row, list.items[at - 1])));
  return [...drawn.flat(), ...pageFoot(list, to, t`${all.length} in all`)];
}

/** Above the first row of each part, on each page. */
export const headingOf = (part: ItemPart): Block => paragraph([strong(partWords(part))]);

function partWords(part: ItemPart): string {
  return {
    gains: () => t`Gains`,
    loses: () => t`Loses`,
    keeps: () => t`Keeps`,
  }[part]();
}
