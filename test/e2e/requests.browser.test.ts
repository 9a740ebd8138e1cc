/** Two people in two Teams clients: one asks for access, the other decides, and both cards say how it ended. An admin looks over it all. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { startTeamsClient, type TeamsClient } from '../../demo/teams-client.ts';
import { launchBrowser } from '../support/browser.ts';
import { type TestCompany, testCompany } from '../support/company.ts';
import { TeamsPage } from '../support/teams-page.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 120_000;
const SLOW_MS = 30_000;

const ANN = {
  objectId: '00000000-0000-0000-0000-0000000000a3',
  givenName: 'Ann',
  surname: 'Lee',
  email: 'ann.lee@harbour.example',
};

let company: TestCompany;
let clients: readonly TeamsClient[] = [];
let browser: Browser;
let ann: TeamsPage;
let marco: TeamsPage;

/** The middle of the client's page, without its lists and logs. */
const CONVERSATION = { x: 335, y: 50, width: 610, height: 860 };
/** Where `SCREENSHOTS` names a folder, pictures for the documents go there. */
const pictures = process.env['SCREENSHOTS'];
const picture = async ({ page }: TeamsPage, name: string) =>
  pictures && page.screenshot({ path: join(pictures, `teams-${name}.png`), clip: CONVERSATION });

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const endpoint = `${company.app.url}/api/messages`;
  clients = await Promise.all(
    [ANN, personas.manager, personas.admin].map((persona) =>
      startTeamsClient({ persona, endpoint }),
    ),
  );
  browser = await launchBrowser();
  const [annUrl = '', marcoUrl = ''] = clients.map(({ url }) => url);
  ann = await TeamsPage.open(browser, annUrl);
  marco = await TeamsPage.open(browser, marcoUrl);
  // The bot can write to somebody in Teams from their first message on.
  await marco.send('requests');
  await marco.waitForText('Mine: none');
}, STORY_MS);

afterAll(async () => {
  await browser?.close();
  await Promise.all(clients.map((client) => client.stop()));
  await company?.stop();
});

test(
  'what a manager approves is granted, and both cards say so without buttons',
  async () => {
    await ann.send('request fern');
    await ann.waitForText('their manager approves');
    await ann.fill('Part of the name', 'lagoon sec');
    await ann.press('Search');
    await ann.waitForText('of 240 choices match');
    await ann.choose('Choose: Team', 'Lagoon Security');
    await ann.choose('Role', 'Editor');
    await ann.fill('Why do you need it?', 'I plan the launch with them.');
    await ann.fill('For how many days', '30');
    await picture(ann, 'request-form');
    await ann.press('Ask');
    await ann.waitForText('It waits for Marco Ruiz.');

    await says(marco, 'Ann Lee asks for Fernboard');
    const card = await newest(marco, 'Ann Lee asks for Fernboard');
    for (const fact of ['Lagoon Security', 'Editor', 'I plan the launch with them.', '30 days'])
      expect(card).toContain(fact);
    await picture(marco, 'request-to-decide');
    await marco.press('Approve');

    for (const page of [ann, marco]) {
      await says(page, '✓ Approved by Marco Ruiz');
      await says(page, 'The access is there.');
    }
    expect(company.teamTool.state.members.get(ANN.email)?.role).toBe('editor');
    expect(await buttons(marco, 'Approve')).toBe(0);
    expect(await buttons(ann, 'Withdraw')).toBe(0);
    await picture(ann, 'request-approved');
  },
  STORY_MS,
);

test(
  'what a manager denies tells its reason to who asked, and grants nothing',
  async () => {
    await askForMailbox();
    await says(marco, 'Ann Lee asks for Pigeon Post');
    await marco.press('Deny…');
    await marco.waitForText('Whoever asked reads it.');
    await marco.fill('Reason', 'Take the shared mailbox.');
    await marco.press('Deny');
    for (const page of [ann, marco]) {
      await says(page, '✗ Denied by Marco Ruiz');
      await says(page, 'The reason: Take the shared mailbox.');
    }
    expect(await buttons(marco, 'Approve')).toBe(0);
    expect(company.slowMail.state.mailboxes.size).toBe(0);
    await picture(ann, 'request-denied');
  },
  STORY_MS,
);

test(
  'what is withdrawn can be decided no more',
  async () => {
    await askForMailbox();
    await marco.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await ann.press('Withdraw');
    for (const page of [ann, marco]) await says(page, 'It was withdrawn on');
    expect(await buttons(marco, 'Approve')).toBe(0);
    expect(await buttons(ann, 'Withdraw')).toBe(0);
  },
  STORY_MS,
);

test(
  'an admin starts a review, which a manager decides on one card, and plans the last day of somebody',
  async () => {
    const ada = await TeamsPage.open(browser, clients[2]?.url ?? '');
    await ada.send('review');
    await ada.press('Start a review…');
    await ada.waitForText('Each manager gets a card with what their people have');
    await ada.press('Start');
    await ada.waitForText('Ann Lee: Fernboard · waits for Marco Ruiz');
    await says(marco, 'Ann Lee: Fernboard · has access since');
    await picture(marco, 'review');
    await marco.press('Keep');
    await says(marco, 'you have decided everything');
    await says(ada, '✓ kept by Marco Ruiz');

    await ada.send('offboard Ann Lee');
    await ada.press('Plan the last day…');
    await ada.fill('Last day', '2099-03-31');
    await ada.press('Plan it');
    await says(ada, 'Their last day is 31 Mar 2099.');
    expect(await newest(ada, 'Their last day is 31 Mar 2099.')).toContain(
      'Fernboard · has access · revoked by itself',
    );
    await picture(ada, 'offboarding');
  },
  STORY_MS,
);

async function askForMailbox(): Promise<void> {
  await ann.send('request pigeon');
  await ann.waitForText('Name on outgoing mail');
  await ann.fill('Name on outgoing mail', 'Ann');
  await ann.choose('Size', 'Small, 1 GB');
  await ann.fill('Why do you need it?', 'To write to customers.');
  await ann.press('Ask');
  await ann.waitForText('You ask for Pigeon Post');
}

/** Waits for it on a card, as what is done by the worker takes a moment. */
const says = (page: TeamsPage, text: string): Promise<void> =>
  page.page
    .locator('.ac-adaptiveCard')
    .filter({ hasText: text })
    .last()
    .waitFor({ timeout: SLOW_MS });

const newest = async (page: TeamsPage, text: string): Promise<string> =>
  (await page.cards()).findLast((card) => card.includes(text)) ?? '';

const buttons = (page: TeamsPage, name: string): Promise<number> =>
  page.page.getByRole('button', { name, exact: true }).count();
