/**
 * A generated password that is emailed as a link: real processes, a real third party and a real mail server. Its person is in
 * Slack, so the number is confirmed there; the password is looked for everywhere else afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Foundation } from '../../src/app/foundation.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { codeOn } from '../support/browser/web.ts';
import { grantVault } from '../support/company/grant-vault.ts';
import { type MainProcess, startMainProcess } from '../support/company/main-process.ts';
import { type MailServer, startMailServer } from '../support/peers/mail-server.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import { until } from '../support/until.ts';

const ANN = 'ann.lee@harbour.example';
const ADMIN = 'noor.haddad@harbour.example';
const PUBLIC_URL = 'https://latchkey.harbour.example';

let slack: SlackDouble;
let party: ThirdParty;
let mail: MailServer;
let main: MainProcess;
let foundation: Foundation;
let ann: SlackUser;
let noor: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  party = await startThirdParty();
  mail = await startMailServer();
  main = await startMainProcess(() => ({
    ADMIN_EMAILS: ADMIN,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    PUBLIC_URL,
    SMTP_URL: mail.url,
    MAIL_FROM: 'Latchkey <it@harbour.example>',
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  }));
  ({ foundation } = main);
  slack.eventsUrl = `${main.url}/slack/events`;
  ann = slack.addUser('ann', { email: ANN });
  noor = slack.addUser('noor', { email: ADMIN });
});

afterAll(async () => {
  await main?.stop();
  await slack?.stop();
  await mail?.stop();
  await party?.close();
});

/** One request of a browser, with its cookie. */
async function browse(path: string, cookie = '', method = 'GET') {
  const headers: Record<string, string> = cookie ? { cookie } : {};
  const response = await fetch(main.url + path, { method, headers, redirect: 'manual' });
  const set = response.headers.get('set-cookie')?.split(';')[0];
  const location = response.headers.get('location') ?? '';
  return {
    status: response.status,
    text: await response.text(),
    cookie: set ?? cookie,
    location,
  };
}

test('a password that is emailed as a link is shown once, to whom Slack knows', async () => {
  await foundation.transact(async (tx) => {
    const deps = { ...foundation, actor: { kind: 'system' } as const };
    await addPerson(tx, { email: ANN, firstName: 'Ann', lastName: 'Lee' }, deps);
    await changeWorkspaceSettings(tx, { secretsAsLinks: true });
  });
  await ann.write('help');
  await slack.message('What I can do', { channel: ann.direct }); // From now on chat knows her.
  party.on('POST /users', { json: { ok: true } });
  await grantVault(foundation, { url: party.url, email: ANN });

  const letter = await mail.first;
  const path = new RegExp(String.raw`${PUBLIC_URL}(/links/emailed\.\S+)`).exec(letter.text)?.[1];
  if (path === undefined) throw new Error(`There is no link in ${letter.text}`);
  // The worker stores that the email is sent a moment after it has arrived.
  await until(async () => (await browse(path)).status === 200);
  const pressed = await browse(path, '', 'POST');
  expect(pressed.status).toBe(303);

  const first = await browse(pressed.location);
  await browse(pressed.location, first.cookie);
  const question = await slack.message('Which number does your browser show?', {
    channel: ann.direct,
  });
  await ann.press(question, codeOn(first.text));
  await slack.message('Browser confirmed', { channel: ann.direct });
  const shown = await browse(pressed.location, first.cookie, 'POST');

  const { password } = JSON.parse(party.requests[0]?.body ?? '{}') as { readonly password: string };
  expect(password).toHaveLength(24);
  expect(shown.text).toContain(`It is ${password}.`);
  expect((await browse(path, '', 'POST')).status).toBe(410);

  await noor.command('activity');
  await slack.message('Activity', { channel: noor.direct });
  const everywhere = {
    mail: JSON.stringify(mail.mails),
    chat: JSON.stringify(slack.workspace.messages.map(({ blocks, text }) => [blocks, text])),
    database: Object.values(main.databaseFiles()).join('\n'),
    log: main.log(),
  };
  for (const text of Object.values(everywhere)) expect(text.includes(password)).toBe(false);
  const token = path.split('.').at(-1) ?? '';
  expect(token.length).toBeGreaterThan(20);
  for (const text of [everywhere.chat, everywhere.database, everywhere.log])
    expect(text.includes(token)).toBe(false);
});
