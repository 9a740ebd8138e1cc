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
