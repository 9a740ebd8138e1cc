/** When someone is notified of a bundle that was granted to them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../../src/core/ids.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { UnitOfWork } from '../../../../src/engine/ports/unit-of-work.ts';
import { end } from '../../../../src/engine/runs/change-run.ts';
import { failForGood, lease, type RunIn, succeed } from '../../../../src/engine/runs/run.ts';
import { createJobDriver } from '../../../../src/store/queue/job-driver.ts';
import { type ChatOn, testChatOn } from '../../../support/chat.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';
import { isAnyoneWaiting } from '../../../support/database/lock-waits.ts';
import { temporaryPostgres } from '../../../support/peers/postgres.ts';
import { until } from '../../../support/until.ts';

const failed = (run: RunIn<'running'>, now: Date) =>
  failForGood(run, { code: 'no-answer', message: 'None.', step: 0 }, now);

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
    transition: typeof succeed | typeof failed,
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
  const { stores, transact, now } = chat.services;
  const person = await chat.person({ email: 'ann@example.com' });
  const id = newId();
  const grant = async (app: string) => {
    const integrationId = await chat.integration(app, {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    const integration = await stores.integrations.find(integrationId);
    if (!integration) throw new Error('There is no integration');
    return transact(async (tx) => {
      const wish = { actor: { kind: 'system' }, person, integration, form: {} } as const;
      const started = await startGrant(tx, wish);
      if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error();
      const newestManifestVersionId = started.run.manifestVersionId;
      return tx.runs.save(lease(started.run, { workerId: 'w', newestManifestVersionId }, tx.now));
    });
  };
  const runs: [RunIn<'running'>, RunIn<'running'>] = [await grant(apps[0]), await grant(apps[1])];
  await transact((tx) =>
    tx.bundleRequests.insert(
      {
        id,
        of: { kind: 'same-as' },
        personId: person.id,
        requestedById: person.id,
        createdAt: now(),
      },
      runs.map(({ id: runId, integrationId }, position) => ({
        bundleRequestId: id,
        integrationId,
        position,
        runId,
        had: false,
      })),
    ),
  );
  return runs;
}
