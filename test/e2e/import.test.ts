/** A large file of people, with real processes: the worker is killed half-way, and people go on being answered. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { type TestCompany, testCompany } from '../support/company.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

let slack: SlackDouble;
let company: TestCompany;
let admin: SlackUser;

beforeEach(async () => {
  slack = await SlackDouble.start();
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  admin = slack.addUser('admin', { email: personas.admin.email });
});
afterEach(async () => {
  await company?.stop();
  await slack?.stop();
});

const PEOPLE = 20_000;

test('a worker that is killed in the middle of an import leaves nobody out, and adds nobody twice', async () => {
  const { stores } = company.app.foundation;
  const rows = Array.from(
    { length: PEOPLE },
    (_, n) =>
      `p${n}@harbour.example,Person,Number ${n},p${n + 1 === PEOPLE ? 0 : n + 1}@harbour.example`,
  );
  const file = admin.upload(
    'everybody.csv',
    ['email,first name,last name,manager', ...rows].join('\n'),
  );
  const before = await total();
  await admin.writeWith('people import', [file]);
  const card = await slack.message('New: 20,000 people', { channel: admin.direct });
  await admin.press(card, 'Import 20,000 people');

  for (let now = before; now < before + 1000; ) now = await total();
  process.kill(await company.app.workerReady(), 'SIGKILL');
  expect(await total()).toBeLessThan(before + PEOPLE);
  await admin.command('people p1999');
  await slack.message('People', { channel: admin.direct });

  await slack.message('everybody.csv is imported', { channel: admin.direct });
  expect(await total()).toBe(before + PEOPLE);
  const [first, second] = await Promise.all(
    [0, 1].map((n) => stores.people.findByEmail(`p${n}@harbour.example`)),
  );
  expect(first?.managerId).toBe(second?.id);

  async function total(): Promise<number> {
    return (await stores.people.search('', { offset: 0, limit: 1 })).total;
  }
}, 120_000);
