/** The results of a sync run, as the facts of a card. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import { type Block, factList, muted } from '../../view/card.ts';
import { countPeople, countRows } from '../people/person-words.ts';
import { changesInWords, skippedWords } from './sync-words.ts';

/** @param took the duration in words; left out where it isn't shown */
export function syncFacts(run: SyncRun, took?: string): readonly Block[] {
  const { missing, newlyMissing, partly, withoutManager, managersOfAdmins, rows, cleared } =
    run.counts;
  const skipped = skippedWords(run);
  const changes = changesInWords(run);
  return [
    factList(
      compact([
        [t`Read`, sinceWords(readWords(rows, run.pages), run)],
        skipped !== undefined && [t`Left out`, skipped],
        changes !== undefined && [t`Changes`, changes],
        cleared > 0 && [t`Cleared`, clearedWords(cleared)],
        partly > 0 && [
          t`Partly imported`,
          t`${countPeople(partly)}, without a value that isn't valid`,
        ],
        withoutManager > 0 && [
          t`Without a manager`,
          t`${countPeople(withoutManager)}: the manager in their row isn't in the directory`,
        ],
        managersOfAdmins > 0 && [
          t`Managers of admins`,
          t`${countRows(managersOfAdmins)}: set only with your OK`,
        ],
        missing > 0 && [t`No longer in the source`, missingWords(missing, newlyMissing)],
        took !== undefined && [t`Duration`, took],
      ]),
    ),
    ...run.warnings.map((warning) => muted(sayStored(warning))),
  ];
}

const clearedWords = (count: number): string =>
  plural(count, {
    one: t`1 value that the source no longer has`,
    other: t`${sayNumber(count)} values that the source no longer has`,
  });

function missingWords(missing: number, newly: number): string {
  const who = plural(missing, {
    one: t`1 person in the directory`,
    other: t`${countPeople(missing)} in the directory`,
  });
  return newly > 0
    ? t`${who}, ${sayNumber(newly)} of them since the last import. Nothing changes for them.`
    : t`${who}. Nothing changes for them.`;
}

/** `1,500 rows on 3 pages`; `0 rows` */
export function readWords(rows: number, pages: number): string {
  const many = countRows(rows);
  if (pages === 0) return many;
  return plural(pages, {
    one: t`${many} on 1 page`,
    other: t`${many} on ${sayNumber(pages)} pages`,
  });
}

const sinceWords = (read: string, { reading }: SyncRun): string =>
  reading === 'changes' ? t`${read}, only what changed since the last import` : read;

/** `250 people added so far; 1,200 are new.` */
export const importingWords = ({ created, fresh }: SyncRun['counts']): string =>
  plural(fresh, {
    one: t`${countPeople(created)} added so far; 1 is new.`,
    other: t`${countPeople(created)} added so far; ${sayNumber(fresh)} are new.`,
  });

/** `12 people added, 1 person updated`; empty where nothing was changed. */
export const didWords = ({ counts: { created, returned, updated } }: SyncRun): string =>
  compact([
    created > 0 && t`${countPeople(created)} added`,
    returned > 0 && t`${countPeople(returned)} added back`,
    updated > 0 && t`${countPeople(updated)} updated`,
  ]).join(', ');
