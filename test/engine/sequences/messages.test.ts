/** Messages of sequences on their ways: by email, text, direct message or to a channel, and at the right time. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { ChatMessage, Sending } from '../../../src/engine/ports/sending.ts';
import { previewMessage } from '../../../src/engine/sequences/send-message.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { HOUR, type TestEngine, testEngine } from '../../support/engine.ts';
import { aMessage, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;
let grace: Person;
/** What was sent, by the way that it took. */
let sent: [via: string, to: string, text: string][];
/** What the provider of texts says. */
let texting: Sending;

beforeEach(async () => {
  engine = await testEngine({ deliver: (id) => sendDelivery(id, delivering()) });
  lab = sequenceLab(engine);
  sent = [];
  texting = { kind: 'sent' };
  grace = await engine.person({ phone: '+32470123456', timeZone: 'Asia/Tokyo' });
});

const chatted = (via: string, to: string, message: ChatMessage) =>
  void sent.push([via, to, message.kind === 'plain' ? message.text : 'sealed']);

const delivering = (): DeliveryDeps => ({
  ...engine,
  workerId: 'worker-1',
  timeZone: 'UTC',
  mailer: {
    async send({ to, text }) {
      sent.push(['email', to, text]);
      return { kind: 'sent' };
    },
  },
  findTexts: async () => ({
    async send({ to, message }) {
      sent.push(['text', to, message]);
      return texting;
    },
  }),
  messenger: {
    async toPerson(personId, message) {
      chatted('direct', personId, message);
      return { kind: 'sent' };
    },
    async toChannel(name, message) {
      chatted('channel', name, message);
      return { kind: 'sent' };
    },
  },
  underWay: new Set(),
});

const atOnce = { timing: { kind: 'at-once' as const } };
const text = 'Hi {{first_name}}, badge {{BADGE}}';

async function sends(...messages: readonly ReturnType<typeof aMessage>[]): Promise<void> {
  const sequence = await lab.sequence(messages.map((does) => ({ ...atOnce, does })));
  await lab.assign(sequence, grace);
  await lab.tick();
}

test('each goes its way, with what was stored with the person by then', async () => {
  await engine.transact((tx) => tx.people.save({ ...grace, stored: { BADGE: 42 } }));
  await sends(
    aMessage({ text }),
    aMessage({ channel: 'text', subject: '', text }),
    aMessage({ channel: 'direct', subject: '', text }),
    aMessage({ channel: 'channel', to: '#joiners', subject: '', text }),
  );
  expect(new Set(sent.map((each) => each.join(' | ')))).toEqual(
    new Set([
      'email | grace@example.com | Hi Grace, badge 42',
      'text | +32470123456 | Hi Grace, badge 42',
      `direct | ${grace.id} | Hi Grace, badge 42`,
      'channel | #joiners | Hi Grace, badge 42',
    ]),
  );
});

test('what has no value is said where the admin sees it, and the message goes out', async () => {
  await sends(aMessage({ text }));
  const [planned] = await lab.planned(grace);
  expect(planned).toMatchObject({
    state: 'fired',
    why: '{{BADGE}} has no value, so it was left empty.',
  });
  expect(sent).toEqual([['email', 'grace@example.com', 'Hi Grace, badge ']]);
});

test.each<Sending>([
  { kind: 'refused', why: 'There is no such number.' },
  { kind: 'unknown', why: 'The provider never answered.' },
])('one that is $kind brings the timeline to the person who assigned it', async (said) => {
  texting = said;
  await sends(aMessage({ channel: 'text', subject: '' }));
  expect(engine.chat.filter(({ name }) => name === 'message.post')).toMatchObject([
    { payload: { personId: engine.admin.id, card: { view: 'timeline' } } },
  ]);
});

test('one that got there brings it to nobody', async () => {
  await sends(aMessage({ channel: 'text', subject: '' }));
  expect(sent).toHaveLength(1);
  expect(engine.chat.filter(({ name }) => name === 'message.post')).toEqual([]);
});

test('nothing is sent to a manager who has left, and it is said what to do', async () => {
  const manager = await engine.person({ email: 'mo@example.com' });
  grace = await engine.transact((tx) => tx.people.save({ ...grace, managerId: manager.id }));
  await engine.transact((tx) => tx.people.save({ ...manager, active: false }));
  await sends(aMessage({ to: '{{manager_email}}' }));
  expect(await lab.planned(grace)).toMatchObject([
    {
      state: 'failed',
      why: 'It needs a manager, but Grace Hopper has none who works here. Set one, then press Run now.',
    },
  ]);
  expect(sent).toEqual([]);
});

test('a preview says the same, and sends nothing', async () => {
  expect(await previewMessage(engine.stores, aMessage({ text }), grace)).toEqual({
    ok: true,
    to: 'grace@example.com',
    subject: 'Welcome Grace',
    text: 'Hi Grace, badge ',
    warnings: ['{{BADGE}} has no value, so it was left empty.'],
  });
  expect(await previewMessage(engine.stores, aMessage({ to: '{{manager_email}}' }), grace)).toEqual(
    {
      ok: false,
      why: expect.stringContaining('has no recipient') as string,
    },
  );
  expect(sent).toEqual([]);
});

describe('in quiet hours', () => {
  // It is 18:00 in Tokyo.
  beforeEach(async () => {
    await engine.transact((tx) =>
      changeWorkspaceSettings(tx, { quietHours: { from: '17:30', until: '08:00' } }),
    );
  });
  const phone = aMessage({ channel: 'text', subject: '', text: 'Hi' });
  const direct = aMessage({ channel: 'direct', subject: '', text: 'Hi' });
  const ways = () => sent.map(([via]) => via).toSorted((a, b) => (a < b ? -1 : 1));

  test('texts and direct messages wait for their end by the clock of who gets them, once each', async () => {
    await sends(phone, direct);
    expect(sent).toEqual([]);
    const [planned] = await lab.planned(grace);
    const delivery = await engine.stores.deliveries.find(planned?.deliveryId ?? '');
    expect(delivery).toMatchObject({
      state: 'waiting',
      attempts: 0,
      dueAt: new Date('2026-11-24T23:00:00Z'),
      why: 'Waiting for the end of quiet hours.',
    });
    for (let hours = 0; hours < 13; hours += 1) await lab.tick(HOUR);
    expect(sent).toEqual([]);
    await lab.tick(HOUR);
    expect(ways()).toEqual(['direct', 'text']);
    for (let hours = 0; hours < 30; hours += 1) await lab.tick(HOUR);
    expect(sent).toHaveLength(2);
  });

  test('emails and channels wake nobody, and wait for nothing', async () => {
    await sends(aMessage(), aMessage({ channel: 'channel', to: '#joiners', subject: '' }));
    expect(ways()).toEqual(['channel', 'email']);
  });

  test('what a run tells someone of is not put off: they wait for it', async () => {
    engine.party.on('POST /users', { json: {} });
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
      post_execute_notification: {
        type: 'text',
        to: '{{email}}',
        message: 'Your account is ready',
      },
    });
    await engine.granted(grace, integration);
    expect(ways()).toEqual(['text']);
  });
});
