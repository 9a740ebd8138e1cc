/**
 * Secrets on their way, in one Latchkey with Slack, without a public address and without mail. An admin types those of an integration
 * into a form in Slack, and connects it to a real OAuth2 provider in a browser. A generated password becomes a message in Slack that
 * shows it once to the person it is for. Real processes; all of it is looked for everywhere afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Foundation } from '../../src/app/foundation.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { toText } from '../../src/engine/templates/render.ts';
import { codeOn, WebBrowser } from '../support/browser/web.ts';
import { grantVault } from '../support/company/grant-vault.ts';
import { type MainProcess, startMainProcess } from '../support/company/main-process.ts';
import { addedIntegration } from '../support/given/added.ts';
import { leaks } from '../support/leaks.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  startOAuthProvider,
} from '../support/peers/oauth-provider.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

const ANN = 'ann.lee@harbour.example';
const ADMIN = 'noor.haddad@harbour.example';

let slack: SlackDouble;
let provider: OAuthProvider;
let party: ThirdParty;
let main: MainProcess;
let foundation: Foundation;
let noor: SlackUser;
let ann: SlackUser;
let id: string;
let browser: WebBrowser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  provider = await startOAuthProvider();
  party = await startThirdParty();
  main = await startMainProcess(() => ({
    ADMIN_EMAILS: ADMIN,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  }));
  ({ foundation } = main);
  slack.eventsUrl = `${main.url}/slack/events`;
  noor = slack.addUser('noor', { email: ADMIN });
  ann = slack.addUser('ann', { email: ANN });
  id = await addHarbour();
  await provider.open(`http://localhost:${new URL(main.url).port}/oauth/${id}/callback`);
  browser = new WebBrowser(main.url);
});

afterAll(async () => {
  await main?.stop();
  await slack?.stop();
  await provider?.close();
  await party?.close();
});

async function addHarbour(): Promise<string> {
  const client = { client_id: '{{CLIENT_ID}}', client_secret: '{{CLIENT_SECRET}}' };
  const manifest = {
    initial_data_form: [
      { id: 'CLIENT_ID', name: 'Client ID', secret: false },
      { id: 'CLIENT_SECRET', name: 'Client secret' },
    ],
    oauth: {
      authenticate_url: `${provider.url}/auth?client_id={{CLIENT_ID}}&response_type=code&scope=openid%20offline_access&redirect_uri={{redirect_url}}`,
      access_token: {
        url: `${provider.url}/token`,
        data: {
          grant_type: 'authorization_code',
          code: '{{code}}',
          redirect_uri: '{{redirect_url}}',
          ...client,
        },
      },
    },
    execute: [{ url: `${provider.url}/api/users` }],
  };
  return (await addedIntegration(foundation.transact, { name: 'Harbour', manifest })).id;
}

test('secrets typed into a form in Slack reach the vault, and the card says what comes next', async () => {
  await noor.command('integrations');
  const list = await slack.message('Harbour', { channel: noor.direct });
  await noor.press(list, 'Open');
  const card = await slack.message('Enter secrets', { channel: noor.direct });
  await noor.press(card, 'Enter secrets…');
  const modal = await slack.modal("What you enter isn't posted in chat");
  noor.fill(modal, { 'Client ID': CLIENT_ID, 'Client secret': CLIENT_SECRET });
  await noor.submit(modal);
  await slack.message('Saved for Harbour', { channel: noor.direct });
  expect(await foundation.stores.secrets.all(id)).toEqual({ CLIENT_ID, CLIENT_SECRET });
});

test('Connect leads over a confirmed link to the provider and back', async () => {
  const card = await slack.nextMessage(({ blocks }) =>
    JSON.stringify(blocks).includes('"Connect"'),
  );
  await noor.press(card, 'Connect');
  const sent = await slack.message('Connect Harbour', { channel: noor.direct });
  const path = /\/links\/[^"|>]+/.exec(JSON.stringify(sent.blocks))?.[0] ?? '';
  const code = codeOn((await browser.get(path)).text);
  await browser.get(path);
  const question = await slack.message('Which number does your browser show?', {
    channel: noor.direct,
  });
  await noor.press(question, code);
  await slack.message('Browser confirmed', { channel: noor.direct });
  const page = await browser.follow(await browser.post(path));
  const away = /content="0; url=([^"]+)"/.exec(page.text)?.[1] ?? '';
  const back = await provider.visit(
    away.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'),
  );
  const done = await browser.follow(await browser.get(`${back.pathname}${back.search}`));
  expect(done.text).toContain('Harbour is connected');
  await slack.message('Reconnect', { channel: noor.direct });
});

test('no secret, code, token or link stands in Slack, in the log, or open in the database', async () => {
  const token = await foundation.stores.oauth.find(id);
  const callback = browser.history.find((each) => each.includes('code=')) ?? '';
  const secrets = {
    CLIENT_SECRET,
    access_token: toText(token?.answer['access_token']),
    refresh_token: toText(token?.answer['refresh_token']),
    code: new URL(callback, 'http://localhost').searchParams.get('code') ?? '',
  };
  const link = browser.history.find((each) => each.startsWith('/links/'))?.split('.')[1] ?? '';
  for (const value of [...Object.values(secrets), link]) expect(value.length).toBeGreaterThan(20);
  const chat = JSON.stringify([
    slack.workspace.messages.map(({ blocks, text }) => [blocks, text]),
    slack.workspace.modals.map(({ view }) => view),
  ]);
  const log = main.log();
  const database = Object.values(main.databaseFiles()).join('\n');
  // What is looked through really holds what happened.
  expect(chat).toContain('Client secret');
  expect(database).toContain('oauth.connected');
  expect(leaks(secrets, { chat, database, log })).toEqual([]);
  expect(leaks({ link }, { log })).toEqual([]);
});

test('a generated password reaches its person once, and stands nowhere else', async () => {
  await foundation.transact((tx) =>
    addPerson(
      tx,
      { email: ANN, firstName: 'Ann', lastName: 'Lee' },
      { ...foundation, actor: { kind: 'system' } },
    ),
  );
  // She has never written to Latchkey: Slack says who has her address.
  party.on('POST /users', { json: { ok: true } });
  await grantVault(foundation, { url: party.url, email: ANN, granter: ADMIN });

  const message = await slack.message('You have a private message about Vault', {
    channel: ann.direct,
  });
  // She waits for the state to be stored: the card then says until when the message is kept.
  await slack.message('You can view it until', { channel: ann.direct });
  await ann.press(message, 'View');
  const sent = await slack.message('Here is your link', { channel: ann.direct });
  expect(JSON.stringify(sent.blocks)).toContain(
    'The link only opens on the machine that Latchkey runs',
  );
  const url = /"url":"(http:[^"]+\/links\/[^"]+)"/.exec(JSON.stringify(sent.blocks))?.[1] ?? '';
  const local = url.replace('localhost', '127.0.0.1');

  const first = await browse(local, '');
  const code = /class="code">(\d{4})</.exec(first.text)?.[1] ?? '';
  await browse(local, first.cookie);
  const question = await slack.message('Which number does your browser show?', {
    channel: ann.direct,
  });
  await ann.press(question, code);
  await slack.message('Browser confirmed', { channel: ann.direct });
  expect((await browse(local, first.cookie)).text).toContain('Show it now');
  const shown = await browse(local, first.cookie, 'POST');

  const { password } = JSON.parse(party.requests[0]?.body ?? '{}') as { readonly password: string };
  expect(password).toHaveLength(24);
  expect(shown.text).toContain(`It is ${password}.`);
  expect((await browse(local, first.cookie, 'POST')).status).toBe(410);
  await slack.message('You have seen the message about Vault', { channel: ann.direct });

  await noor.command('activity');
  await slack.message('Activity', { channel: noor.direct });
  const everywhere = {
    chat: JSON.stringify([
      slack.workspace.messages.map(({ blocks, text }) => [blocks, text]),
      slack.workspace.modals.map(({ view }) => view),
    ]),
    database: Object.values(main.databaseFiles()).join('\n'),
    log: main.log(),
  };
  // What is looked through really holds what happened.
  expect(everywhere.database).toContain(ANN);
  expect(everywhere.chat).toContain('Vault');
  for (const text of Object.values(everywhere)) {
    expect(text.includes(password)).toBe(false);
    expect(text.includes(Buffer.from(password).toString('base64').slice(0, -4))).toBe(false);
  }
  const token = new URL(url).pathname.split('.')[1] ?? '';
  expect(token.length).toBeGreaterThan(20);
  expect(everywhere.log.includes(token)).toBe(false);
});

/** One request of a browser, with its cookie. */
async function browse(url: string, cookie: string, method = 'GET') {
  const headers: Record<string, string> = cookie ? { cookie } : {};
  const response = await fetch(url, { method, headers });
  const set = response.headers.get('set-cookie')?.split(';')[0];
  return { status: response.status, text: await response.text(), cookie: set ?? cookie };
}
