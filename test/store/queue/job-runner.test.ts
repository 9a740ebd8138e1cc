import { expect, test } from 'vitest';
import {
  type JobFailure,
  type RunnerTrouble,
  SqliteJobRunner,
} from '../../../src/store/queue/job-runner.ts';
import { createQueue } from '../../../src/store/queue/queue.ts';
import { gate } from '../../contracts/queue/job-runner.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { idleJobs } from '../../support/idle-jobs.ts';

test('a job whose giving up took its worker down, too, is buried and nothing more is done with it', async () => {
  const { db, cleanup } = await temporaryDatabase();
  const now = () => new Date();
  await createQueue(db, now).push('run.advance', { runId: 'a' }, { lane: 'background' });
  await db('jobs').update({ deaths: 3 });
  const logged = gate<JobFailure | RunnerTrouble>();
  const ran: string[] = [];
  const runner = new SqliteJobRunner({
    db,
    workerId: 'w1',
    slots: { interactive: 1, chat: 1, imports: 1, events: 0, background: 1 },
    handlers: {
      ...idleJobs,
      'run.advance': async ({ runId }) => void ran.push(runId),
    },
    giveUp: async () => void ran.push('given up'),
    now,
    log: logged.open,
  });
  runner.start();
  expect(await logged.opened).toMatchObject({ code: 'kills-its-worker' });
  await runner.drain(15_000);
  expect(ran).toEqual([]);
  expect(await db('jobs').whereNotNull('buried_at')).toHaveLength(1);
  await cleanup();
});

test('of an outage the log has one line, however often a job is claimed in vain', async () => {
  const { db, cleanup } = await temporaryDatabase();
  await createQueue(db, () => new Date()).push(
    'run.advance',
    { runId: 'a' },
    { lane: 'background' },
  );
  await db.raw(`create trigger full before update on jobs begin select raise(abort, 'full'); end`);
  const logged: (JobFailure | RunnerTrouble)[] = [];
  const [asked, ran] = [gate(), gate()];
  let looks = 0;
  const runner = new SqliteJobRunner({
    db,
    workerId: 'w1',
    slots: { interactive: 1, chat: 1, imports: 1, events: 0, background: 1 },
    handlers: { ...idleJobs, 'run.advance': async () => ran.open() },
    now() {
      looks += 1; // At least once for each claim, and at most some times.
      if (looks === 30) asked.open();
      else if (looks < 30) setImmediate(() => runner.wake());
      return new Date();
    },
    log: (event) => void logged.push(event),
  });
  runner.start();
  await asked.opened;
  await db.raw('drop trigger full');
  runner.wake();
  await ran.opened;
  await runner.drain(15_000);
  expect(logged).toHaveLength(1);
  await cleanup();
});
