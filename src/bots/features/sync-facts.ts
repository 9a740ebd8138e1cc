/** What a sync run came to, as the facts of a card. */
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
        ['Read', [`${readWords(rows, run.pages)}${sinceWords(run)}`]],
        ...(skipped === undefined ? [] : [['Left out', [skipped]] as const]),
        ...(missing > 0
          ? [
              [
                'No longer there',
                [
                  `${countPeople(missing)} who ${missing === 1 ? 'is' : 'are'} here${newlyMissing > 0 ? `, ${newlyMissing} of them since the last time` : ''}. They stay as they are.`,
                ],
              ] as const,
            ]
          : []),
        ...(took === undefined ? [] : [['Took', [took]] as const]),
      ],
    },
    ...run.warnings.map((warning) => ({ kind: 'text', muted: true, text: [warning] }) as const),
  ];
}

/** `1,500 rows on 3 pages` */
export const readWords = (rows: number, pages: number): string =>
  `${countOf(rows, 'row', 'rows')} on ${countOf(pages, 'page', 'pages')}`;

const sinceWords = ({ reading }: SyncRun): string =>
  reading === 'changes' ? ', which is what changed since the last import' : '';

/** `250 people added so far; 1,200 are new.` */
export const importingWords = ({ created, fresh }: SyncRun['counts']): string =>
  `${countPeople(created)} added so far; ${countOf(fresh, 'is', 'are')} new.`;

/** `12 people added, 1 person updated`; empty where nothing was changed. */
export function didWords({ counts: { created, returned, updated } }: SyncRun): string {
  const some = (count: number, did: string) => (count > 0 ? [`${countPeople(count)} ${did}`] : []);
  return [
    ...some(created, 'added'),
    ...some(returned, 'brought back'),
    ...some(updated, 'updated'),
  ].join(', ');
}
