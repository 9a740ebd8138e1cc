/** What stands below a link to an app's page, in Microsoft's local client: someone puts the link into a message, and sends it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { previewWith } from '../../../src/bots/features/links/page-preview.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { type OpenTeamsClient, openTeamsClient } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { sharedChat, type TestChat } from '../../support/chat.ts';
import { localConnector } from './connector/opened.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

const publicUrl = 'https://latchkey.harbour.example';
const ann = {
  objectId: '11111111-1111-4111-8111-111111111111',
  givenName: 'Ann',
  surname: 'Lee',
  email: 'ann@example.com',
};

let chat: TestChat;
let bot: SmallBot;
let client: OpenTeamsClient;
let teams: TeamsPage;

beforeAll(async () => {
  chat = await sharedChat();
  bot = await startSmallBot(
    { local: true },
    {
      connector: await localConnector('direct'),
      preview: previewWith({ stores: chat.services.stores, publicUrl }),
    },
  );
  client = await openTeamsClient({ persona: ann, endpoint: bot.endpoint });
  teams = client.page;
});
afterAll(async () => {
  await client?.close();
  await bot?.stop();
  await chat?.cleanup();
});

test('the client takes the answer, and shows it in the message that was sent', async () => {
  const { page } = teams;
  await teams.waitForText('Hello');
  await page.getByRole('button', { name: 'Trigger Message Extension App' }).click();
  await page.getByRole('menuitem', { name: 'Link Unfurling' }).click();
  const dialog = page.getByRole('dialog', { name: 'Link Unfurling' });
  await dialog.getByRole('textbox').fill(`${publicUrl}/overview/session-1/apps/figma-1`);
  await dialog.getByText('Latchkey: overview of an app').waitFor();
  await dialog.getByRole('button', { name: 'Send to Conversation' }).click();
  await teams.waitForText('Latchkey: overview of an app');
  await dialog.waitFor({ state: 'hidden' });
  const card = teams.card('Latchkey: overview of an app').last();
  await card.getByRole('button', { name: 'Open the overview' }).waitFor();
  expect(await card.getByRole('button').allInnerTexts()).toEqual([
    'Request this app…',
    'Open the overview',
  ]);
  expect(await card.innerText()).not.toMatch(/figma|session/i);
  await takePicture(card, 'teams-link');
  expect(bot.errors).toEqual([]);
});
