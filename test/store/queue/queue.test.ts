import { afterEach, beforeEach, expect, test } from 'vitest';
import { buryJob, claimJobs, createQueue, nextDueAt } from '../../../src/store/queue/queue.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (ms: number) => new Date(noon.getTime() + ms);
const claim = { limit: 10, now: noon, leaseMs: 1_000, workerId: 'w1' } as const;

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase();
});
afterEach(() => database.cleanup());

const push = (runId: string, dueAt: Date, lane: 'interactive' | 'background' = 'background') =>
  createQueue(database.db, () => noon).push('run.advance', { runId }, { lane, dueAt });

test('a job without a due time is due now', async () => {
  const queue = createQueue(database.db, () => noon);
  await queue.push('run.advance', { runId: 'a' }, { lane: 'background' });
  expect((await nextDueAt(database.db, ['background'])).get('background')).toEqual(noon);
});

test('a lane sees its own jobs only', async () => {
  await push('a', noon, 'interactive');
  expect(await claimJobs(database.db, { ...claim, lane: 'background' })).toEqual([]);
  expect((await nextDueAt(database.db, ['background'])).get('background')).toBeUndefined();
  expect(await claimJobs(database.db, { ...claim, lane: 'interactive' })).toHaveLength(1);
});

test('the next due time is the earliest of what waits and of what a lost worker may hold', async () => {
  await push('a', noon);
  const [job] = await claimJobs(database.db, { ...claim, lane: 'background' });
  expect((await nextDueAt(database.db, ['background'])).get('background')).toEqual(after(1_000));
  await push('b', after(500));
  await push('c', after(700));
  expect((await nextDueAt(database.db, ['background'])).get('background')).toEqual(after(500));
  if (job) await buryJob(database.db, job, { error: 'x', now: noon });
  await database.db('jobs').whereNull('buried_at').delete();
  expect((await nextDueAt(database.db, ['background'])).get('background')).toBeUndefined();
});

test('a buried job keeps its error', async () => {
  await push('a', noon);
  const [job] = await claimJobs(database.db, { ...claim, lane: 'background' });
  if (job) await buryJob(database.db, job, { error: 'it-broke', now: noon });
  expect(await database.db('jobs')).toMatchObject([{ error: 'it-broke', worker_id: null }]);
});

test('a job that this version does not know, or whose payload is wrong, is buried and harms no other', async () => {
  const row = { lane: 'background', due_at: noon.getTime() };
  await database.db('jobs').insert([
    { ...row, name: 'no.such', payload: '{}' },
    { ...row, name: 'run.advance', payload: '{"runId":1}' },
    { ...row, name: 'run.advance', payload: '{' },
  ]);
  await push('good', noon);
  const jobs = await claimJobs(database.db, { ...claim, lane: 'background' });
  expect(jobs).toMatchObject([{ payload: { runId: 'good' } }]);
  expect(await database.db('jobs').whereNotNull('buried_at')).toHaveLength(3);
});
