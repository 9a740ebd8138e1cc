/**
 * What admins set up so that sequences start and send by themselves, in the local Teams client and in Slack: who sends texts,
 * a text that arrives, a preview, what starts a sequence, a webhook that is called, and everybody whom an import
 * has added.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addTexting } from '../../demo/company.ts';
import { personas } from '../../demo/people.ts';
import { startTexting, type TextingState } from '../../demo/third-parties/texting.ts';
import { addDays, dayIn } from '../../src/core/days.ts';
import { newId } from '../../src/core/ids.ts';
import type { DeliveryIn } from '../../src/engine/messages/delivery.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { openTeamsClients } from '../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { firstOf } from '../support/given/outcomes.ts';
import { LOCAL_TEAMS } from '../support/local-teams.ts';
import { signatureHeader } from '../support/peers/signature-header.ts';
import { slackPicture } from '../support/peers/slack-drawing.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import type { DoubleMessage, DoubleModal } from '../support/slack-double/workspace.ts';
import type { TeamsChat } from '../support/teams/teams-chat.ts';
import { tick } from '../support/tick.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;

let company: TestCompany;
let skylark: { readonly url: string; readonly state: TextingState; close(): Promise<void> };
let textArrives: Promise<void>;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsChat;
let slack: SlackDouble;
let inSlack: SlackUser;
let easel: Page;

beforeAll(async () => {
  slack = await SlackDouble.start();
  let arrived: () => void = () => undefined;
  textArrives = new Promise((resolve) => {
    arrived = resolve;
  });
  skylark = await startTexting({ arrived: () => arrived() });
  company = await testCompany({
    ...LOCAL_TEAMS,
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
  });
  await addTexting(company.app.foundation, skylark.url);
  slack.eventsUrl = `${company.app.url}/slack/events`;
  inSlack = slack.addUser('ada', { email: personas.admin.email, realName: 'Ada Okafor' });
  const opened = await openTeamsClients(company, [personas.admin]);
  teams = opened;
  [ada] = opened.pages;
  easel = await (
    await opened.browser.newContext({ viewport: { width: 600, height: 400 } })
  ).newPage();
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
  await skylark?.close();
  await slack?.stop();
});

const picture = (name: string, text: string) => ada.picture(text, name);
const slackDrawing = (name: string, shown: DoubleMessage | DoubleModal) =>
  slackPicture(easel, shown, `slack-${name}`);
const said = (text: string): Promise<DoubleMessage> =>
  slack.message(text, { channel: inSlack.direct });

test(
  'who sends texts is chosen in the settings, and a text of a sequence arrives there',
  async () => {
    await ada.send('settings');
    await ada.waitForText('sent by Skylark');
    await ada.open('Edit…', 'Quiet hours begin');
    await ada.fill('Quiet hours begin', '20:00');
    await ada.fill('Quiet hours end', '08:00');
    await picture('texts-settings-form', 'Quiet hours begin');
    await ada.fill('Quiet hours begin', '');
    await ada.fill('Quiet hours end', '');
    await ada.open('Save', 'none; sequences send when they are due');

    await ada.send('people Ann Lee');
    await ada.waitForText('First day');
    await ada.more();
    await ada.open('Sequence…', 'Assign a sequence');
    await ada.choose('Sequence', 'Welcome');
    await ada.open('Assign', 'Timeline of Ann Lee');
    await tick(company.app.foundation);
    await textArrives;
    await ada.waitForText('sent as a text on');
    await picture('text-arrived', 'Timeline of Ann Lee');
    expect(skylark.state.texts).toMatchObject([
      { to: '+32470123456', text: expect.stringContaining('Welcome, Ann! Marco Ruiz') as string },
    ]);
  },
  STORY_MS,
);

test(
  'a message is previewed, and a webhook starts its sequence',
  async () => {
    await ada.send('sequences Welcome');
    await ada.more('Text message to the person');
    await ada.open('Start automatically…', 'When Welcome starts automatically');
    await ada.open('Change…', 'By a successful run or by hand.');
    await ada.choose('When access is granted to', 'Fernboard');
    await ada.open('Save', 'someone gets access to Fernboard');
    await ada.open('Add a webhook…', 'Calling system');
    await ada.fill('Calling system', 'HR portal');
    await ada.open('Add', 'Webhook: HR portal');
    await ada.waitForText('Not called yet');

    const { stores } = company.app.foundation;
    const welcome = await stores.sequences.findByName('Welcome');
    const hook = firstOf(await stores.hooks.ofSequence(welcome?.id ?? ''));
    const body = Buffer.from(JSON.stringify({ email: 'noor.haddad@harbour.example' }));
    const unsigned = await fetch(`${company.app.url}/hooks/${hook.id}`, { method: 'POST', body });
    expect(unsigned.status).toBe(401);
    // Such calls are counted some seconds later.

    await ada.open('Add a message…', 'Required for email.');
    await ada.choose('Send as', 'A direct message in chat');
    await ada.choose('To', 'Their manager');
    await ada.fill('Subject', '{{first_name}} starts on {{start}}');
    await ada.fill(
      'Text',
      '{{buddy}} shows {{first_name}} around. They have: {{access_overview}}.',
    );
    await ada.choose('When', 'On a working day after the day it is assigned');
    await ada.fill('How many days', '1');
    await picture('message-form', 'Send as');
    await ada.open('Save', 'Direct message to the manager');
    await ada.chooseInMenu('Direct message to the manager', 'Preview…', 1); // Of its second item.
    await ada.waitForText('Nothing is sent');
    await ada.choose('For whom', 'Ann Lee (ann.lee@harbour.example)');
    await ada.open('Show', 'As it would be sent for Ann Lee');
    await picture('message-preview', 'As it would be sent for Ann Lee');

    const response = await fetch(`${company.app.url}/hooks/${hook.id}`, {
      method: 'POST',
      body,
      headers: { 'Latchkey-Signature': signatureHeader(hook.secret, body, new Date()) },
    });
    expect(response.status).toBe(202);
    await ada.waitForText('Noor Haddad · ✓ started');
    await ada.waitForText('1 call without a valid signature, on');
    await picture('webhook', 'Webhook: HR portal');
    await picture('sequence-starts', 'When Welcome starts automatically');
  },
  STORY_MS,
);

test(
  'admins are asked about everyone who joins and is in no directory',
  async () => {
    const { stores, transact } = company.app.foundation;
    await transact((tx) => changeWorkspaceSettings(tx, { askAboutJoins: true }));
    const [grace, omar] = [
      slack.addUser('grace', { email: 'grace.kim@harbour.example', realName: 'Grace Kim' }),
      slack.addUser('omar', { email: 'omar.diaz@harbour.example', realName: 'Omar Diaz' }),
    ];
    await grace.join();
    await ada.waitForText('Grace Kim joined. Add them?');
    await picture('join', 'Grace Kim joined. Add them?');
    await omar.join();
    await ada.waitForText('Omar Diaz joined. Add them?');
    await ada.send('people');
    await ada.open('Joined, not here: 2 people', '2 people joined. Add them?');
    await picture('joins', '2 people joined. Add them?');
    await ada.press('Not now'); // The newest one: on the list.
    await ada.waitForText('1 person joined. Add them?');
    const { joins } = await stores.joins.open({ offset: 0, limit: 9 });
    expect(joins.map(({ name }) => name)).toEqual(['Omar Diaz']);
  },
  STORY_MS,
);

test(
  'Home tells an admin which messages were not sent, and leads to all of them',
  async () => {
    const all = await haveUnsent();
    await ada.send('home');
    await ada.waitForText(`Messages not sent in the last 30 days (${all})`);
    await picture('home-not-sent', `Messages not sent in the last 30 days (${all})`);
    const home = `Messages not sent in the last 30 days (${all})`;
    await ada.openOn(home, /^View all/, `${all} messages, page 1 of 2`);
    await ada.open('Next', `${all} messages, page 2 of 2`);
    await picture('not-sent', `${all} messages, page 2 of 2`); // The first one is taller than the window.
    expect((await ada.read('page 2 of 2')).match(/✗/g)).toHaveLength(all - 10);
  },
  STORY_MS,
);

test(
  'everybody whom an import has added gets a sequence, in Slack',
  async () => {
    const soon = addDays(dayIn('UTC', new Date()), 3); // The text of the sequence has it.
    const rows = [
      'email,first name,last name,start,desk',
      `kim.novak@harbour.example,Kim,Novak,${soon},4B`,
      `lou.marsh@harbour.example,Lou,Marsh,${soon},4C`,
      'ann.lee@harbour.example,Ann,Lee,,4A',
      'mia.berg.harbour.example,Mia,Berg,,5A',
    ];
    const file = inSlack.upload('joiners.csv', rows.join('\n'));
    await inSlack.writeWith('people import', [file]);
    const card = await said('New: 2 people');
    await slackDrawing('import-file', card);
    await inSlack.press(card, 'Import 2 people');
    const imported = await said('joiners.csv imported');
    await slackDrawing('import-done', imported);
    await inSlack.press(imported, 'Start a sequence…');
    const form = await slack.modal('The import added 2 people');
    inSlack.fill(form, { Sequence: 'Welcome' });
    await slackDrawing('start-for-import', form);
    await inSlack.submit(form);
    const question = await said('Start Welcome for 2 people?');
    await slackDrawing('start-for-import-question', question);
    await inSlack.press(question, 'Start for 2 people');
    await said('✓ Welcome started for 2 people');
    const { assignments, people } = company.app.foundation.stores;
    const kim = await people.findByEmail('kim.novak@harbour.example');
    const page = { offset: 0, limit: 9 };
    expect((await assignments.ofPerson(kim?.id ?? '', page)).total).toBe(1);

    await inSlack.write('people Kim Novak');
    await inSlack.press(await said('not linked yet'), 'Timeline');
    await slackDrawing('timeline', await said('Timeline of Kim Novak'));
    await inSlack.write('sequences Welcome');
    const sequence = await said('Start automatically…');
    await slackDrawing('sequence', sequence);
    await inSlack.press(sequence, 'Start automatically…');
    await inSlack.press(await said('When Welcome starts automatically'), 'Webhook: HR portal');
    await slackDrawing('webhook', await said('Recent calls'));
  },
  STORY_MS,
);

/**
 * Twelve emails of Ann's sequence that the mail server did not take this morning. Noor's text comes first: it fails, since she
 * has neither telephone nor chat, and would otherwise change the count while the test reads it.
 * @returns how many messages are not sent
 */
async function haveUnsent(): Promise<number> {
  const { stores, transact, now } = company.app.foundation;
  const unsent = async () =>
    (await stores.deliveries.unsent(new Date(0), { offset: 0, limit: 20 })).total;
  await tick(company.app.foundation);
  await expect.poll(unsent, { timeout: STORY_MS }).toBe(1);
  const ann = await stores.people.findByEmail('ann.lee@harbour.example');
  const { assignments } = await stores.assignments.ofPerson(ann?.id ?? '', { offset: 0, limit: 1 });
  const planned = firstOf(await stores.plannedItems.ofAssignment(assignments[0]?.id ?? ''));
  const at = now();
  const failed = (to: string): DeliveryIn<'failed'> => ({
    id: newId(),
    version: 1,
    plannedItemId: planned.id,
    position: 0,
    createdAt: at,
    attempts: 6,
    outgoing: {
      notification: { type: 'email', to, subject: 'Ann starts soon', message: '' },
      secret: false,
      shownTo: to,
    },
    body: 'dropped',
    state: 'failed',
    finishedAt: at,
    why: "We couldn't reach the mail server. If this continues, an admin has to check Latchkey's mail settings.",
  });
  const colleagues = Array.from({ length: 8 }, (_, n) => `colleague${n + 1}`);
  await transact(async (tx) => {
    for (const name of ['marco.ruiz', 'noor.haddad', ...colleagues, 'ben.sato', 'ann.lee'])
      await tx.deliveries.insert(failed(`${name}@harbour.example`));
  });
  return unsent();
}
