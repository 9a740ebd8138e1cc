/** What a sync run came to, as the facts of a card. */
import { say } from '../../core/say.ts';
import type { SyncRun } from '../../engine/sync/sync-run.ts';
import type { Block } from '../view/card.ts';
import { countOf, countPeople } from './person-words.ts';
import { skippedWords } from './sync-words.ts';

/** @param took how long, in words */
export function syncFacts(run: SyncRun, took?: string): readonly Block[] {
  const { missing, newlyMissing, rows } = run.counts;
  const skipped = skippedWords(run);
  return [
    {
      kind: 'facts',
      facts: [
        [say`Read`, [`${readWords(rows, run.pages)}${sinceWords(run)}`]],
        ...(skipped === undefined ? [] : [[say`Left out`, [skipped]] as const]),
        ...(missing > 0
          ? [
              [
                say`No longer there`,
                [
                  say`${countPeople(missing)} who ${missing === 1 ? say`is` : say`are`} here${newlyMissing > 0 ? say`, ${newlyMissing} of them since the last time` : ''}. They stay as they are.`,
                ],
              ] as const,
            ]
          : []),
        ...(took === undefined ? [] : [[say`Took`, [took]] as const]),
      ],
    },
    ...run.warnings.map((warning) => ({ kind: 'text', muted: true, text: [warning] }) as const),
  ];
}

/** `1,500 rows on 3 pages` */
export const readWords = (rows: number, pages: number): string =>
  say`${countOf(rows, say`row`, say`rows`)} on ${countOf(pages, say`page`, say`pages`)}`;

const sinceWords = ({ reading }: SyncRun): string =>
  reading === 'changes' ? say`, which is what changed since the last import` : '';

/** `250 people added so far; 1,200 are new.` */
export const importingWords = ({ created, fresh }: SyncRun['counts']): string =>
  say`${countPeople(created)} added so far; ${countOf(fresh, say`is`, say`are`)} new.`;

/** `12 people added, 1 person updated`; empty where nothing was changed. */
export function didWords({ counts: { created, returned, updated } }: SyncRun): string {
  const some = (count: number, did: string) => (count > 0 ? [`${countPeople(count)} ${did}`] : []);
  return [
    ...some(created, 'added'),
    ...some(returned, say`brought back`),
    ...some(updated, 'updated'),
  ].join(', ');
}
