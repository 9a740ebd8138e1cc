import { beforeEach, describe, expect, test } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import type { Actor } from '../../../src/engine/people/directory.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import type { Lane } from '../../../src/engine/work/lanes.ts';
import { MINUTE, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

async function granted() {
  const integration = await engine.integration({
    execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
  });
  return startedRun(await engine.grant(await engine.person(), integration));
}

const wakeUps = () => engine.db('jobs').where({ name: 'run.advance' });
const wakeUpsOf = ({ id }: { readonly id: string }) =>
  wakeUps().where('payload', 'like', `{"runId":"${id}"%`);

describe('the lane of a grant', () => {
  const lanesAfter = async (wish: { readonly actor: Actor; readonly lane?: Lane }) => {
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
    });
    const person = await engine.person();
    await engine.transact((tx) => startGrant(tx, { ...wish, person, integration, form: {} }));
    return wakeUps().pluck('lane');
  };

  test.each([
    ['someone clicked', 'interactive', { kind: 'person', personId: 'ada', via: 'slack' }],
    ['someone typed a command', 'interactive', { kind: 'operator', user: 'ada' }],
    ['the calendar started', 'background', { kind: 'system' }],
  ] satisfies [string, Lane, Actor][])('that %s is %s', async (_, lane, actor) => {
    expect(await lanesAfter({ actor })).toEqual([lane]);
  });

  test('that a request of someone started is interactive, also where nobody has to approve it', async () => {
    expect(await lanesAfter({ actor: { kind: 'system' }, lane: 'interactive' })).toEqual([
      'interactive',
    ]);
  });
});

test('a wake-up that comes too early is put back to when the run is due', async () => {
  const run = await granted();
  const dueAt = engine.now().getTime() + MINUTE;
  await engine.db('runs').update({ due_at: dueAt });
  await wakeUps().delete();
  await advanceRun(run.id, engine.worker());
  expect(await wakeUpsOf(run)).toMatchObject([{ due_at: dueAt }]);
});

test('a wake-up of a run that this process has in hand comes again', async () => {
  const answer = held({ json: {} });
  engine.party.on('GET /users', answer.answer);
  const run = await granted();
  await wakeUps().delete();
  const first = advanceRun(run.id, engine.worker());
  await engine.party.received(1);
  await advanceRun(run.id, engine.worker());
  expect(await wakeUpsOf(run)).toHaveLength(1);
  answer.release();
  await first;
});

test('a run that has ended is not woken again', async () => {
  engine.party.on('GET /users', { json: {} });
  const run = await granted();
  await engine.runJobs();
  expect((await engine.run(run.id)).state).toBe('succeeded');
  await advanceRun(run.id, engine.worker());
  expect(await wakeUps()).toEqual([]);
});
