import { expect, test } from 'vitest';
import {
  type JobFailure,
  type RunnerTrouble,
  SqliteJobRunner,
} from '../../../src/store/queue/job-runner.ts';
import { createQueue } from '../../../src/store/queue/queue.ts';
import { gate } from '../../contracts/queue/job-runner.ts';
import { temporaryDatabase } from '../../support/database/database.ts';

test('a job whose giving up took its worker down, too, is buried and nothing more is done with it', async () => {
  const { db, cleanup } = await temporaryDatabase();
  const now = () => new Date();
  await createQueue(db, now).push('run.advance', { runId: 'a' }, { lane: 'background' });
  await db('jobs').update({ deaths: 3 });
  const logged = gate<JobFailure | RunnerTrouble>();
  const ran: string[] = [];
  const idle = async () => undefined;
  const runner = new SqliteJobRunner({
    db,
    workerId: 'w1',
    slots: { interactive: 1, chat: 1, imports: 1, background: 1 },
    handlers: {
      'run.advance': async ({ runId }) => void ran.push(runId),
      'access.check': idle,
      'options.fetch': idle,
      'message.refresh': idle,
      'message.post': idle,
      'delivery.send': idle,
      'notice.post': idle,
      'people.import': idle,
      'sync.advance': idle,
      'fact.ask': idle,
      'grant.cancelled': idle,
      'requests.re-evaluate': idle,
      'sequences.replan': idle,
      'person.erase': idle,
      'removal.advance': idle,
      'removal.ended': idle,
      'removal.reconsider': idle,
      'removal.notify': idle,
      'removals.expedite': idle,
      'integration.empty': idle,
      'integration.stop-grants': idle,
      'sequence.start': idle,
      'sequence.batch': idle,
      purge: idle,
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
