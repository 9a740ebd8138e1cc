/** The worker process is killed in the middle of a run: people go on being answered, and the card ends in the truth. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

let slack: SlackDouble;
let company: TestCompany;
let marco: SlackUser;
let party: Server;
/** Every request of this test that the third party got; none is answered but by the test. */
let asked: { readonly request: IncomingMessage; readonly response: ServerResponse }[];

beforeAll(async () => {
  party = createServer((request, response) => {
    asked.push({ request, response });
    party.emit('asked');
  });
  party.listen(0, '127.0.0.1');
  await once(party, 'listening');
  slack = await SlackDouble.start();
  const { port } = party.address() as AddressInfo;
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  await addHolding(`http://127.0.0.1:${port}`);
});
afterAll(async () => {
  party.closeAllConnections();
  await company?.stop();
  await slack?.stop();
  party.close();
});
beforeEach(() => {
  asked = [];
});

test('a write that was on its way has an unknown outcome, is not sent again, and the card says so', async () => {
  await grant('Writes');
  await nthRequest(1);
  const pid = await company.app.workerReady();
  process.kill(pid, 'SIGKILL');

  await marco.command('help');
  await slack.message('What I can do');
  await slack.message("We don't know whether it was done.", { channel: marco.direct });
  expect(await company.app.workerReady()).not.toBe(pid);
  expect(asked).toHaveLength(1);
});

test('a read that was on its way is sent again by the next worker, and the run ends well', async () => {
  await grant('Reads');
  await nthRequest(1);
  process.kill(await company.app.workerReady(), 'SIGKILL');
  await nthRequest(2);
  asked[1]?.response.end('{}');
  await slack.message('✓ Ann Lee now has Reads', { channel: marco.direct });
  expect(asked).toHaveLength(2);
});

async function grant(name: string): Promise<void> {
  await marco.command('grant Ann Lee');
  const card = await slack.message('What should Ann Lee get?', { channel: marco.direct });
  await marco.press(card, `Grant: ${name}`);
  await marco.submit(await slack.modal(`Ann Lee (ann.lee@harbour.example) gets ${name}`));
}

async function nthRequest(n: number): Promise<void> {
  while (asked.length < n) await once(party, 'asked');
}

/** Two integrations of one request each. */
async function addHolding(url: string): Promise<void> {
  const { transact } = company.app.foundation;
  for (const [name, method] of [
    ['Writes', 'POST'],
    ['Reads', 'GET'],
  ] as const) {
    const manifest = JSON.stringify({ execute: [{ url, method }] });
    const added = await transact((tx) =>
      addIntegration(
        tx,
        { name, manifest, secrets: {} },
        { actor: { kind: 'operator', user: 'test' } },
      ),
    );
    expect(added.ok).toBe(true);
  }
}
