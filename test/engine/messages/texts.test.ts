/** Texts over a provider's manifest: a scripted provider on this machine, a clock that only the test moves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import type { Delivery } from '../../../src/engine/messages/delivery.ts';
import { textProviders } from '../../../src/engine/messages/texts.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { DAY, MINUTE, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { type Answer, startThirdParty, type ThirdParty } from '../../support/peers/third-party.ts';

const containing = (text: string): unknown => expect.stringContaining(text);
const QUEUED = { status: 201, json: { status: 'queued' } } as const satisfies Answer;
const KEY = 'secret-provider-key-1';

let engine: TestEngine;
let provider: ThirdParty;
let sender: Integration;
let inChat: string[];

beforeEach(async () => {
  engine = await testEngine({ deliver: (id) => sendDelivery(id, delivering()) });
  provider = await startThirdParty();
  inChat = [];
  sender = await engine.integration(
    {
      type: 'send_text',
      execute: [
        {
          url: '{{BASE_URL}}/messages',
          data: { To: '{{to}}', Body: '{{message}}' },
          cast_data_to_json: true,
        },
      ],
      headers: { Authorization: 'Bearer {{KEY}}' },
      initial_data_form: [
        { id: 'BASE_URL', name: 'Address', secret: false },
        { id: 'KEY', name: 'Key' },
      ],
    },
    { BASE_URL: provider.url, KEY },
    'Carrier Pigeon',
  );
  await choose(sender);
  engine.party.on('POST /users', { json: {} });
});
afterEach(() => provider.close());

const choose = ({ id }: Integration) =>
  engine.transact(async (tx) => void (await changeWorkspaceSettings(tx, { textProviderId: id })));

const delivering = (): DeliveryDeps => ({
  ...engine,
  workerId: 'worker-1',
  mailer: undefined,
  findTexts: textProviders(engine),
  timeZone: 'UTC',
  messenger: {
    async toPerson(personId) {
      inChat.push(personId);
      return { kind: 'sent' };
    },
    toChannel: async () => ({ kind: 'refused', why: 'There is no channel.' }),
  },
  underWay: new Set(),
});

const answers = (...all: readonly [Answer, ...Answer[]]) => provider.on('POST /messages', ...all);

let granting: Integration | undefined;
beforeEach(() => {
  granting = undefined;
});

/** Grants something to someone of that number, whose message is a text, and does all that is due. */
async function texted(phone: string, number = 1): Promise<Delivery> {
  granting ??= await engine.integration(
    {
      execute: [{ url: `${engine.party.url}/users` }],
      post_execute_notification: [
        { type: 'text', to: '{{email}}', message: 'Welcome {{first_name}} & all' },
      ],
    },
    {},
    'Desk',
  );
  const person = await engine.person({ email: `p${number}@example.com`, phone });
  const run = startedRun(await engine.grant(person, granting));
  await engine.runJobs();
  return ofRun(run.id);
}

async function ofRun(runId: string): Promise<Delivery> {
  return firstOf(await engine.stores.deliveries.forRun(runId));
}

async function now({ id }: Delivery): Promise<Delivery> {
  return present(await engine.stores.deliveries.find(id));
}

const sent = (): readonly Record<string, string>[] =>
  provider.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
const keys = () => provider.requests.map(({ headers }) => headers['idempotency-key']);

test('the one request of its manifest carries the number as E.164 and the message as it is', async () => {
  answers(QUEUED);
  const delivery = await texted('0032 (470) 12.34.56');
  expect(delivery).toMatchObject({ state: 'sent', via: 'text', attempts: 1 });
  expect(sent()).toEqual([{ To: '+32470123456', Body: 'Welcome Grace & all' }]);
  expect(keys()).toEqual([delivery.id]);
  expect(inChat).toEqual([]);
});

describe('a provider that fails for an hour and comes back', () => {
  test('gets every text, and what may have arrived twice is named', async () => {
    answers({ status: 503 });
    const busy = await texted('+32470000001', 1);
    answers({ status: 502 });
    const unclear = await texted('+32470000002', 2);
    answers('reset', { status: 503 });
    const cut = await texted('+32470000003', 3);
    for (let minute = 0; minute < 30; minute += 1) await engine.later(MINUTE);
    expect((await now(busy)).state).toBe('waiting');
    const late = await texted('+32470000004', 4);
    for (let minute = 0; minute < 30; minute += 1) await engine.later(MINUTE);

    const before = provider.requests.length;
    answers(QUEUED);
    for (let minute = 0; minute < 120; minute += 1) await engine.later(MINUTE);
    const arrived = sent().slice(before);
    expect(new Set(arrived.map(({ To }) => To))).toEqual(
      new Set(['+32470000001', '+32470000002', '+32470000004']),
    );
    expect(arrived).toHaveLength(3);

    const states = await Promise.all([busy, unclear, cut, late].map(now));
    expect(states.map(({ state }) => state)).toEqual(['sent', 'sent', 'unknown', 'sent']);
    expect(states[0]).not.toHaveProperty('why');
    expect(states[1]).toMatchObject({ why: containing('it may have arrived twice') });
    expect(states[2]).toMatchObject({ why: containing('Find out whether it arrived') });
    expect(states[3]).not.toHaveProperty('why');
  });

  test('that refuses connections is tried again, with the same key', async () => {
    await provider.close();
    const waiting = await texted('+32470123456');
    expect(waiting).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(waiting).not.toHaveProperty('isDoubtful');
    await engine.later(MINUTE);
    expect(await now(waiting)).toMatchObject({ state: 'waiting', attempts: 2 });
  });

  test('that never comes back loses nothing without a word', async () => {
    answers({ status: 500, json: { message: `Broken for ${KEY}` } });
    const delivery = await texted('+32470123456');
    for (let ten = 0; ten < 18; ten += 1) await engine.later(10 * MINUTE);
    const ended = await now(delivery);
    expect(ended).toMatchObject({
      state: 'failed',
      attempts: 6,
      why: containing('Latchkey tried 6 times. One of the tries may still have sent it.'),
    });
    expect(JSON.stringify(ended)).not.toContain(KEY);
    expect(new Set(keys())).toEqual(new Set([delivery.id]));
  });
});

test('a text that was cut off on its way is never sent again by itself', async () => {
  answers('reset', QUEUED);
  const delivery = await texted('+32470123456');
  for (let hour = 0; hour < 5; hour += 1) await engine.later(60 * MINUTE);
  expect((await now(delivery)).state).toBe('unknown');
  expect(provider.requests).toHaveLength(1);
});

test('a pause that the provider asks for is kept, and one of years is cut to a day', async () => {
  answers({ status: 429, headers: { 'retry-after': '7200' } });
  const delivery = await texted('+32470123456');
  expect(delivery).toMatchObject({
    state: 'waiting',
    dueAt: new Date(engine.now().getTime() + 120 * MINUTE),
  });
  answers({ status: 429, headers: { 'retry-after': '99999999' } });
  const other = await texted('+32470123457', 2);
  expect(other).toMatchObject({ dueAt: new Date(engine.now().getTime() + DAY) });
});

test('a number that the provider refuses is not tried again, and it is said what it said', async () => {
  answers({ status: 400, json: { message: "Invalid 'To' Phone Number" } });
  expect(await texted('+32470123456')).toMatchObject({
    state: 'failed',
    attempts: 1,
    why: containing("Its answer: Invalid 'To' Phone Number"),
  });
});

test('a secret in what it said is not shown, not even where it is cut in two', async () => {
  answers({ status: 400, json: { message: `${'x'.repeat(190)} ${KEY}` } });
  const delivery = await texted('+32470123456');
  expect(delivery).toMatchObject({ state: 'failed', why: containing('Its answer: xxx') });
  expect(JSON.stringify(delivery)).not.toContain(KEY.slice(0, 8));
});

test('an answer that the manifest did not expect is a refusal', async () => {
  sender = await engine.newManifest(sender, {
    type: 'send_text',
    execute: [
      {
        url: `${provider.url}/messages`,
        data: { To: '{{to}}', Body: '{{message}}' },
        continue_if: { response_notation: 'accepted', value: true },
      },
    ],
  });
  answers({ json: { accepted: false } });
  expect(await texted('+32470123456')).toMatchObject({
    state: 'failed',
    why: containing("Carrier Pigeon didn't accept it."),
  });
});

test.each<[string, (tx: Parameters<Parameters<TestEngine['transact']>[0]>[0]) => Promise<unknown>]>(
  [
    ['turned off', (tx) => tx.integrations.save({ ...sender, enabled: false })],
    ['deleted', (tx) => tx.integrations.save({ ...sender, deletedAt: new Date() })],
    ['no longer chosen', (tx) => changeWorkspaceSettings(tx, { textProviderId: undefined })],
  ],
)('a provider that was %s leaves texts to chat', async (_what, change) => {
  await engine.transact(change);
  expect(await texted('+32470123456')).toMatchObject({ state: 'sent', via: 'chat' });
  expect(inChat).toHaveLength(1);
  expect(provider.requests).toEqual([]);
});

test('a provider that lacks its key waits for an admin, and goes on when that is entered', async () => {
  await engine.transact((tx) => tx.secrets.delete(sender.id, 'KEY'));
  const delivery = await texted('+32470123456');
  expect(delivery).toMatchObject({ state: 'waiting', why: containing('Key is missing') });
  answers(QUEUED);
  await engine.transact((tx) => tx.secrets.put(sender.id, 'KEY', KEY));
  await engine.later(MINUTE);
  expect((await now(delivery)).state).toBe('sent');
});

test('nobody is granted what sends texts', async () => {
  const person: Person = await engine.person();
  expect(await engine.grant(person, sender)).toMatchObject({
    kind: 'refused',
    why: "Carrier Pigeon sends texts; it doesn't grant access.",
  });
});
