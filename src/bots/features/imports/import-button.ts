/** The button that starts an import which waits: it names everything that the import does. */
import { sayNumber, t } from '../../../core/translate.ts';
import { isHeldByNewer, type SyncIn } from '../../../engine/imports/sync-run.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Button } from '../../view/card.ts';
import { countPeople } from '../people/person-words.ts';
import { importHeldSync } from './decide-sync.ts';
import { changesInWords } from './sync-words.ts';

/** How many people an import that waits is about. */
export interface Waiting {
  /** New, and chosen. */
  readonly fresh: number;
  /** New, and left out. */
  readonly leftOut: number;
  /** Had left, and are added back. */
  readonly returning: number;
  /** Are here, and something of theirs is filled in or changed. */
  readonly filled: number;
}

/** Counts only the kinds with few rows: counting a million others would be slow. */
export async function waitingIn(
  { id, counts }: SyncIn<'ready'>,
  { syncRows }: Pick<Stores, 'syncRows'>,
): Promise<Waiting> {
  const leftOut = await syncRows.count(id, { states: ['new'], isChosen: false });
  const returning = await syncRows.count(id, { states: ['left'], isChosen: true });
  const filled = await syncRows.count(id, { states: ['fill'] });
  return { fresh: counts.fresh - leftOut, leftOut, returning, filled };
}

/** None where it would do nothing, or only a newer Latchkey may start it. */
export function importButton(run: SyncIn<'ready'>, waiting: Waiting): readonly Button[] {
  const coming = waiting.fresh + waiting.returning;
  if (coming + waiting.filled === 0 || isHeldByNewer(run)) return [];
  const label = importLabel(coming, waiting.filled, changesInWords(run) !== undefined);
  return [{ label, tone: 'primary', does: importHeldSync.with({ runId: run.id }) }];
}

function importLabel(coming: number, filled: number, changes: boolean): string {
  if (filled === 0) return t`Import ${countPeople(coming)}`;
  if (coming === 0)
    return changes ? t`Change ${countPeople(filled)}` : t`Complete ${countPeople(filled)}`;
  return changes
    ? t`Import ${countPeople(coming)}, change ${sayNumber(filled)}`
    : t`Import ${countPeople(coming)}, complete ${sayNumber(filled)}`;
}
