/** The lists of an import's rows: their titles, which rows are on them, and which lists have any. */
import { sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { MAX_INVALID_KEPT } from '../../../engine/imports/judge-rows.ts';
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import type { SyncRowFilter } from '../../../engine/ports/import-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { SyncList } from './sync-ref.ts';
import { changesInWords } from './sync-words.ts';

/** The title of each list, and its rows. `new` has people who may still be added, `added` those who were. */
export const listsOf = (
  run: SyncRun,
): Readonly<Record<SyncList, { readonly title: string; readonly rows: SyncRowFilter }>> => ({
  new: { title: t`New`, rows: { states: ['new'] } },
  added: { title: t`Added`, rows: { states: ['new'], isChosen: true } },
  updated: { title: t`Updated`, rows: { states: ['updated'] } },
  filled: {
    title: filledTitle(run),
    rows: { states: ['fill'] },
  },
  left: { title: t`Left earlier`, rows: { states: ['left'] } },
  existing: { title: t`Already here`, rows: { states: ['existing'] } },
  unchanged: { title: t`No change`, rows: { states: ['unchanged'] } },
  ignored: { title: t`Ignored`, rows: { states: ['ignored'] } },
  invalid: {
    title:
      (run.counts.skipped.invalid ?? 0) > MAX_INVALID_KEPT
        ? t`Not valid, the first of ${sayNumber(run.counts.skipped.invalid ?? 0)}`
        : t`Not valid`,
    rows: { states: ['invalid'] },
  },
  duplicate: { title: t`Duplicates`, rows: { states: ['duplicate'] } },
  unknown: { title: t`Not in the directory`, rows: { states: ['unknown'] } },
  missing: { title: t`No longer in the source`, rows: { states: ['missing'] } },
});

/** The list of people in the directory who get something. */
export function filledTitle(run: SyncRun): string {
  if (changesInWords(run) !== undefined) return t`Filled in or changed`;
  return run.state === 'ready' ? t`Missing details filled in` : t`Completed`;
}

const BEFORE: readonly SyncList[] = [
  'new',
  'left',
  'filled',
  'existing',
  'ignored',
  'invalid',
  'duplicate',
  'missing',
];
/** What an admin may want to act on comes first. */
const AFTER: readonly SyncList[] = [
  'added',
  'updated',
  'missing',
  'left',
  'filled',
  'existing',
  'unchanged',
  'ignored',
  'invalid',
  'duplicate',
  'unknown',
];

/** The lists that aren't empty, in their order. */
export async function openLists(
  run: SyncRun,
  { syncRows }: Pick<Stores, 'syncRows'>,
): Promise<readonly SyncList[]> {
  // Only a preview has rows that would fill something in; later the run has counted them.
  const fills = run.state === 'ready' ? await syncRows.count(run.id, { states: ['fill'] }) : 0;
  return (run.state === 'ready' ? BEFORE : AFTER).filter(
    (each) => (each === 'filled' && fills > 0) || hasRows(each, run),
  );
}

/** Uses the counts of the run, since reading a million rows would be slow. */
function hasRows(list: SyncList, { counts, action }: SyncRun): boolean {
  switch (list) {
    case 'new':
      return counts.fresh > 0;
    case 'added':
      return counts.created > 0;
    case 'updated':
      return action === 'update' && counts.updated > 0;
    case 'filled':
      return action === 'create' && counts.updated > 0;
    case 'missing':
      return counts.missing > 0;
    case 'left':
    case 'existing':
    case 'unchanged':
    case 'ignored':
    case 'invalid':
    case 'duplicate':
    case 'unknown':
      return (counts.skipped[list] ?? 0) > 0;
    default:
      return unreachable(list);
  }
}
