/** What Latchkey says of access, with ready-made manifests as they are and services that answer as their documentation says. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addPerson } from '../../src/engine/people/people.ts';
import { type ReadyMadeApp, startReadyMadeApp } from '../support/peers/ready-made-app.ts';
import { readable } from '../support/slack-double/readable.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import type { DoubleMessage } from '../support/slack-double/workspace.ts';

const ANN = 'ann.lee@harbour.example';
const ADMIN = 'noor.haddad@harbour.example';

let app: ReadyMadeApp;
let noor: SlackUser;
let heard: number;

beforeAll(async () => {
  app = await startReadyMadeApp(ADMIN);
  const { foundation } = app.main;
  noor = app.slack.addUser('noor', { email: ADMIN });
  await foundation.transact((tx) =>
    addPerson(
      tx,
      { email: ANN, firstName: 'Ann', lastName: 'Lee' },
      { ...foundation, actor: { kind: 'system' } },
    ),
  );
});
afterAll(() => app?.stop());
beforeEach(() => {
  heard = app.services.requests.length;
});

const sent = () =>
  app.services.requests.slice(heard).map(({ method, url, headers }) => {
    return `${method} ${String(headers['host'])}${url}`;
  });
const said = (text: string) => app.slack.message(text, { channel: noor.direct });

/** Asks for Ann's access, and waits until the new card says this of it. */
async function card(text: string): Promise<DoubleMessage> {
  const { messages } = app.slack.workspace;
  const before = messages.length;
  await noor.command('access Ann Lee');
  return app.slack.nextMessage(
    (message) => messages.indexOf(message) >= before && readable(message.blocks).includes(text),
  );
}

async function annIs(stored: Readonly<Record<string, string>>): Promise<void> {
  await app.main.foundation.transact(async (tx) => {
    const ann = await tx.people.findByEmail(ANN);
    if (ann) await tx.people.save({ ...ann, stored });
  });
}

/** Noor revokes what the card says that Ann has. */
async function revoke(integration: string): Promise<void> {
  await noor.press(await card('✓ Has access'), 'Revoke…');
  const modal = await app.slack.modal(`This revokes ${integration}`);
  await noor.submit(modal);
  await said(`✓ Ann Lee no longer has ${integration}`);
  const { people, runs } = app.main.foundation.stores;
  const ann = await people.findByEmail(ANN);
  const revokes = await runs.lastSucceeded(ann?.id ?? '');
  expect(revokes.map((run) => 'foundGone' in run && run.foundGone)).toContain(true);
}

const MEMBERSHIP = '/orgs/harbour/teams/design/memberships/annlee';

test("GitHub: someone whose username nobody knows isn't confirmed, and nothing is sent", async () => {
  await app.add('github-team', { TOKEN: 'secret-1', ORG: 'harbour', TEAM: 'design' });
  await card("Not confirmed. GitHub username isn't known");
  expect(sent()).toEqual([]);
});

test('GitHub: once the username is known the check asks, and a 404 is no access', async () => {
  await annIs({ GITHUB_USERNAME: 'annlee' });
  app.services.on(`GET ${MEMBERSHIP}`, {
    status: 404,
    json: { message: 'Not Found', status: '404' },
  });
  await noor.press(await said('Not confirmed.'), 'Try again');
  await said('No access');
  expect(sent()).toEqual([`GET api.github.com${MEMBERSHIP}`]);
});

test('Okta: a revoke ends well where the account has been deleted there', async () => {
  const okta = { TOKEN: 'secret-2', OKTA_HOST: 'harbour.okta.com', GROUP_ID: '00g1' };
  await app.add('okta-group', okta);
  const user = `/api/v1/users/${encodeURIComponent(ANN)}`;
  const nobody = {
    status: 404,
    json: { errorCode: 'E0000007', errorSummary: `Not found: Resource not found: ${ANN} (User)` },
  };
  app.services.on(`GET ${user}/groups`, { json: [{ id: '00g1' }] }, nobody);
  app.services.on(`GET ${user}`, nobody);
  await revoke('okta-group');
  expect(sent()).toContain(`GET harbour.okta.com${user}`);
  expect(sent().filter((line) => line.startsWith('DELETE'))).toEqual([]);
});

test('Entra: a revoke ends well where the account has been deleted there', async () => {
  await app.add('microsoft-entra-group', {
    TENANT_ID: 'harbour',
    CLIENT_ID: 'client-1',
    CLIENT_SECRET: 'secret-3',
    GROUP_ID: 'group-1',
  });
  const user = `/v1.0/users/${encodeURIComponent(ANN)}`;
  const nobody = {
    status: 404,
    json: {
      error: { code: 'Request_ResourceNotFound', message: `Resource '${ANN}' does not exist` },
    },
  };
  app.services.on(`POST ${user}/checkMemberGroups`, { json: { value: ['group-1'] } }, nobody);
  app.services.on(`GET ${user}`, nobody);
  await revoke('microsoft-entra-group');
  expect(sent()).toContain(`GET graph.microsoft.com${user}?$select=id`);
  expect(sent().filter((line) => line.startsWith('DELETE'))).toEqual([]);
});

test("GitHub: a 403 with nothing left is waited for, and isn't taken for a wrong token", async () => {
  const limited = {
    status: 403,
    json: { message: 'API rate limit exceeded for user ID 1.' },
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
  };
  app.services.on(`GET ${MEMBERSHIP}`, limited, { json: { state: 'active', role: 'member' } });
  await card('✓ Has access');
  expect(sent().filter((line) => line.includes('github'))).toEqual([
    `GET api.github.com${MEMBERSHIP}`,
    `GET api.github.com${MEMBERSHIP}`,
  ]);
});
