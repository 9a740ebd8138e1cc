/** When someone is notified of a bundle that was granted to them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../../src/core/ids.ts';
import { cancelRetry, startGrant } from '../../../../src/engine/access/grant.ts';
import type { RequestedItem } from '../../../../src/engine/bundles/bundle-request.ts';
import { addManual } from '../../../../src/engine/integrations/integrations.ts';
import type { UnitOfWork } from '../../../../src/engine/ports/unit-of-work.ts';
import { type Ending, end } from '../../../../src/engine/runs/change-run.ts';
import { fail, failForGood, lease, type RunIn, succeed } from '../../../../src/engine/runs/run.ts';
import { endTask } from '../../../../src/engine/tasks/end-task.ts';
import { openGrantTask } from '../../../../src/engine/tasks/manual.ts';
import { createJobDriver } from '../../../../src/store/queue/job-driver.ts';
import { type ChatOn, testChatOn } from '../../../support/chat.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';
import { isAnyoneWaiting } from '../../../support/database/lock-waits.ts';
import { present } from '../../../support/given/outcomes.ts';
import { temporaryPostgres } from '../../../support/peers/postgres.ts';
import { until } from '../../../support/until.ts';

const error = { code: 'no-answer', message: 'None.', step: 0 } as const;
const failed = (run: RunIn<'running'>, now: Date) => failForGood(run, error, now);
const retrying = (run: RunIn<'running'>, now: Date) => fail(run, error, now);

describe.each([
  ['SQLite', () => testChatOn(temporaryDatabase)],
  ['PostgreSQL', () => testChatOn(temporaryPostgres)],
] as const)('%s', (name, open) => {
  let chat: Awaited<ReturnType<typeof open>>;
  let first: RunIn<'running'>;
  let last: RunIn<'running'>;
  beforeEach(async () => {
    chat = await open();
    [first, last] = await grantBundle(chat, ['Zoom', 'Miro']);
  });
  afterEach(() => chat.cleanup());

  /** As its worker ends it. */
  const endRun = (
    latest: RunIn<'running'>,
    transition: Ending['transition'],
    transact = chat.services.transact,
  ) => end({ latest }, { ...chat.services, transact, workerId: 'w' }, { transition });

  /** The cards of the messages that wait. */
  async function posted(): Promise<readonly string[]> {
    const jobs = await createJobDriver(chat.database.db).waiting({ after: 0, limit: 100 });
    return jobs.flatMap(({ payload }) => ('card' in payload ? payload.card.view : []));
  }

  test.each([
    ['is there', succeed],
    ['came to nothing', failed],
  ] as const)('once, when the last of its apps %s', async (_, lastEnd) => {
    await endRun(first, succeed);
    expect(await posted()).toEqual([]);
    await endRun(last, lastEnd);
    expect(await posted()).toEqual(['bundle-request']);
  });

  test('not where nothing of it is there', async () => {
    await endRun(first, failed);
    await endRun(last, failed);
    expect(await posted()).toEqual([]);
  });

  test('when the grant that was still to come is cancelled', async () => {
    await endRun(first, succeed);
    await endRun(last, retrying);
    expect(await posted()).toEqual([]);
    await chat.services.transact(async (tx) => {
      const run = await tx.runs.find(last.id);
      if (run) await cancelRetry(tx, run, { kind: 'system' });
    });
    expect(await posted()).toEqual(['bundle-request']);
  });

  test('beside the message of a task that was the last', async () => {
    const { stores, transact } = chat.services;
    const person = await stores.people.find(last.personId);
    const actor = { kind: 'system' } as const;
    const task = await transact(async (tx) => {
      const added = await addManual(
        tx,
        { name: 'Badge', assignee: { kind: 'manager' } },
        { actor },
      );
      if (!added.ok || !person) throw new Error('It was not added');
      return openGrantTask(tx, { actor, person, integration: added.integration });
    });
    const { integrationId } = task;
    if (!person || integrationId === undefined) throw new Error('It is about no app');
    await insertBundle(chat, person.id, [last, { integrationId, taskId: task.id }]);
    await endRun(last, succeed);
    expect(await posted()).toEqual([]);
    await transact((tx) => endTask(tx, task, { state: 'done', actor }));
    expect((await posted()).toSorted()).toEqual(['bundle-request', 'task-notice']);
  });

  // SQLite has one writer at a time.
  test.runIf(name === 'PostgreSQL')('also where its last two apps are there at once', async () => {
    let ended = 0;
    const atOnce: UnitOfWork = (work) =>
      chat.services.transact(async (tx) => {
        const result = await work(tx);
        ended += 1;
        await until(async () => ended > 1 || (await isAnyoneWaiting(chat.database.db)));
        return result;
      });
    await Promise.all([first, last].map((run) => endRun(run, succeed, atOnce)));
    expect(await posted()).toEqual(['bundle-request']);
  });
});

/** To someone, by Latchkey. @returns its two runs, which a worker has */
async function grantBundle(
  chat: Pick<ChatOn<never>, 'person' | 'integration' | 'services'>,
  apps: readonly [string, string],
): Promise<[RunIn<'running'>, RunIn<'running'>]> {
  const { stores, transact } = chat.services;
  const person = await chat.person({ email: 'ann@example.com' });
  const grant = async (app: string) => {
    const integrationId = await chat.integration(app, {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    const integration = present(await stores.integrations.find(integrationId));
    return transact(async (tx) => {
      const wish = { actor: { kind: 'system' }, person, integration, form: {} } as const;
      const started = await startGrant(tx, wish);
      if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error();
      const newestManifestVersionId = started.run.manifestVersionId;
      return tx.runs.save(lease(started.run, { workerId: 'w', newestManifestVersionId }, tx.now));
    });
  };
  const runs: [RunIn<'running'>, RunIn<'running'>] = [await grant(apps[0]), await grant(apps[1])];
  await insertBundle(chat, person.id, runs);
  return runs;
}

async function insertBundle(
  { services: { transact, now } }: Pick<ChatOn<never>, 'services'>,
  personId: string,
  begun: readonly (RunIn<'running'> | Pick<RequestedItem, 'integrationId' | 'taskId'>)[],
): Promise<void> {
  const id = newId();
  await transact((tx) =>
    tx.bundleRequests.insert(
      { id, of: { kind: 'same-as' }, personId, requestedById: personId, createdAt: now() },
      begun.map((by, position) => ({
        bundleRequestId: id,
        integrationId: by.integrationId,
        position,
        ...('id' in by ? { runId: by.id } : { taskId: by.taskId }),
        had: false,
      })),
    ),
  );
}
