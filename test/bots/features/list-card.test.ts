import { beforeEach, expect, test } from 'vitest';
import { adminsTo } from '../../../src/bots/features/admins.ts';
import { listCard, listRow, searchableList } from '../../../src/bots/features/list-card.ts';
import { pageShown, rowsAt } from '../../../src/bots/features/paging.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import type { ButtonOf, PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { hasWords } from '../../../src/core/fold.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf } from '../../support/clicks.ts';
import { ofKind } from '../../support/given/outcomes.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';

let chat: TestChat;
let tools: string[];

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, role: 'admin' });
  await chat.person({ email: BO });
  tools = Array.from({ length: 17 }, (_, at) => `Tool ${at + 1}`);
});

const list = searchableList({
  id: 'tools.page',
  admit: adminsTo(() => 'see tools'),
  read: async ({ text }, at) =>
    rowsAt(
      tools.filter((name) => hasWords(name, text)),
      at,
    ),
  title: () => 'Tools',
  empty: () => 'There is none.',
  counted: ({ total }) => `${total} tools`,
  explained: () => 'Take one.',
  row: (name) => listRow(name, 'a tool'),
  search: { id: 'tools.search', title: () => 'Search tools', label: () => 'Name' },
});

const newest = listCard({
  id: 'newest.page',
  payload: pageShown,
  byTime: true,
  read: async (_shown, at) => rowsAt(tools, at),
  title: () => 'Newest tools',
  empty: () => 'There is none.',
  counted: ({ total }) => `${total} tools`,
  row: (name) => listRow(name, 'a tool'),
});

const first = { page: 0, text: '' };
const cardOf = (reply: PressReply | SubmitReply): Card => {
  if (!('card' in reply) || !('blocks' in reply.card)) throw new Error(JSON.stringify(reply));
  return reply.card;
};
const shows = async (shown: { page: number; text: string }) =>
  list.card(shown, await chat.turn(ADA));
async function presses<P>(action: ButtonOf<P, Turn>, payload: string, email = ADA) {
  return cardOf(await action.press(payload, await chat.turn(email)));
}
const lastOf = (card: Card) => textOf(card).split('\n').at(-1);

test('shows the first page, says how many there are, and leads to the others', async () => {
  const card = await shows(first);
  expect(textOf(card)).toContain('17 tools, page 1 of 3. Take one.\nTool 1 · a tool\n');
  expect(textOf(card)).toContain('Tool 8 · a tool\n');
  expect(lastOf(card)).toBe('[Next] [Search…]');
  const second = await presses(list.turnPage, buttonOf(card, 'Next').does.payload);
  expect(textOf(second)).toContain('page 2 of 3. Take one.\nTool 9 ·');
  expect(lastOf(second)).toBe('[Previous] [Next] [Search…]');
});

test('shows the last page where one that was offered is gone', async () => {
  const { payload } = list.turnPage.with({ page: 2, text: '' });
  tools = tools.slice(0, 9);
  const card = await presses(list.turnPage, payload);
  expect(textOf(card)).toContain('9 tools, page 2 of 2. Take one.\nTool 9 · a tool\n');
  expect(lastOf(card)).toBe('[Previous] [Search…]');
});

test('says no page where one is all, and has no search then', async () => {
  tools = ['Hammer'];
  expect(textOf(await shows(first))).toBe('Tools\n1 tools. Take one.\nHammer · a tool');
});

test('says its own sentence where it is empty', async () => {
  tools = [];
  expect(textOf(await shows(first))).toBe('Tools\nThere is none.');
});

test('finds by words, keeps them from page to page, and shows all again', async () => {
  const turn = await chat.turn(ADA);
  const search = buttonOf(await shows(first), 'Search…').does;
  const found = cardOf(await list.search.submit(search.payload, { text: 'tool 1' }, turn));
  expect(textOf(found)).toContain('9 tools for "tool 1", page 1 of 2. Take one.\nTool 1 ·');
  const next = await presses(list.turnPage, buttonOf(found, 'Next').does.payload);
  expect(textOf(next)).toContain('9 tools for "tool 1", page 2 of 2. Take one.\nTool 17 ·');
  const all = await presses(list.turnPage, buttonOf(next, 'Show all').does.payload);
  expect(textOf(all)).toContain('17 tools, page 1 of 3');
});

test('a search begins with what was searched for before', async () => {
  const { payload } = buttonOf(await shows({ page: 0, text: 'tool' }), 'Search…').does;
  const opened = ofKind('open', await list.search.press(payload, await chat.turn(ADA)));
  expect(await opened.form).toMatchObject({ fields: { text: { label: 'Name', initial: 'tool' } } });
});

test('a search that is too long is refused beside its field', async () => {
  const turn = await chat.turn(ADA);
  expect(await list.search.submit('{}', { text: 'x'.repeat(101) }, turn)).toEqual({
    kind: 'invalid',
    errors: { text: 'At most 100 characters.' },
  });
});

test('buttons of older messages keep working', async () => {
  const older = await presses(list.turnPage, JSON.stringify({ page: 0, typed: 'tool 17' }));
  expect(textOf(older)).toContain('1 tools for "tool 17"');
  expect(textOf(await presses(list.turnPage, JSON.stringify({ page: 1 })))).toContain('page 2');
  const opened = await list.search.press('{}', await chat.turn(ADA));
  expect(opened.kind).toBe('open');
});

test('someone who is no admin is refused at every way in', async () => {
  const turn = await chat.turn(BO);
  const ways = [
    await list.reply(first, turn),
    await list.turnPage.press(list.turnPage.with(first).payload, turn),
    await list.search.submit('{}', { text: '' }, turn),
  ];
  for (const reply of ways) expect(cardOf(reply).title).toBe("You can't see tools");
  const opened = await list.search.press('{}', turn);
  expect(opened.kind === 'open' && (await opened.form)).toHaveProperty('refused');
});

test('a list by time leads to newer and older ones', async () => {
  const card = await newest.card({ page: 1 }, await chat.turn(ADA));
  expect(lastOf(card)).toBe('[Newer] [Older]');
});
