import { beforeEach, expect, test } from 'vitest';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { HOUR, inState, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine({ ownFile: true });
});

const manifest = (notifications: unknown) => ({
  initial_data_form: [
    { id: 'PASSWORD', name: 'generate' },
    { id: 'TOKEN', name: 'Token' },
  ],
  execute: [
    {
      url: `${engine.party.url}/users`,
      data: { email: '{{email}}', password: '{{PASSWORD}}' },
      store_data: { ACCOUNT: 'id' },
    },
    { url: `${engine.party.url}/welcome`, data: { id: '{{ACCOUNT}}' } },
  ],
  revoke: [{ url: `${engine.party.url}/users`, method: 'DELETE' }],
  post_execute_notification: notifications,
});
const secrets = { TOKEN: 'the-token-of-the-service' };

const email = {
  type: 'email',
  to: '{{email}}',
  subject: 'Welcome,\n{{first_name}}',
  message: 'Account {{ACCOUNT}} {{responses.1.name}}, password {{PASSWORD}}',
};
const chat = { type: 'chat', to: '{{manager_email}}{{email}}', message: 'Hi {{first_name}}' };

function serviceWorks(): void {
  engine.party.on('POST /users', { json: { id: 4711 } });
  engine.party.on('POST /welcome', { json: { name: 'Zoë & Co' } });
  engine.party.on('DELETE /users', { json: {} });
}

async function granted(notifications: unknown): Promise<string> {
  const integration = await engine.integration(manifest(notifications), secrets);
  const run = startedRun(await engine.grant(await engine.person(), integration));
  await engine.runJobs();
  return run.id;
}

/** What was written, or why it could not be. */
const writtenFor = async (runId: string) =>
  (await engine.stores.deliveries.forRun(runId)).map((delivery) => ({
    state: delivery.state,
    ...delivery.outgoing,
    ...('why' in delivery && { why: delivery.why }),
  }));

test('after a success every notification waits to be sent, with all that the run knows', async () => {
  serviceWorks();
  const runId = await granted([email, chat]);

  expect((await engine.run(runId)).state).toBe('succeeded');
  const { password } = JSON.parse(engine.party.requests[0]?.body ?? '{}') as { password: string };
  expect(password).toHaveLength(24);
  expect(await writtenFor(runId)).toEqual([
    {
      state: 'waiting',
      notification: {
        type: 'email',
        to: 'grace@example.com',
        subject: 'Welcome, Grace',
        message: `Account 4711 Zoë & Co, password ${password}`,
      },
      hasPlainSubject: true,
      secret: true,
      shownTo: 'grace@example.com',
      personId: (await engine.run(runId)).personId,
    },
    {
      state: 'waiting',
      notification: { type: 'chat', to: 'grace@example.com', message: 'Hi Grace' },
      secret: false,
      shownTo: 'grace@example.com',
      personId: (await engine.run(runId)).personId,
    },
  ]);
  expect(engine.databaseBytes()).not.toContain(password);
});

test('a person reads the first day in words, and the app gets an ISO date', async () => {
  engine.party.on('POST /users', { json: {} });
  const integration = await engine.integration({
    execute: [{ url: `${engine.party.url}/users`, data: { from: '{{start}}' } }],
    post_execute_notification: { ...chat, message: 'Ready for {{start}}' },
  });
  const person = await engine.person({ startDate: '2026-11-30' });
  const run = startedRun(await engine.grant(person, integration));
  await engine.runJobs();
  expect(engine.party.requests[0]?.body).toBe('{"from":"2026-11-30"}');
  const [delivery] = await writtenFor(run.id);
  expect(delivery).toMatchObject({ notification: { message: 'Ready for 30 Nov 2026' } });
});

test('one object is a list of one', async () => {
  serviceWorks();
  expect(await writtenFor(await granted(chat))).toHaveLength(1);
});

test('a secret that stands in a message is known, in any encoding', async () => {
  serviceWorks();
  const inUrl = { ...chat, message: 'https://x.io/?t={{TOKEN}}' };
  const [delivery] = await writtenFor(await granted(inUrl));
  expect(delivery).toMatchObject({ secret: true });
});

test('a message that is longer than what is shown of it is no secret for that', async () => {
  serviceWorks();
  engine.party.on('POST /welcome', { json: { name: 'All about it. '.repeat(7000) } });
  const long = { message: '{{responses.1.name}}' };
  const secret = { message: '{{responses.1.name}} {{TOKEN}}' };
  const runId = await granted([
    { ...chat, ...long },
    { ...email, ...secret },
  ]);
  const deliveries = await writtenFor(runId);
  expect(deliveries).toMatchObject([{ secret: false }, { secret: true, hasPlainSubject: true }]);
});

test('a notification that has nobody to go to is noted, and stops neither the run nor the others', async () => {
  serviceWorks();
  const runId = await granted([{ ...chat, to: '{{manager_email}}' }, chat]);

  expect((await engine.run(runId)).state).toBe('succeeded');
  expect(await writtenFor(runId)).toEqual([
    expect.objectContaining({ state: 'waiting' }),
    {
      state: 'failed',
      why: 'Notification 1 (chat) has no recipient: {{manager_email}} is empty.',
    },
  ]);
});

test('a run that fails sends nothing, and its retry that succeeds sends all once', async () => {
  serviceWorks();
  engine.party.on('POST /welcome', { status: 500 }, { json: { name: 'Zoë' } });
  const runId = await granted([email, chat]);
  inState(await engine.run(runId), 'retrying');
  expect(await writtenFor(runId)).toEqual([]);

  await engine.later(HOUR);
  inState(await engine.run(runId), 'succeeded');
  expect(await writtenFor(runId)).toHaveLength(2);
});

test('a revoke sends nothing', async () => {
  serviceWorks();
  const integration = await engine.integration(manifest([chat]), secrets);
  const run = startedRun(await engine.revokeRun(await engine.person(), integration));
  await engine.runJobs();
  inState(await engine.run(run.id), 'succeeded');
  expect(await writtenFor(run.id)).toEqual([]);
});

test('the outcome and its deliveries are stored together or not at all', async () => {
  serviceWorks();
  const integration = await engine.integration(manifest([chat]), secrets);
  const run = startedRun(await engine.grant(await engine.person(), integration));
  const failing = unitOfWork(engine.connect(), engine.vault, {
    now: engine.now,
    onEvent: () => Promise.reject(new RangeError('The disk is full.')),
  });
  const worker = { ...engine.worker(), transact: failing };
  await expect(advanceRun(run.id, worker)).rejects.toThrow('The disk is full.');
  expect((await engine.run(run.id)).state).not.toBe('succeeded');
  expect(await writtenFor(run.id)).toEqual([]);

  await engine.later(HOUR);
  inState(await engine.run(run.id), 'succeeded');
  expect(await writtenFor(run.id)).toHaveLength(1);
});
