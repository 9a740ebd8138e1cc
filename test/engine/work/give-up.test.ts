/** What becomes of a run whose job was the only suspect of two deaths, as when workers are killed again and again. */
import { beforeEach, expect, test } from 'vitest';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { giveUpJob } from '../../../src/engine/work/give-up.ts';
import {
  HOUR,
  inState,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

async function granted(...execute: readonly object[]): Promise<string> {
  const integration = await engine.integration({ execute });
  return startedRun(await engine.grant(await engine.person(), integration)).id;
}

const giveUp = (runId: string): Promise<void> =>
  giveUpJob(
    { id: '1', name: 'run.advance', payload: { runId }, lane: 'background' },
    engine.worker('successor'),
  );

test('its outcome is unknown where a write was on its way', async () => {
  const answer = held({ json: {} });
  engine.party.on('POST /users', answer.answer);
  const runId = await granted({ url: `${engine.party.url}/users` });
  const dying = advanceRun(runId, engine.worker());
  await engine.party.received(1);
  await giveUp(runId);
  answer.release();
  await dying;
  const { error } = inState(await engine.run(runId), 'failed');
  expect(error).toMatchObject({ code: 'unknown-outcome', step: 0 });
  expect(error.message).toMatch(/^Latchkey crashed twice/);
  expect(await engine.steps(runId)).toMatchObject([{ state: 'unknown' }]);
});

test('it fails for good between two steps, so that what is done is not sent again', async () => {
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { status: 503 });
  const url = `${engine.party.url}/users`;
  const runId = await granted({ url }, { url, method: 'GET' });
  await engine.runJobs();
  const sent = engine.party.requests.length;
  expect((await engine.run(runId)).state).toBe('waiting');
  await giveUp(runId);
  await engine.later(30 * SECOND);
  await engine.later(2 * HOUR);
  expect(inState(await engine.run(runId), 'failed').error.code).toBe('internal');
  expect((await engine.steps(runId)).map(({ state }) => state)).toEqual(['done', 'waiting']);
  expect(engine.party.requests).toHaveLength(sent);
});
