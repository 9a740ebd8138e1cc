/** A bot token that expires, shared by the main process and its worker: one renews it, the other uses the new one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changePerson } from '../../src/engine/people/change-person.ts';
import { type CompanyProcess, startCompanyProcess } from '../support/company/company-process.ts';
import { present } from '../support/given/outcomes.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import { CLIENT } from '../support/slack-double/web-api.ts';

let slack: SlackDouble;
let company: CompanyProcess;
let marco: SlackUser;
beforeAll(async () => {
  slack = await SlackDouble.start({ token: 'xoxe.xoxb-1-0' });
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_REFRESH_TOKEN: slack.web.refreshToken,
    SLACK_CLIENT_ID: CLIENT.id,
    SLACK_CLIENT_SECRET: CLIENT.secret,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.url}/slack/events`;
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

const answers = (method: string) =>
  slack.web.calls.filter((call) => call.method === method).map(({ error }) => error ?? 'ok');

/** The worker edits the cards that show her. */
async function renameAnn(lastName: string): Promise<void> {
  const { stores, transact } = company.foundation;
  const ann = present(await stores.people.findByEmail('ann.lee@harbour.example'));
  const actor = { kind: 'system' } as const;
  await transact((tx) => changePerson(tx, ann, { actor, details: { lastName } }));
}

test('main and worker renew it once, and both go on when it expires', async () => {
  await marco.command('access Ann Lee');
  // Main posts it, and the worker edits it.
  const card = await slack.message('No access', { channel: marco.direct, after: 1 });
  expect(answers('oauth.v2.access')).toEqual(['ok']);

  slack.web.expire();
  await renameAnn('Parker');
  await slack.message('Access of Ann Parker', { channel: marco.direct });
  await marco.command('access Ann Parker'); // Main knows only the one that has expired.
  await slack.nextMessage(({ channel, ts }) => channel === marco.direct && ts !== card.ts);
  expect(answers('oauth.v2.access')).toEqual(['ok', 'ok']);
  expect(company.log()).not.toMatch(/"level":(50|60)/);
});

test('one that was revoked is said once, by the log and to operators', async () => {
  const { messages } = slack.workspace;
  const before = messages.length;
  await marco.command('access ann.lee@harbour.example');
  await slack.nextMessage(
    (message) => messages.indexOf(message) >= before && message.edits > 0, // The worker has the token, too.
  );
  const renewed = answers('oauth.v2.access').length;
  slack.web.revoke();
  await renameAnn('Reed');
  await company.logged(/Slack no longer accepts Latchkey's token/);
  const ready = await fetch(`${company.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain('Install the app again at api.slack.com/apps');

  await marco.command('access Ann Reed'); // Main meets it, too.
  await slack.nextCall(
    ({ method, error }) => method !== 'chat.update' && error === 'token_revoked',
  );
  expect(answers('oauth.v2.access').slice(renewed)).toEqual(['invalid_refresh_token']);
  expect(company.log().match(/Slack no longer accepts Latchkey's token/g)).toHaveLength(1);
});
