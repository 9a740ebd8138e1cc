import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { Run } from '../../../../src/engine/runs/run.ts';
import { type TestChat, testChat } from '../../../support/chat.ts';

let chat: TestChat;
let ada: Person;
let bea: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  bea = await chat.person({ email: 'bea@example.com', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com' });
});
afterEach(() => chat.cleanup());

const facts = () => ({
  id: 'run-1',
  version: 2,
  kind: 'execute' as const,
  integrationId: 'integration-1',
  personId: ann.id,
  manifestVersionId: 'manifest-1',
  startedBy: { kind: 'person', personId: ada.id, via: 'slack' } as const,
  createdAt: chat.services.now(),
  attempt: 1,
});
/** Who gets which card. */
async function told(run: Run): Promise<readonly string[]> {
  await chat.services.transact((tx) => tx.emit({ kind: 'run-ended', run }));
  const jobs = await chat.database.db<{ payload: string }>('jobs').select('payload');
  return jobs.map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    return `${personId} ${card.view}`;
  });
}

test('a run that succeeded is told to the person', async () => {
  const finishedAt = chat.services.now();
  expect(await told({ ...facts(), state: 'succeeded', finishedAt })).toEqual([
    `${ann.id} access-notice`,
  ]);
});

test('a revoke is told to nobody: its removal says what became of it', async () => {
  const finishedAt = chat.services.now();
  expect(await told({ ...facts(), kind: 'revoke', state: 'succeeded', finishedAt })).toEqual([]);
});

test('a run that a condition stopped is told to every admin but the one who has its card already', async () => {
  const error = { code: 'not-matched', message: 'Not yet.', step: 0 } as const;
  const finishedAt = chat.services.now();
  expect(await told({ ...facts(), state: 'blocked', finishedAt, error })).toEqual([
    `${bea.id} run`,
  ]);
});

test('a run that failed is told to nobody: who started it sees it on the card', async () => {
  const error = { code: 'http-status', message: 'No.', step: 0 } as const;
  expect(
    await told({ ...facts(), state: 'failed', finishedAt: chat.services.now(), error }),
  ).toEqual([]);
});
