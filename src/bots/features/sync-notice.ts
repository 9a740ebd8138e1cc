/** What admins are told of a scheduled import: what it did, why it failed, or that it waits for their OK. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import { labelOf } from '../../engine/directory.ts';
import { postNotice } from '../../engine/notices.ts';
import { isAdmin } from '../../engine/permission.ts';
import { syncSubject } from '../../engine/subjects.ts';
import type { SyncNews } from '../../engine/sync/news.ts';
import type { SyncIn, SyncRun } from '../../engine/sync/sync-run.ts';
import { type Block, type Card, note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import type { Reader } from './context.ts';
import { showTime } from './dates.ts';
import { discardHeldSync, importHeldSync } from './decide-sync.ts';
import { lastingWords, people, skippedWords } from './sync-words.ts';

/** Of several runs that failed alike the first one's notice tells of all. */
export const syncNotice = liveCard({
  id: 'sync-notice',
  payload: z.object({ runId: z.string() }),
  subject: ({ runId }) => syncSubject(runId),

  async render({ runId }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!isAdmin(reader)) return note('This was for Latchkey admins', 'There is nothing to do.');
    const run = await stores.syncRuns.find(runId);
    const integration = run && (await stores.integrations.find(run.integrationId));
    if (!run || !integration)
      return note('This import is no longer kept', 'There is nothing to do.');
    const name = labelOf(integration);
    switch (run.state) {
      case 'ready':
        return waiting(name, run);
      case 'done':
        return done(name, run);
      case 'failed':
        return failed(name, run, context);
      case 'cancelled':
        return note(
          `${name}: nobody was imported`,
          'What was read is not imported. The next import reads it anew.',
        );
      case 'queued':
      case 'running':
      case 'waiting':
        return note(
          `${name}: importing`,
          `${people(run.counts.created)} of ${run.counts.fresh} so far.`,
        );
      default:
        return unreachable(run);
    }
  },
});

function waiting(name: string, run: SyncIn<'ready'>): Card {
  const { fresh, people: before } = run.held ?? { fresh: run.counts.fresh, people: 0 };
  return {
    title: `${name}: an import waits for your OK`,
    blocks: [
      {
        kind: 'text',
        text: [
          `It would add ${people(fresh)} to the ${before} who are here. That is more than imports may add by themselves, so nobody was added yet. Check the source, then import them, or leave them out. Scheduled imports of ${name} wait until then.`,
        ],
      },
      ...facts(run),
      {
        kind: 'buttons',
        buttons: [
          {
            label: `Import ${people(fresh)}`,
            tone: 'primary',
            does: importHeldSync.with({ runId: run.id }),
          },
          { label: 'Leave them out', does: discardHeldSync.with({ runId: run.id }) },
        ],
      },
    ],
  };
}

function done(name: string, run: SyncIn<'done'>): Card {
  const { created, updated, returned } = run.counts;
  const did = [
    ...(created > 0 ? [`${people(created)} added`] : []),
    ...(returned > 0 ? [`${people(returned)} brought back`] : []),
    ...(updated > 0 ? [`${people(updated)} updated`] : []),
  ];
  const again =
    run.failures > 0
      ? `It works again, after it had failed ${run.failures === 1 ? 'once' : `${run.failures} times`}.`
      : undefined;
  return {
    title: `${name}: ${did.length > 0 ? did.join(', ') : 'imported'}`,
    blocks: [
      ...(again === undefined ? [] : [{ kind: 'text', text: [again] } as const]),
      ...facts(run, lastingWords(run.createdAt, run.finishedAt)),
    ],
  };
}

async function failed(name: string, first: SyncIn<'failed'>, context: Reader): Promise<Card> {
  const { runs, total } = await context.stores.syncRuns.list(
    { noticeRunId: first.id, states: ['failed'] },
    { offset: 0, limit: 1 },
  );
  const [last = first] = runs;
  const when = showTime(last.state === 'failed' ? last.finishedAt : first.finishedAt, context);
  return note(
    `${name}: the import failed`,
    first.error.message,
    total > 1
      ? `It has failed like this ${total} times, the last time on ${when}. It is tried again at its next time.`
      : 'It is tried again at its next time.',
  );
}

/** @param took how long, in words */
function facts(run: SyncRun, took?: string): readonly Block[] {
  const { missing, newlyMissing, rows } = run.counts;
  const skipped = skippedWords(run);
  return [
    {
      kind: 'facts',
      facts: [
        ['Read', [`${rows} rows on ${run.pages === 1 ? '1 page' : `${run.pages} pages`}`]],
        ...(skipped === undefined ? [] : [['Left out', [skipped]] as const]),
        ...(missing > 0
          ? [
              [
                'No longer there',
                [
                  `${people(missing)} who are here${newlyMissing > 0 ? `, ${newlyMissing} of them since the last time` : ''}. They stay as they are.`,
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

/** In the place of the integration's notices, where they follow what becomes of them. */
const tell: SyncNews['ended'] = (tx, { id: runId, integrationId }) =>
  postNotice(tx, syncNotice.with({ runId }), integrationId, 'followed');

export const syncNews: SyncNews = {
  ended: tell,
  held: (tx, run) =>
    postNotice(tx, syncNotice.with({ runId: run.id }), run.integrationId, 'followed'),
};
