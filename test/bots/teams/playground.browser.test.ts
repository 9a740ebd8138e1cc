import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { formAction } from '../../../src/bots/view/action.ts';
import { note } from '../../../src/bots/view/card.ts';
import { teamsBrowser } from '../../support/browser/teams-browser.ts';
import { type OpenTeamsClient, openTeamsClient } from '../../support/browser/teams-clients.ts';
import { TeamsPage } from '../../support/browser/teams-page.ts';
import { present } from '../../support/given/outcomes.ts';
import { localConnector } from './connector/opened.ts';
import { HOSTILE, type SmallBot, startSmallBot, type Turn } from './small-bot.ts';

const bob = {
  objectId: '22222222-2222-4222-8222-222222222222',
  givenName: 'Bob',
  surname: 'Ray',
  email: 'bob@example.com',
};
const ann = {
  objectId: '11111111-1111-4111-8111-111111111111',
  givenName: 'Ann',
  surname: 'Lee',
  email: 'ann@example.com',
};
const kim = {
  objectId: '33333333-3333-4333-8333-333333333333',
  givenName: 'Kim',
  surname: 'Novak',
  email: 'kim@example.com',
};
/** How often the client draws a message when it comes: again with what it warns of. Messages of the conversation are more. */
const MAX_DRAWN = 3;
/** Where `SCREENSHOTS` names a folder, pictures go there. */
const folder = process.env['SCREENSHOTS'];

const oneOption = (label: string, option: string) =>
  ({ kind: 'choice', label, options: [{ label: option, value: option }] }) as const;
const twoChoices = formAction({
  id: 'two-choices',
  payload: z.object({}),
  title: () => 'Two choices',
  submitLabel: () => 'Send',
  fields: (_payload, _turn: Turn) =>
    Promise.resolve({
      fields: { team: oneOption('Team', 'Design'), role: oneOption('Role', 'Reader') },
    }),
  submit: () => Promise.resolve({ kind: 'replace', card: note('Sent') }),
});

let bot: SmallBot;
let client: OpenTeamsClient;
let teams: TeamsPage;

beforeAll(async () => {
  // The demo's tests have Microsoft's client with the SDK.
  bot = await startSmallBot(
    { local: true },
    { connector: await localConnector('direct'), more: [twoChoices] },
  );
  client = await openTeamsClient({ persona: ann, others: [bob], endpoint: bot.endpoint });
  teams = client.page;
  if (folder) await mkdir(folder, { recursive: true });
});

afterAll(async () => {
  await client?.close();
  await bot?.stop();
});

const picture = async (name: string) => folder && teams.screenshot(`${folder}/teams-${name}.png`);

test('in the local Teams client a message gives a card, its button a form, and the answer replaces the card', async () => {
  await teams.waitForText('Hello');
  await teams.send('access Ann');
  await teams.waitForText('Access of Ann Lee');
  expect((await teams.cards()).at(-1)).toContain(HOSTILE);
  await picture('card');

  await teams.open('Grant…', 'The first 100 of 240 options');
  await teams.fill('Reason', 'no');
  await teams.fill('Part of the name', 'number 239');
  await teams.press('Search');
  await teams.waitForText('1 of 240 options matches');
  expect(await teams.choices('Choose: Project')).toEqual(['Project number 239']);
  await teams.choose('Choose: Project', 'Project number 239');
  await teams.press('Grant');
  await teams.waitForText('Needs an answer.');
  await picture('errors');

  await teams.choose('Rights', 'Read');
  await teams.choose('Rights', '**Write** [here](https://x.example)');
  await teams.press('Grant');
  await teams.waitForText("That isn't a reason.");
  await teams.fill('Reason', HOSTILE);
  await picture('filled');
  await teams.press('Grant');
  await teams.waitForText('Granted for Ann Lee');
  await teams.waitForText('The card above shows the result of your answer.');
  const [granted, answered] = (await teams.cards()).slice(-2);
  expect(granted).toContain(`p239 with r+w, because: ${HOSTILE}`);
  expect(granted).not.toContain('Access of Ann Lee');
  expect(answered).toContain('The card above shows the result of your answer.');
  await picture('granted');
  expect(bot.errors).toEqual([]);
});

test('in a group chat the bot takes mentions, and keeps what is private to the direct chat', async () => {
  await teams.goTo('Group Chat');
  await teams.waitForText('Hello');
  await teams.send('<at>Latchkey</at> echo <at>Bob Ray</at> <b>hello</b>');
  await teams.waitForText('Bob Ray <b>hello</b>');
  expect((await teams.cards()).at(-1)).toContain(`${bob.objectId} from ann@example.com`);

  await teams.send('<at>Latchkey</at> grant');
  await teams.waitForText('The form is in their direct messages with me.');
  await picture('group');
  expect((await teams.cards()).join()).not.toContain('Grant access');
  await teams.goTo('Personal Chat');
  await teams.waitForText('Grant access');
  await teams.press('Cancel');
  await teams.waitForText('Nothing changed.');
  expect(bot.errors).toEqual([]);
});

test('two people use two clients, and each sees their own conversation', async () => {
  const other = await openTeamsClient({ persona: bob, others: [ann], endpoint: bot.endpoint });
  const { page } = other;
  try {
    await page.waitForText('Hello');
    await page.send('tell');
    await page.waitForText('For your eyes');
    expect((await teams.cards()).join()).not.toContain('For your eyes');
    expect([...bot.met.keys()].toSorted()).toEqual([ann.objectId, bob.objectId]);

    await bot.teams.platform.send(toAnn(), note('Nobody asked for this', 'It comes by itself.'));
    await teams.waitForText('Nobody asked for this');
  } finally {
    await other.close();
  }
});

/** Ann's direct conversation. */
function toAnn() {
  return present(bot.met.get(ann.objectId));
}

/** Cards that are edited twice at once. */
async function afterEdits(tabs: readonly TeamsPage[], name: string): Promise<string> {
  const to = toAnn();
  for (const round of [1, 2, 3, 4, 5, 6].map((each) => `${name}, round ${each}`)) {
    const card = await bot.teams.platform.send(to, note(round, 'It starts in a moment.'));
    for (const state of ['runs', 'is over'])
      await bot.teams.platform.edit(card, note(round, `${round} ${state}.`));
    for (const tab of tabs) await tab.waitForText(`${round} is over.`);
  }
  return (await Promise.all(tabs.map((tab) => tab.cards()))).join();
}

async function openAgain(): Promise<void> {
  await teams.page.reload();
  await teams.page.getByRole('textbox').first().waitFor();
}

test('what comes right after the edit of a card that a tab no longer has is shown', async () => {
  const { platform } = bot.teams;
  const forgotten = await platform.send(
    toAnn(),
    note('Forgotten', 'Before the tab was opened again.'),
  );
  await teams.waitForText('Before the tab was opened again.');
  await openAgain();
  for (const each of [1, 2, 3, 4, 5, 6].map((number) => `News ${number}`)) {
    await Promise.all([
      platform.edit(forgotten, note('Forgotten', each)),
      platform.send(toAnn(), note(each, 'It comes with an edit.')),
    ]);
    await platform.send(toAnn(), note(`${each} and more`, 'It comes after an edit.'));
    await teams.waitForText(`${each} and more`);
  }
  const shown = (await teams.cards()).join();
  for (const number of [1, 2, 3, 4, 5, 6])
    expect(shown).toContain(`News ${number}\nIt comes with an edit.`);
});

test('a tab that was opened again ends with what each card says last', async () => {
  await openAgain();
  expect(await afterEdits([teams], 'Opened again')).not.toContain('It starts in a moment.');
});

test('two tabs of one person both end with what each card says last', async () => {
  const { context } = await teamsBrowser();
  const second = await TeamsPage.visit(context, client.url);
  try {
    const shown = await afterEdits([teams, second], 'Two tabs');
    expect(shown).not.toContain('It starts in a moment.');
  } finally {
    await second.close();
  }
});

test('a page that can not be opened leaves nothing in the browser that all share', async () => {
  const { context } = await teamsBrowser();
  const before = context.pages().length;
  await expect(TeamsPage.visit(context, 'http://127.0.0.1:1/')).rejects.toThrow('net::ERR');
  expect(context.pages()).toHaveLength(before);
});

test('a message that comes is drawn, and none of those before it once more', async () => {
  const { platform } = bot.teams;
  for (const each of [1, 2, 3, 4, 5, 6])
    await platform.send(toAnn(), note(`Before ${each}`, 'It stands there.'));
  await teams.waitForText('Before 6');
  // Each message that is drawn says its time.
  await teams.page.evaluate(`globalThis.drawn = 0;
    const Format = Intl.DateTimeFormat;
    Intl.DateTimeFormat = function (...how) { drawn += 1; return new Format(...how); }`);
  await platform.send(toAnn(), note('The newest', 'It comes last.'));
  await teams.waitForText('It comes last.');
  expect(await teams.page.evaluate<number>('drawn')).toBeLessThanOrEqual(MAX_DRAWN);
});

test('what someone writes and chooses stays in a form while other messages come and cards are edited', async () => {
  const { platform } = bot.teams;
  await teams.send('access Ann');
  await teams.open('Grant…', 'The first 100 of 240 options');
  const form = teams.card('The first 100 of 240 options');
  const reason = form.getByLabel('Reason');
  await teams.choose('Rights', 'Read');
  await reason.pressSequentially('It is half wri');
  const card = await platform.send(toAnn(), note('A message', 'It comes meanwhile.'));
  await teams.waitForText('It comes meanwhile.');
  await platform.edit(card, note('A message', 'It was edited.'));
  await teams.waitForText('It was edited.');
  await teams.page.keyboard.type('tten');
  expect(await reason.inputValue()).toBe('It is half written');
  expect(await form.getByLabel('Rights').first().inputValue()).toBe('Read');
});

test('each choice of a form with an error above it offers its own options', async () => {
  const buttons = [{ label: 'Two…', does: twoChoices.with({}) }];
  await bot.teams.platform.send(toAnn(), {
    title: 'A form of two choices',
    blocks: [{ kind: 'buttons', buttons }],
  });
  await teams.open('Two…', 'Role');
  await teams.press('Send');
  await teams.waitForText('Needs an answer.');
  expect(await teams.choices('Team')).toEqual(['Design']);
  expect(await teams.choices('Role')).toEqual(['Reader']);
});

/** An address of this machine that others can reach; undefined where it has none. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

test('a client that hides its log shows the conversation alone, and the log by its own button', async () => {
  const quiet = await openTeamsClient({ persona: kim, endpoint: bot.endpoint });
  const { page } = quiet.page;
  const log = page.getByText(/conversationUpdate \d+/).first();
  try {
    await quiet.page.waitForText('Hello');
    await log.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Toggle Log Panel' }).click();
    await log.waitFor();
  } finally {
    await quiet.close();
  }
  expect(bot.errors).toEqual([]);
});

test.skipIf(!outside)('the client can be reached from this machine only', async () => {
  const { port } = new URL(client.url);
  expect((await fetch(client.url)).status).toBe(200);
  await expect(fetch(`http://${outside}:${port}/`)).rejects.toThrow('fetch failed');
});
