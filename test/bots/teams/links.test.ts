/** Links to our pages in Teams: what stands below them, and what a press there does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { buttonAction, formAction } from '../../../src/bots/view/action.ts';
import { note } from '../../../src/bots/view/card.ts';
import {
  ANN,
  BOB,
  fetchBelowLink,
  queryLink,
  search,
  submitBelowLink,
  type TestActivity,
} from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { runText } from './official-parser.ts';
import { type SmallBot, type SmallBotOptions, startSmallBot, type Turn } from './small-bot.ts';

const PAGE = 'https://latchkey.example.com/page';

const request = formAction({
  id: 'request',
  payload: z.object({}),
  title: () => 'Request',
  submitLabel: () => 'Request',
  fields: async (_payload, _turn: Turn) => ({ fields: { why: { kind: 'text', label: 'Why' } } }),
  submit: async ({ why }) => ({ kind: 'say', to: 'person', card: note(`Requested: ${why}`) }),
});
const own = buttonAction<Record<string, never>, Turn>({
  id: 'own',
  payload: z.record(z.string(), z.never()),
  handle: async () => ({ kind: 'say', to: 'person', card: note('Your own link') }),
});
const refused = formAction({
  id: 'refused',
  payload: z.object({}),
  title: () => 'Request',
  submitLabel: () => 'Request',
  fields: async (_payload, _turn: Turn) => ({
    refused: {
      title: 'Requested already',
      blocks: [{ kind: 'buttons', buttons: [{ label: 'Yours', does: own.with({}) }] }],
    },
  }),
  submit: async () => ({ kind: 'nothing' }),
});
const card = {
  title: 'Latchkey: a page',
  blocks: [
    { kind: 'text' as const, text: ['For everyone.'] },
    {
      kind: 'buttons' as const,
      buttons: [
        { label: 'Request…', does: request.with({}) },
        { label: 'Open', does: own.with({}) },
        { label: 'Refused…', does: refused.with({}) },
      ],
    },
  ],
};

let connector: Connector;
let bot: SmallBot;
beforeEach(async () => {
  connector = await startConnector();
  connector.members.push(
    { ...ANN, email: 'ann@example.com', userPrincipalName: 'ann@example.com', userRole: 'user' },
    { ...BOB, email: 'bob@example.com', userPrincipalName: 'bob@example.com', userRole: 'user' },
  );
});
afterEach(async () => {
  await bot.stop();
  await connector.stop();
});

async function start(options: SmallBotOptions = {}): Promise<void> {
  bot = await startSmallBot(
    { local: true },
    {
      dialogs: true,
      more: [request, own, refused],
      preview: async (url) => (url === PAGE ? { card, locale: 'en' } : undefined),
      ...options,
    },
  );
}

async function deliver(activity: TestActivity): Promise<unknown> {
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  await bot.teams.idle();
  return text === '' ? undefined : JSON.parse(text);
}

const preview = () => deliver(queryLink(connector.url, { url: PAGE }));
const submits = z.looseObject({
  type: z.literal('Action.Submit'),
  title: z.string(),
  data: z.looseObject({}),
});
/** What the button with this title carries, anywhere in an answer. */
function button(value: unknown, title: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { data: found } = submits.safeParse(value);
  if (found?.title === title) return found.data;
  return Object.values(value)
    .map((each) => button(each, title))
    .find(Boolean);
}
const below = async (title: string) =>
  fetchBelowLink(connector.url, button(await preview(), title) ?? {});

test('a page of ours is shown as a card that Teams draws below links', async () => {
  await start();
  const answer = await preview();
  expect(answer).toMatchObject({
    composeExtension: {
      type: 'result',
      attachmentLayout: 'list',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', version: '1.3' },
          preview: {
            contentType: 'application/vnd.microsoft.card.thumbnail',
            content: { title: 'Latchkey: a page' },
          },
        },
      ],
    },
  });
  expect(runText(answer)).toContain('For everyone.');
  expect(connector.messages).toEqual([]);
});

test.each([
  ['another page', { url: `${PAGE}/other` }],
  ['no address', { url: 5 }],
  ['nothing', {}],
])('%s is answered with nothing to show', async (_, value) => {
  await start();
  expect(await deliver(queryLink(connector.url, value))).toEqual({});
  expect(bot.errors).toEqual([]);
});

test('a failure shows nothing, and is in the log', async () => {
  await start({ preview: () => Promise.reject(new Error('The database is away')) });
  expect(await deliver(queryLink(connector.url, { url: PAGE }))).toEqual({});
  expect(bot.errors).toHaveLength(1);
});

test('a press opens the form of the person who presses, and its answer comes in their own chat', async () => {
  await start();
  const form = await deliver(await below('Request…'));
  expect(form).toMatchObject({ task: { type: 'continue', value: { title: 'Request' } } });
  const data = button(form, 'Request') ?? {};
  const answer = await deliver(submitBelowLink(connector.url, data, { 't:why': 'A project' }));
  expect(runText(answer)).toContain("I've sent it to you");
  expect(connector.messages).toMatchObject([{ conversation: 'a:29:1ann' }]);
  expect(runText(connector.messages[0]?.card)).toContain('Requested: A project');
  expect(bot.errors).toEqual([]);
});

test('a button without a form answers in a dialog, since nothing else reaches the bot from there', async () => {
  await start();
  const answer = await deliver(await below('Open'));
  expect(runText(answer)).toContain("I've sent it to you");
  expect(connector.messages).toMatchObject([{ conversation: 'a:29:1ann' }]);
});

test('a button of the card that came instead of a form is answered in their own chat, too', async () => {
  await start();
  const dialog = await deliver(await below('Refused…'));
  const answer = await deliver(submitBelowLink(connector.url, button(dialog, 'Yours') ?? {}));
  expect(runText(answer)).toContain("I've sent it to you");
  expect(connector.messages).toMatchObject([{ conversation: 'a:29:1ann' }]);
  expect(bot.heres).toEqual([]);
});

test('a search in the form doesn’t make the chat of two people the person’s own', async () => {
  await start();
  await deliver(search(queryLink(connector.url, {}), JSON.stringify(['session', 'why']), 'a'));
  expect([...bot.met]).toEqual([]);
  expect(bot.heres).toEqual([]);
});

test('the message of the person who wrote the link is never edited', async () => {
  await start();
  await deliver(await below('Open'));
  expect(bot.clicked).toEqual([]);
  expect(bot.heres).toEqual([]);
});
