/** The command line adds an event endpoint, someone gets access, and a server of the customer's hears of it. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import { type Receiver, startReceiver } from '../../engine/event-endpoints/receiver.ts';
import { runCommand } from '../../support/command-line.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';
import { until } from '../../support/until.ts';

let company: TestCompany;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  company = await testCompany({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' });
  await company.app.foundation.transact((tx) =>
    addIntegration(
      tx,
      {
        name: 'Badges',
        manifest: JSON.stringify({ execute: [{ url: `${receiver.url}/badges`, method: 'POST' }] }),
        secrets: {},
      },
      { actor: { kind: 'system' } },
    ),
  );
});
afterAll(async () => {
  await company.stop();
  await receiver.close();
});

const latchkey = (...args: readonly string[]) => {
  const { databaseUrl } = company.app.foundation.config;
  return runCommand(args, {
    DATABASE_URL: databaseUrl,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    LOG_LEVEL: 'silent',
  });
};

test('a grant reaches the address, signed with the secret that was printed once', async () => {
  const added = await latchkey('event-endpoint', 'add', 'SIEM', receiver.url, '--events', 'access');
  expect(added).toMatchObject({ code: 0, err: '' });
  const secret = /whsec_\S+/.exec(added.out)?.[0] ?? '';

  expect(await latchkey('event-endpoint', 'test', 'SIEM')).toEqual({
    code: 0,
    out: 'SIEM took the test: 204\n',
    err: '',
  });
  expect(await latchkey('grant', 'ann.lee@harbour.example', 'Badges')).toMatchObject({
    code: 0,
  });
  await until(() => receiver.received.some(({ event }) => event.type === 'access.granted'));
  const got = receiver.received.find(({ event }) => event.type === 'access.granted');
  expect(new Webhook(secret).verify(got?.body ?? '', { ...got?.headers })).toMatchObject({
    type: 'access.granted',
    data: { person: { email: 'ann.lee@harbour.example' }, app: { name: 'Badges' } },
  });

  const { out } = await latchkey('event-endpoint', 'list');
  expect(out).toMatch(/SIEM .*127\.0\.0\.1:\d+ .*access .*on/);
  expect(out).not.toContain(secret);
  expect(await latchkey('event-endpoint', 'remove', 'siem')).toMatchObject({ code: 0 });
  expect(await latchkey('event-endpoint', 'test', 'SIEM')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no event endpoint is called "SIEM"') as string,
  });
});

test.each([
  [['add', 'X', 'http://example.com/in'], 'begins with https://'],
  [['add', 'X', 'ftp://example.com'], 'begins with https://'],
  [['add', 'X', 'https://ann:secret@example.com'], 'without a user name'],
  [['add', ' ', 'https://example.com'], 'Enter a name.'],
  [
    ['add', 'X', 'https://example.com', '--events', 'access,nothing'],
    'there is no event "nothing"',
  ],
  [['add', 'X', 'https://example.com', '--events', ','], '--events names no event'],
])('event-endpoint %j is refused with a reason', async (args, why) => {
  const { code, err } = await latchkey('event-endpoint', ...args);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(why) as string });
});
