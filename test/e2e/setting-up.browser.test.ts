/**
 * An admin's first hour: from an empty database to someone who has access at a service that is connected by OAuth2. In chat they
 * press buttons after their first word, and each test counts them; the rest is on the web pages, as a new admin goes: `npm run demo -- --empty`, Microsoft's local Teams client, Chromium, `oidc-provider`.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TIDEBOOK_CLIENT_ID, TIDEBOOK_CLIENT_SECRET } from '../../demo/third-parties/tidebook.ts';
import type { Foundation } from '../../src/app/foundation.ts';
import { toText } from '../../src/engine/templates/render.ts';
import { openBrowser } from '../support/browser/browser.ts';
import { type DemoProcess, startDemo } from '../support/browser/demo-process.ts';
import { followLink } from '../support/browser/follow-link.ts';
import { takePicture } from '../support/browser/pictures.ts';
import type { TeamsPage } from '../support/browser/teams-page.ts';
import { columnsOf } from '../support/database/rows.ts';
import { leaks } from '../support/leaks.ts';

/** Long enough for a browser, a provider and a run, with a machine that does other things beside. */
const STORY_MS = 240_000;
const SLOW_MS = 60_000;

/** Typed at the service, which is none of Latchkey's business. */
const PASSWORD_THERE = 'ada-at-tidebook-5nHq';

let demo: DemoProcess;
let browser: Browser;
/** Ada's Teams. */
let ada: TeamsPage;
/** Ada's browser beside it. */
let web: Page;
/** Every address that `web` asked for, redirects included. */
const asked: string[] = [];
/** Every address that stays in its history. */
const history: string[] = [];
/** The service that is connected. */
let tidebook: string;
/** The same database, as the command line opens it. */
let foundation: Foundation;

const cardPicture = (name: string, text: string) => ada.picture(text, `teams-${name}`);

const webPicture = (name: string) => takePicture(web.locator('body'), `web-${name}`);

beforeAll(async () => {
  demo = await startDemo(['--empty']);
  [, tidebook = ''] = demo.urls;
  foundation = await demo.openFoundation();
  browser = await openBrowser();
  ada = await demo.visit(0);
  const context = await browser.newContext({ viewport: { width: 680, height: 900 } });
  web = await context.newPage();
  web.on('request', (request) => asked.push(request.url()));
  web.on('framenavigated', (frame) => history.push(frame.url()));
}, STORY_MS);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test(
  'the setup card leads an admin from an empty database to a person and a ready-made integration',
  async () => {
    await ada.send('setup');
    await ada.waitForText('Next: Only admins are in the directory.');
    await cardPicture('setup', 'Setting up Latchkey: 1 of');
    await ada.open('Add someone…', 'Add a colleague');
    await ada.fill('First name', 'Ann');
    await ada.fill('Last name', 'Lee');
    await ada.fill('Work email address', 'ann.lee@harbour.example');
    await ada.fill('Position', 'Product manager');
    await cardPicture('colleague', 'Add a colleague');
    await ada.open('Add', 'not linked yet; this happens when they first write to Latchkey');
    await cardPicture('person', 'not linked yet');

    await ada.waitForText('Next: There is no integration yet.');
    await ada.open('Add a ready-made one', 'page 1 of');
    await cardPicture('catalogue', 'page 1 of');
    await ada.open('Search…', 'Search ready-made integrations');
    await ada.fill('Search words', 'tidebook');
    await ada.open('Search', '1 integration for "tidebook"');
    await ada.open('View', 'with the callback address of this integration registered there');
    await cardPicture('catalogue-notes', 'Good to know');
    await ada.open('Add Tidebook…', 'Emoji');
    await ada.fill('Name', 'Tidebook');
    await ada.fill('Emoji', '⚓');
    await ada.open('Add', '⚠ Needs secrets. Enter Address of Tidebook, Client ID, Client secret');
    await cardPicture('integration', '⚠ Needs secrets.');
    expect(ada.presses()).toBe(8);
    expect(await foundation.stores.people.findByEmail('ann.lee@harbour.example')).toMatchObject({
      role: 'other',
      position: 'Product manager',
    });
    await ada.send('hire');
    await ada.waitForText('Hire someone');
    await cardPicture('hire', 'Hire someone');
  },
  STORY_MS,
);

test(
  'what is no secret is asked in chat, and secrets on a page, behind a number that is confirmed in chat',
  async () => {
    await ada.open('Callback address', 'The callback address of Tidebook');
    const said = await card('The callback address of Tidebook').innerText();
    const callback = /http\S+\/callback/.exec(said)?.[0] ?? '';
    await web.goto(tidebook);
    await web.getByLabel('Callback address').fill(callback);
    await web.getByRole('button', { name: 'Register it' }).click();
    await web.getByText(callback).waitFor();

    await ada.open('Enter secrets…', "I'll send you a link to the page for Client secret");
    await ada.fill('Address of Tidebook', tidebook);
    await ada.fill('Client ID', TIDEBOOK_CLIENT_ID);
    await ada.open(
      'Save',
      'Enter on a secure page: Client secret. Nothing you enter there is posted in chat.',
    );
    await cardPicture('link-secrets', 'Enter on a secure page: Client secret.');
    await confirmLink('Set up Tidebook');
    await webPicture('ask');
    await web.getByRole('button', { name: 'Open the page' }).click();
    const field = web.getByLabel('Client secret', { exact: true });
    await field.fill(TIDEBOOK_CLIENT_SECRET);
    await webPicture('secrets');
    await web.getByRole('button', { name: 'Save', exact: true }).click();
    await web.getByRole('heading', { name: 'Saved for Tidebook' }).waitFor();
    await web.getByText('in chat, press Connect on its card').waitFor();
    await webPicture('saved');
    await ada.waitForText('⚠ Needs connecting.');
    await card('Saved for Tidebook').waitFor({ timeout: SLOW_MS });
    await cardPicture('page-saved', 'Saved for Tidebook');
    await card('Which number does your browser show?').waitFor({ state: 'hidden' });
    expect(ada.presses()).toBe(4); // One is the number of the page.
    expect(await foundation.stores.secrets.all(await tidebookId())).toEqual({
      BASE_URL: tidebook,
      CLIENT_ID: TIDEBOOK_CLIENT_ID,
      CLIENT_SECRET: TIDEBOOK_CLIENT_SECRET,
    });
  },
  STORY_MS,
);

test(
  'Connect leads to the service, where one logs in and allows it, and back',
  async () => {
    await ada.open('Connect', 'Sign in to Tidebook there and allow Latchkey to use it.');
    await confirmLink('Sign in to Tidebook there');
    await webPicture('connect');
    await web.getByRole('button', { name: 'Continue to Tidebook' }).click();
    await web.getByLabel('Password').fill(PASSWORD_THERE);
    await web.getByRole('button', { name: 'Log in' }).click();
    await web.getByRole('button', { name: 'Allow' }).click();
    await web.getByRole('heading', { name: 'Tidebook is connected' }).waitFor();
    await webPicture('connected');
    await ada.waitForText('✓ Ready. Grant it to someone, or let people request it.');
    await cardPicture('integration-ready', '✓ Ready.');
    expect(ada.presses()).toBe(2);
    expect(web.url()).toMatch(/\/oauth\/[^/?]+\/connected$/);
  },
  STORY_MS,
);

test(
  'the setup card leads on to the first access, which ends it',
  async () => {
    await ada.waitForText('Next: No access was granted yet.');
    await ada.open('Try it on yourself', 'What should Ada Okafor get?');
    await ada.open('Grant: Tidebook', 'gets Tidebook.');
    await ada.choose('Calendar', 'Product');
    await ada.open('Grant', '✓ Ada Okafor now has Tidebook');
    expect(ada.presses()).toBe(3);
    await ada.waitForText('✓ Latchkey is set up');
  },
  STORY_MS,
);

test(
  'what was set up is used: it is granted, and asked at the service whether it is there',
  async () => {
    await ada.send('grant Ann');
    await ada.waitForText('What should Ann Lee get?'); // Her own card has the same button.
    await ada.open('Grant: Tidebook', 'Ann Lee (ann.lee@harbour.example) gets Tidebook.');
    await ada.choose('Calendar', 'Product'); // From the service, with its token.
    await cardPicture('grant-tidebook', 'gets Tidebook.');
    await ada.press('Grant');
    await card('✓ Ann Lee now has Tidebook').waitFor({ timeout: SLOW_MS });
    await cardPicture('granted-tidebook', '✓ Ann Lee now has Tidebook');
    await ada.send('access Ann');
    await card('✓ Has access').waitFor({ timeout: SLOW_MS });
    await cardPicture('access', '✓ Has access');
    await cardPicture('set-up', '✓ Latchkey is set up');
    expect(await foundation.stores.access.countAt(await tidebookId())).toMatchObject({ has: 2 });
  },
  STORY_MS,
);

test(
  'everything is looked up and changed by a word',
  async () => {
    await ada.send('integrations');
    await ada.waitForText('Tidebook · grants access · ✓ ready');
    await cardPicture('integrations', 'Tidebook · grants access · ✓ ready');
    await ada.open('Add…', 'apps are already described');
    await cardPicture('integration-add', 'apps are already described');
    await ada.send('people');
    await ada.waitForText('2 people');
    await cardPicture('people', '2 people');
    await ada.send('settings');
    await ada.waitForText('Settings of Latchkey');
    await cardPicture('settings', 'Settings of Latchkey');
    await ada.send('integrations tidebook');
    await ada.open('Settings…', 'Who may request it');
    await cardPicture('integration-settings', 'Who may request it');
    await ada.open('Cancel', 'Nothing changed.');
    await ada.more();
    await ada.open('Delete…', 'Delete an integration');
    await cardPicture('integration-delete', 'Delete an integration');
    await ada.open('Cancel', 'Nothing changed.');
    expect(await tidebookId()).not.toBe('');
  },
  STORY_MS,
);

test(
  'a saved secret is shown to nobody, not to who typed it either',
  async () => {
    await ada.chooseInMenu('✓ Ready. Grant it to someone', 'Replace secrets…');
    await ada.open(
      'Save',
      'Enter on a secure page: Client secret. Nothing you enter there is posted in chat.',
    );
    await confirmLink('Set up Tidebook');
    await web.getByRole('button', { name: 'Open the page' }).click();
    await web.getByRole('heading', { name: 'Set up Tidebook' }).waitFor();
    expect(await web.getByPlaceholder('Leave blank to keep the saved one').count()).toBe(3);
    expect(await web.content()).not.toContain(TIDEBOOK_CLIENT_SECRET);
  },
  STORY_MS,
);

test(
  'a connection that the service has ended is said to the admin, who connects it again',
  async () => {
    await endConnection();
    await ada.send('access Ann');
    await card("Tidebook rejected Latchkey's sign-in").waitFor({ timeout: SLOW_MS });
    await cardPicture('connection-lost', "Tidebook rejected Latchkey's sign-in");
    await ada.press('Reconnect');
    await confirmLink('Sign in to Tidebook there');
    await web.getByRole('button', { name: 'Continue to Tidebook' }).click();
    await web.getByRole('button', { name: 'Allow' }).click();
    await web.getByRole('heading', { name: 'Tidebook is connected' }).waitFor();
    await ada.waitForText('Tidebook is connected again');
    expect(await foundation.stores.oauth.find(await tidebookId())).toMatchObject({
      state: 'connected',
    });
  },
  STORY_MS,
);

test('no secret is in chat, in the log, in the database or in an address', async () => {
  const token = await foundation.stores.oauth.find(await tidebookId());
  const callback = asked.find((each) => each.includes('/callback?')) ?? '';
  const code = new URL(callback).searchParams.get('code') ?? '';
  const secrets = {
    client_secret: TIDEBOOK_CLIENT_SECRET,
    access_token: toText(token?.answer['access_token']),
    refresh_token: toText(token?.answer['refresh_token']),
    password_there: PASSWORD_THERE,
  };
  for (const value of [...Object.values(secrets), code]) expect(value.length).toBeGreaterThan(15);
  const links = asked.filter((each) => each.includes('/links/'));
  const link = links[0]?.split('.').at(-1) ?? '';

  const places = {
    chat: await ada.heard(),
    log: demo.printed(),
    ...demo.databaseFiles(),
    columns: await columnsOf(foundation.db),
    addresses: asked.join('\n'),
    history: history.join('\n'),
  };
  // What is looked through really holds what happened.
  expect(places.chat).toContain('Needs connecting');
  expect(places.log).toContain('The worker claims jobs');
  expect(places.columns).toContain('oauth.connected');
  expect(places.history).toContain('/secrets/');
  expect(leaks(secrets, places)).toEqual([]);

  const { addresses: _, ...kept } = places; // A code passes by in an address that leads on at once.
  expect(leaks({ code }, kept)).toEqual([]);
  expect(leaks({ link }, { log: places.log, columns: places.columns })).toEqual([]);
});

const tidebookId = async (): Promise<string> =>
  (await foundation.stores.integrations.findByName('Tidebook'))?.id ?? '';

const card = (text: string): Locator => ada.card(text);

/** To a careful service, a client that uses a token a second time is a thief: it ends everything that came of it. */
async function endConnection(): Promise<void> {
  const token = await foundation.stores.oauth.find(await tidebookId());
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: toText(token?.answer['refresh_token']),
    client_id: TIDEBOOK_CLIENT_ID,
    client_secret: TIDEBOOK_CLIENT_SECRET,
  });
  const come = async () => (await fetch(`${tidebook}/token`, { method: 'POST', body })).status;
  expect([await come(), await come()]).toEqual([200, 400]);
}

/** Opens the link of the newest card with this text, and presses the number of the page in chat. */
const confirmLink = (text: string): Promise<void> =>
  followLink(text, {
    page: ada,
    web,
    async atNumber() {
      await webPicture('number');
      await cardPicture('number', 'Which number does your browser show?');
    },
  });
