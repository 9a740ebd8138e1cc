/** Tells admins about a scheduled import: what it did, why it failed, or that it waits for their OK. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { SyncIn, SyncRun } from '../../../engine/imports/sync-run.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import { syncTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, type Card, note, paragraph } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { countPeople } from '../people/person-words.ts';
import { discardHeldSync } from './decide-sync.ts';
import { importButton, waitingIn } from './import-button.ts';
import { managersOfAdminsButton } from './managers-of-admins.ts';
import { startSequence } from './start-for-import.ts';
import { openSync } from './sync-actions.ts';
import { didWords, importingWords, syncFacts } from './sync-facts.ts';
import { heldReasons, tookWords } from './sync-words.ts';

/** Where several runs fail in the same way, the notice of the first one covers all. */
export const syncNotice = liveCard({
  id: 'sync-notice',
  payload: z.object({ runId: z.string() }),
  topic: ({ runId }) => syncTopic(runId),

  async render({ runId }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!isAdmin(reader))
      return note(t`This was for Latchkey admins`, t`You don't need to do anything.`);
    const run = await stores.syncRuns.find(runId);
    const integration = run && (await stores.integrations.find(run.integrationId));
    if (!run || !integration)
      return note(t`This import is no longer kept`, t`You don't need to do anything.`);
    const name = labelOf(integration);
    switch (run.state) {
      case 'ready':
        return waiting(name, run, stores);
      case 'done':
        return done(name, run);
      case 'failed':
        return failed(name, run, context);
      case 'cancelled':
        return cancelled(name, run);
      case 'queued':
      case 'running':
      case 'waiting':
        return note(t`… Importing from ${name}`, importingWords(run.counts));
      default:
        return unreachable(run);
    }
  },
});

async function waiting(
  name: string,
  run: SyncIn<'ready'>,
  stores: Reader['stores'],
): Promise<Card> {
  const {
    fresh,
    people: before,
    why,
  } = run.held ?? { fresh: run.counts.fresh, people: 0, why: [] };
  const changes = why.some((reason) => reason !== 'growth');
  return {
    title: t`${name}: an import needs your OK`,
    blocks: [
      paragraph(
        changes
          ? sentences(
              ...heldReasons(run),
              t`Check the rows, then import them or leave them out. Scheduled imports of ${name} wait until then.`,
            )
          : t`It would add ${countPeople(fresh)} to the ${sayNumber(before)} already here, more than an import may add without an admin's OK. Check who they are, then import them or leave them out. Scheduled imports of ${name} wait until then.`,
      ),
      ...syncFacts(run),
      ...details(run, ...importButton(run, await waitingIn(run, stores)), {
        label: t`Leave them out`,
        does: discardHeldSync.with({ runId: run.id }),
      }),
    ],
  };
}

function done(name: string, run: SyncIn<'done'>): Card {
  return {
    title: `${name}: ${didWords(run) || t`imported, no one new`}`,
    blocks: compact([
      run.failures > 0 && paragraph(againWords(run.failures)),
      ...syncFacts(run, tookWords(run)),
      ...details(
        run,
        ...(run.counts.created > 0 ? [startSequence({ kind: 'sync', runId: run.id })] : []),
      ),
    ]),
  };
}

const againWords = (failures: number): string =>
  plural(failures, {
    one: t`It works again after failing once.`,
    other: t`It works again after failing ${failures} times.`,
  });

function cancelled(name: string, run: SyncRun): Card {
  const did = didWords(run);
  return did === ''
    ? note(
        t`${name}: no one was imported`,
        t`Nothing that was read was imported. The next import reads it again.`,
      )
    : note(
        t`${name}: the import was stopped half-way, ${did}`,
        t`What was done so far stays. The next import does the rest.`,
      );
}

async function failed(name: string, first: SyncIn<'failed'>, context: Reader): Promise<Card> {
  const { runs } = await context.stores.syncRuns.list(
    { noticeRunId: first.id, states: ['failed'] },
    { offset: 0, limit: 1 },
  );
  const [last = first] = runs;
  // Uses the runs' failure counts, since runs between them may be deleted already.
  const alike = last.failures - first.failures + 1;
  const when = showTime(last.state === 'failed' ? last.finishedAt : first.finishedAt, context);
  const next = (await scheduleIsPaused(first, context))
    ? t`Its schedule is paused.`
    : t`Latchkey tries again at the next scheduled time.`;
  return {
    title: t`${name}: the import failed`,
    blocks: [
      paragraph(sayStored(first.error.message)),
      paragraph(
        alike > 1 ? t`It has failed like this ${alike} times, last on ${when}. ${next}` : next,
      ),
      ...details(last),
    ],
  };
}

async function scheduleIsPaused(run: SyncRun, { stores }: Reader): Promise<boolean> {
  const integration = await stores.integrations.find(run.integrationId);
  return settingsOf(integration).schedule?.isPaused ?? false;
}

/** Can show more buttons before the usual ones. */
const details = (run: SyncRun, ...more: readonly Button[]): Block[] =>
  buttonRow([
    ...more,
    ...managersOfAdminsButton(run),
    { label: t`View details`, does: openSync.with({ runId: run.id }) },
  ]);
