/** The report of a review: a line for each access, true to what its removal says now. Every cell is a text. */
import type { Stores } from '../ports/unit-of-work.ts';
import type { Names } from '../work/names.ts';
import { removalCells } from '../work/removal-cells.ts';
import { itemBatches } from './item-batches.ts';
import type { ReviewItem } from './review.ts';

export const REPORT_COLUMNS = [
  'person',
  'integration',
  'verdict',
  'state',
  'reviewer',
  'decided by',
  'decided at',
  'ended at',
  'proof',
  'by',
  'tries',
  'why',
] as const;

export type ReportLine = Readonly<Record<(typeof REPORT_COLUMNS)[number], string>>;

export async function* reportLines(
  reviewId: string,
  { stores, names }: { readonly stores: Stores; readonly names: Names },
): AsyncIterable<ReportLine> {
  const isClosed = (await stores.reviews.find(reviewId))?.state === 'closed';
  for await (const items of itemBatches(stores, reviewId)) {
    const removals = await stores.removals.findMany(items.flatMap((item) => item.removalId ?? []));
    for (const item of items) {
      const removal = removals.find((each) => each.id === item.removalId);
      const [state, endedAt, proof, by, tries, why] =
        item.state === 'revoked'
          ? await removalCells(removal, names)
          : [isClosed && item.state === 'open' ? 'undecided' : item.state, '', '', '', '', ''];
      yield {
        person: await names.person(item.personId),
        integration: await names.integration(item.integrationId),
        verdict: verdictOf(item),
        state,
        reviewer: await names.person(item.reviewerId),
        'decided by': item.decidedById ? await names.person(item.decidedById) : '',
        'decided at': item.decidedAt?.toISOString() ?? '',
        'ended at': endedAt,
        proof,
        by,
        tries,
        why,
      };
    }
  }
}

function verdictOf({ state, decidedById }: ReviewItem): string {
  if (state === 'revoked') return decidedById === undefined ? 'revoked, as undecided' : 'revoked';
  return state === 'kept' ? 'kept' : '';
}
