/**
 * A generated password on its way to the person it is for: real processes, a real third party, mail switched off, so that
 * the email becomes a message in Slack which shows the password once. It is looked for everywhere else afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Foundation } from '../../src/app/foundation.ts';
import { startGrant } from '../../src/engine/access/grant.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { type MainProcess, startMainProcess } from '../support/company/main-process.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

const ANN = 'ann.lee@harbour.example';
const ADMIN = 'noor.haddad@harbour.example';

let slack: SlackDouble;
let party: ThirdParty;
let main: MainProcess;
let foundation: Foundation;
let ann: SlackUser;
let noor: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
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
  ann = slack.addUser('ann', { email: ANN });
  noor = slack.addUser('noor', { email: ADMIN });
});

afterAll(async () => {
  await main?.stop();
  await slack?.stop();
  await party?.close();
});

/** Grants Ann something that makes a password and mails it to her. */
async function grant(): Promise<void> {
  const { transact } = foundation;
  const actor = { kind: 'system' } as const;
  await transact(async (tx) => {
    const person = await tx.people.findByEmail(ANN);
    const admin = await tx.people.findByEmail(ADMIN);
    const added = await addIntegration(
      tx,
      {
        name: 'Vault',
        manifest: JSON.stringify({
          initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
          execute: [{ url: `${party.url}/users`, data: { password: '{{PASSWORD}}' } }],
          post_execute_notification: [
            {
              type: 'email',
              to: '{{email}}',
              subject: 'Your password',
              message: 'It is {{PASSWORD}}.',
            },
          ],
        }),
        secrets: {},
      },
      { ...foundation, actor },
    );
    if (!person || !admin || !added.ok) throw new Error('Not set up');
    const by = { kind: 'person', personId: admin.id, via: 'slack' } as const;
    await startGrant(tx, { actor: by, person, integration: added.integration, form: {} });
  });
}

/** One request of a browser, with its cookie. */
async function browse(url: string, cookie: string, method = 'GET') {
  const headers: Record<string, string> = cookie ? { cookie } : {};
  const response = await fetch(url, { method, headers });
  const set = response.headers.get('set-cookie')?.split(';')[0];
  return { status: response.status, text: await response.text(), cookie: set ?? cookie };
}

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
  await grant();

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
