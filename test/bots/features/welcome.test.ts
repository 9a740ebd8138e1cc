import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerGreeting, meantBy, welcomeCard } from '../../../src/bots/features/welcome.ts';
import { words } from '../../../src/bots/view/command.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../support/clicks.ts';

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
afterEach(() => chat.cleanup());

const met = { place: 'direct', met: true } as const;

test('someone who is met for the first time is welcomed with three buttons, each of which does something', async () => {
  const reply = await answerGreeting(await chat.turn(ann.email), met);
  expect(reply).toEqual({ kind: 'show', card: welcomeCard.with({ personId: ann.id }) });
  const card = await clicker.sees(welcomeCard.with({ personId: ann.id }));
  expect(textOf(card)).toContain("Hello Ann\nI'm Latchkey");
  expect(textOf(card)).toContain('Your manager here is Bo Ray.');
  expect(buttonsOf(card)).toHaveLength(3);
  for (const button of buttonsOf(card)) expect(await clicker.presses(button)).toBeDefined();
  const apps = await clicker.presses(buttonOf(card, 'Request access…'));
  expect(textOf(apps)).toContain('[Request Figma…]');
});

test('they are welcomed once, and answered whenever they say hello', async () => {
  await chat.turn(ann.email);
  const again = await chat.turn(ann.email);
  expect(await answerGreeting(again, met)).toEqual({ kind: 'nothing' });
  const said = await answerGreeting(again, { place: 'direct', met: false });
  expect(said).toMatchObject({ kind: 'show', card: { view: 'welcome' } });
});

test('the first admin of an empty installation is shown what to set up', async () => {
  const fresh = await testChat();
  const ada = await fresh.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  const reply = await answerGreeting(await fresh.turn(ada.email), met);
  expect(reply).toMatchObject({ kind: 'show', card: { view: 'first-steps' } });
  await fresh.cleanup();
});

test('a group reads who added Latchkey, and nothing about anyone', async () => {
  const turn = await chat.turn('boss@example.com');
  const reply = await answerGreeting(turn, { place: 'shared', met: true });
  if (reply.kind !== 'say') throw new Error(reply.kind);
  expect(reply.to).toBe('here');
  expect(textOf(reply.card)).toContain("I'm Latchkey, and Bo Ray added me here.");
});

test.each(['figma', 'Figma please', 'Figma bitte!'])('"%s" opens its request', async (typed) => {
  const reply = await meantBy(words(typed), await chat.turn(ann.email));
  expect(reply).toMatchObject({ kind: 'open', call: { id: 'request.ask' } });
  if (reply?.kind === 'open') await reply.form;
});

test('the name of an app that they may not request means nothing', async () => {
  expect(await meantBy(words('zoom'), await chat.turn(ann.email))).toBeUndefined();
});
