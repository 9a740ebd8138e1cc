/**
 * An admin's first hour in Slack, with no word after the first until it is set up, and each press counted: from an empty database to
 * someone who has access at a service that is connected by OAuth2. `main.js`, a manifest of more than 12,000 characters as a file, its
 * second version with what changes, Chromium, `oidc-provider`.
 */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  startTidebook,
  TIDEBOOK_CLIENT_ID,
  TIDEBOOK_CLIENT_SECRET,
} from '../../demo/third-parties/tidebook.ts';
import { toText } from '../../src/engine/templates/render.ts';
import { openBrowser } from '../support/browser/browser.ts';
import { type MainProcess, startMainProcess } from '../support/company/main-process.ts';
import { sooner } from '../support/company/sooner.ts';
import { columnsOf } from '../support/database/rows.ts';
import { leaks } from '../support/leaks.ts';
import { slackPicture } from '../support/peers/slack-drawing.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import type { DoubleMessage, DoubleModal } from '../support/slack-double/workspace.ts';

/** Long enough for a browser, a provider and a run, with a machine that does other things beside. */
const STORY_MS = 240_000;
const ADMIN = 'ada.okafor@harbour.example';
const ANN = 'ann.lee@harbour.example';
const BEN = 'ben.sato@harbour.example';
/** More than Slack shows of a list, and long enough that the manifest is too. */
const ROOMS = 160;

let slack: SlackDouble;
let tidebook: Awaited<ReturnType<typeof startTidebook>>;
let main: MainProcess;
let browser: Browser;
/** Ada's browser beside Slack. */
let web: Page;
const asked: string[] = [];
const history: string[] = [];
let ada: SlackUser;

let easel: Page;
const picture = (name: string, shown: DoubleMessage | DoubleModal) =>
  slackPicture(easel, shown, `slack-${name}`);

beforeAll(async () => {
  slack = await SlackDouble.start();
  tidebook = await startTidebook();
  main = await startMainProcess(({ port }) => ({
    ADMIN_EMAILS: ADMIN,
    PUBLIC_URL: `http://localhost:${port}`,
    ALLOW_PRIVATE_HOSTS: new URL(tidebook.url).host,
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  }));
  slack.eventsUrl = `${main.url}/slack/events`;
  ada = slack.addUser('ada', { email: ADMIN, realName: 'Ada Okafor' });
  browser = await openBrowser();
  web = await (await browser.newContext()).newPage();
  web.on('request', (request) => asked.push(request.url()));
  web.on('framenavigated', (frame) => history.push(frame.url()));
  easel = await (await browser.newContext({ viewport: { width: 600, height: 400 } })).newPage();
}, STORY_MS);

afterAll(async () => {
  await browser?.close();
  await main?.stop();
  await tidebook?.close();
  await slack?.stop();
});

const said = (text: string): Promise<DoubleMessage> => slack.message(text, { channel: ada.direct });

/** Tidebook's manifest, with a form that asks for a room, too. */
function manifest(change: Record<string, unknown> = {}): string {
  const file = new URL('../../demo/catalogue/tidebook.json', import.meta.url);
  const readyMade = JSON.parse(readFileSync(file, 'utf8')) as { readonly form: readonly object[] };
  const items = Array.from({ length: ROOMS }, (_, room) => ({
    id: `room-${room}`,
    name: `Room ${room} of the old harbour office`,
  }));
  const form = [...readyMade.form, { id: 'ROOM', name: 'Room', type: 'choice', items }];
  return JSON.stringify({ ...readyMade, form, ...change }, null, 2);
}

test(
  'a manifest of more than 12,000 characters is uploaded in the form that the setup card opens',
  async () => {
    expect(manifest().length).toBeGreaterThan(12_000);
    await ada.write('setup');
    const card = await said('Setting up Latchkey');
    await picture('setup', card);
    await ada.press(card, 'Add someone…');
    const colleague = await slack.modal('Work email address');
    await picture('colleague', colleague);
    ada.fill(colleague, { 'First name': 'Ann', 'Last name': 'Lee', 'Work email address': ANN });
    await ada.submit(colleague);
    await picture('person', await said('not linked yet'));

    await ada.press(await said('Next: There is no integration yet.'), 'Upload a manifest…');
    const upload = await slack.modal('The name people know');
    await picture('integration-upload', upload);
    const file = ada.upload('tidebook.json', manifest());
    ada.fill(upload, { Name: 'Tidebook', Emoji: '⚓', Manifest: file });
    await ada.submit(upload);
    await picture('integration', await said('⚠ Needs secrets.'));
    expect(ada.presses()).toBe(4);
    expect(await savedManifest()).toBe(manifest());
  },
  STORY_MS,
);

test(
  'its secrets are typed on a page, and it is connected where one logs in',
  async () => {
    const card = await said('⚠ Needs secrets.');
    await ada.press(card, 'Callback address');
    const address = await said('The callback address of Tidebook');
    const callback = /http:[^"]+\/callback/.exec(JSON.stringify(address.blocks))?.[0] ?? '';
    tidebook.state.callbacks.add(callback);
    await ada.press(card, 'Enter secrets…');
    const values = await slack.modal('Address of Tidebook');
    ada.fill(values, { 'Address of Tidebook': tidebook.url, 'Client ID': TIDEBOOK_CLIENT_ID });
    await ada.submit(values);
    await picture('link-secrets', await said('Enter on a secure page: Client secret'));
    await confirmLink('Enter on a secure page: Client secret');
    await web.getByRole('button', { name: 'Open the page' }).click();
    await web.getByLabel('Client secret', { exact: true }).fill(TIDEBOOK_CLIENT_SECRET);
    await web.getByRole('button', { name: 'Save', exact: true }).click();
    await web.getByRole('heading', { name: 'Saved for Tidebook' }).waitFor();

    await ada.press(await said('⚠ Needs connecting.'), 'Connect');
    await confirmLink('Sign in to Tidebook there');
    await web.getByRole('button', { name: 'Continue to Tidebook' }).click();
    await web.getByLabel('Password').fill('any');
    await web.getByRole('button', { name: 'Log in' }).click();
    await web.getByRole('button', { name: 'Allow' }).click();
    await web.getByRole('heading', { name: 'Tidebook is connected' }).waitFor();
    await picture('integration-ready', await said('✓ Ready.'));
    expect(ada.presses()).toBe(6); // Two are the numbers of pages.
    expect(tidebook.state.tokenRequests).toEqual(['authorization_code 200']);
  },
  STORY_MS,
);

test(
  'a second upload shows what it changes, is saved as the next version, and keeps secrets and connection',
  async () => {
    const next = manifest({ revoke: [{ url: '{{BASE_URL}}/api/people/{{email}}' }] });
    await uploadAgain(next);
    const changes = await said('What changes in Tidebook');
    await picture('integration-changes', changes);
    expect(JSON.stringify(changes.blocks)).toContain('/api/people/{{email}}');
    expect(await savedManifest()).toBe(manifest());
    await ada.press(changes, 'Save');
    await said('Version 2, saved on');
    expect(await savedManifest()).toBe(next);
    await said('✓ Ready.');
  },
  STORY_MS,
);

test(
  'it is used: the form asks the service, the access is there, and the card says so',
  async () => {
    await ada.write('grant Ann');
    await ada.press(await said('What should Ann Lee get?'), 'Grant: Tidebook');
    const form = await slack.modal('gets Tidebook');
    const rooms = await ada.type(form, 'Room', 'room 142');
    expect(rooms).toEqual(['Room 142 of the old harbour office']);
    ada.fill(form, { Calendar: 'Product', Room: 'Room 142 of the old harbour office' });
    await picture('grant-form', form);
    await ada.submit(form);
    await picture('granted', await said('✓ Ann Lee now has Tidebook'));
    expect(tidebook.state.members.get(ANN)).toBe('Product');
    await ada.write('access Ann');
    await picture('access', await said('✓ Has access'));
    await picture('set-up', await said('✓ Latchkey is set up'));
  },
  STORY_MS,
);

test(
  'someone asks for it, an admin approves, and both cards say how it ended',
  async () => {
    await ada.command('hire Ben Sato');
    const colleague = await slack.modal('Work email address');
    ada.fill(colleague, { 'Work email address': BEN });
    await ada.submit(colleague);
    await said(BEN);

    const ben = slack.addUser('ben', { email: BEN, realName: 'Ben Sato' });
    await ben.command('request tidebook');
    const form = await slack.modal('Why do you need it?');
    await ben.type(form, 'Room', 'room 7 of');
    ben.fill(form, {
      Calendar: 'Product',
      Room: 'Room 7 of the old harbour office',
      'Why do you need it?': 'To book the room for the launch.',
      'Or another time': '30 days',
    });
    await picture('request-form', form);
    await ben.submit(form);
    const question = await said('Ben Sato requests ⚓ Tidebook');
    await picture('request-to-decide', question);
    await ada.press(question, 'Approve');
    for (const { direct: channel } of [ada, ben])
      await slack.message('Access was granted.', { channel });
    await picture('request-approved', await said('Access was granted.'));
    expect(tidebook.state.members.get(BEN)).toBe('Product');
  },
  STORY_MS,
);

test(
  'access that someone has without Latchkey is found',
  async () => {
    tidebook.state.members.set(ADMIN, 'Product');
    await ada.write('existing');
    await ada.press(await said('Not checked yet'), 'Find everywhere');
    const found = await said("Found 1 person with access that Latchkey didn't know of.");
    await picture('existing', found);
    const { stores } = main.foundation;
    const person = await stores.people.findByEmail(ADMIN);
    expect(await stores.holds.openOf(person?.id ?? '')).toMatchObject([{ source: 'found' }]);
  },
  STORY_MS,
);

test(
  'everything is looked up by a word',
  async () => {
    await ada.write('integrations');
    await picture('integrations', await said('Tidebook\ngrants access'));
    await ada.write('integration add');
    const ways = await said('apps are already described');
    await picture('integration-add', ways);
    await ada.press(ways, 'Choose a ready-made one');
    const catalogue = await said('Ready-made integrations');
    await picture('catalogue', catalogue);
    await ada.press(catalogue, 'View: 1Password (SCIM bridge)');
    await picture('catalogue-notes', await said('What 1Password (SCIM bridge) needs'));
    await ada.write('people');
    await picture('people', await said('People\n3 people'));
    await ada.write('settings');
    await picture('settings', await said('Settings of Latchkey'));
    await ada.write('integrations tidebook');
    await ada.press(await said('Version 2, saved on'), 'Settings…');
    const settings = await slack.modal('Who may request it');
    await picture('integration-settings', settings);
    ada.close(settings);
    await ada.press(await said('Version 2, saved on'), 'Delete…');
    const deletion = await slack.modal('3 people');
    await picture('integration-delete', deletion);
    ada.close(deletion);
    expect(slack.workspace.modals.filter(({ open }) => open)).toEqual([]);
  },
  STORY_MS,
);

test(
  'a grant that fails is found among the runs, with what went wrong, and what can be done',
  async () => {
    await ada.write('grant Ada');
    await ada.press(await said('What should Ada Okafor get?'), 'Grant: Tidebook');
    const form = await slack.modal('gets Tidebook');
    await ada.type(form, 'Room', 'room 12 ');
    ada.fill(form, { Calendar: 'Product', Room: 'Room 12 of the old harbour office' });
    await tidebook.close();
    await ada.submit(form);
    await sooner(main.foundation, said('Tidebook for Ada Okafor failed; Latchkey will retry'));

    await ada.command('activity');
    const everyones = await said("Everyone's: 3");
    await picture('runs', everyones);
    await ada.press(everyones, 'Filter…');
    const filter = await slack.modal('How it ended');
    ada.fill(filter, { 'How it ended': 'Failed or waiting for a retry' });
    await picture('runs-filter', filter);
    await ada.submit(filter);
    const failed = await said("Everyone's, failed or waiting for a retry: 1");
    await ada.press(failed, 'Details');
    const below = { channel: ada.direct, below: failed };
    const retrying = await slack.message('Cancel retry', below); // The card of before has that button, too.
    await picture('run-retrying', retrying);
    expect(JSON.stringify(retrying.blocks)).toContain("Tidebook doesn't answer");
    await ada.press(retrying, 'Cancel retry');
    await said('Tidebook for Ada Okafor was cancelled');
  },
  STORY_MS,
);

test('no secret is in Slack, in the log, in the database or in an address', async () => {
  const { foundation } = main;
  const integration = await foundation.stores.integrations.findByName('Tidebook');
  const token = await foundation.stores.oauth.find(integration?.id ?? '');
  const callback = asked.find((each) => each.includes('/callback?')) ?? '';
  const code = new URL(callback).searchParams.get('code') ?? '';
  const secrets = {
    client_secret: TIDEBOOK_CLIENT_SECRET,
    access_token: toText(token?.answer['access_token']),
    refresh_token: toText(token?.answer['refresh_token']),
  };
  for (const value of [...Object.values(secrets), code]) expect(value.length).toBeGreaterThan(20);
  const places = {
    slack: slack.workspace.heard.join('\n'),
    log: main.log(),
    ...main.databaseFiles(),
    columns: await columnsOf(foundation.db),
    addresses: asked.join('\n'),
    history: history.join('\n'),
  };
  // What is looked through really holds what happened.
  expect(places.slack).toContain('Needs connecting');
  expect(places.columns).toContain('oauth.connected');
  expect(places.history).toContain('/secrets/');
  expect(leaks(secrets, places)).toEqual([]);

  const { addresses: _, ...kept } = places; // A code passes by in an address that leads on at once.
  expect(leaks({ code }, kept)).toEqual([]);
});

async function savedManifest(): Promise<string | undefined> {
  const { integrations } = main.foundation.stores;
  const integration = await integrations.findByName('Tidebook');
  return (await integrations.findVersion(integration?.manifestVersionId))?.manifest;
}

async function uploadAgain(text: string): Promise<void> {
  await ada.press(await said('✓ Ready.'), 'Upload a manifest…');
  const form = await slack.modal('before anything is saved');
  ada.fill(form, { Manifest: ada.upload('tidebook-2.json', text) });
  await ada.submit(form);
}

/** Opens the newest link with this text, and presses the number of its page in Slack. */
async function confirmLink(text: string): Promise<void> {
  const sent = await said(text);
  const link = /http:[^"|>]+\/links\/[^"|>]+/.exec(JSON.stringify(sent.blocks))?.[0] ?? '';
  await web.goto(link);
  const code = await web.locator('.code').innerText();
  const question = await slack.message(`[${code}]`, { channel: ada.direct }); // A button: a port or a day may have its digits.
  await picture('number', question);
  await ada.press(question, code);
  await web.locator('.code').waitFor({ state: 'detached' });
}
