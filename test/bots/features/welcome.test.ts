import { beforeEach, expect, test } from 'vitest';
import { answerGreeting, welcomeCard, welcomeOnce } from '../../../src/bots/features/welcome.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import { identifyWith } from '../../../src/bots/live/identify.ts';
import type { PlatformName } from '../../../src/bots/view/platform.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { claimJobs } from '../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../support/clicks.ts';
import { ofKind } from '../../support/given/outcomes.ts';

const request = { url: 'https://api.example.com/u' };

let chat: TestChat;
let ann: Person;
let clicker: Clicker;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Ray' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    managerEmail: 'boss@example.com',
  });
  clicker = new Clicker(chat, ann.email);
  await chat.integration('Figma', { execute: [request] });
});

const met = { place: 'direct', met: true } as const;

/** They install the bot, or open its messages. */
async function meets(platform: PlatformName, of = chat, email = ann.email): Promise<Turn> {
  const inbound = of.inbound(email);
  const user = { ...inbound.user, platform };
  const direct = { platform, key: `direct-${email}` };
  const identify = identifyWith(of.services, welcomeOnce);
  const turn = await identify({ ...inbound, user, direct, unasked: true });
  if ('refused' in turn) throw new Error(turn.refused.title);
  return turn;
}

/** The messages that the worker may send. */
const dueNow = (of = chat) =>
  claimJobs(of.database.db, {
    limit: 50,
    leaseMs: 60_000,
    workerId: 'w',
    lane: 'chat',
    now: new Date(of.clock),
  });

test('the welcome has three buttons, each of which does something', async () => {
  const card = await clicker.sees(welcomeCard.with({ personId: ann.id }));
  expect(textOf(card)).toContain("Hello Ann\nI'm Latchkey");
  expect(textOf(card)).toContain('Your manager here is Bo Ray.');
  expect(buttonsOf(card)).toHaveLength(3);
  for (const button of buttonsOf(card)) expect(await clicker.presses(button)).toBeDefined();
  const apps = await clicker.presses(buttonOf(card, 'Request access…'));
  expect(textOf(apps)).toContain('Figma\n[Request…]');
});

test('someone who is met for the first time is sent the welcome at once, and not answered with it as well', async () => {
  expect(await answerGreeting(await meets('slack'), met)).toEqual({ kind: 'nothing' });
  expect(await dueNow()).toMatchObject([
    { payload: { personId: ann.id, card: { view: 'welcome' }, unlessShown: true } },
  ]);
});

test('someone who was welcomed in Slack and installs Latchkey in Teams is not welcomed again', async () => {
  await meets('slack');
  expect(await dueNow()).toHaveLength(1);
  expect(await answerGreeting(await meets('teams'), met)).toEqual({ kind: 'nothing' });
  expect(await dueNow()).toEqual([]);
});

test('someone who says hello is answered each time', async () => {
  await chat.turn(ann.email);
  const said = await answerGreeting(await chat.turn(ann.email), { place: 'direct', met: false });
  expect(said).toEqual({ kind: 'show', card: welcomeCard.with({ personId: ann.id }) });
});

test('the first admin of an empty installation is sent what to set up', async () => {
  const fresh = await testChat();
  const ada = await fresh.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await meets('slack', fresh, ada.email);
  expect(await dueNow(fresh)).toMatchObject([{ payload: { card: { view: 'first-steps' } } }]);
});

test('a group reads who added Latchkey, and nothing about anyone', async () => {
  const turn = await chat.turn('boss@example.com');
  const reply = ofKind('say', await answerGreeting(turn, { place: 'shared', met: true }));
  expect(reply.to).toBe('here');
  expect(textOf(reply.card)).toContain("I'm Latchkey, and Bo Ray added me here.");
});
