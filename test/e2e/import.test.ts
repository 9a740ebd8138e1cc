/** Many people from a file, and from an HR system, with real processes: the worker is killed half-way, and people go on being answered. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { addIntegration } from '../../src/engine/integrations.ts';
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
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
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

const EMPLOYEES = 6000;
const PAGE = 200;

test('a worker that is killed while it reads the HR system, and again while it adds people, leaves nobody out, and adds nobody twice', async () => {
  const { stores } = company.app.foundation;
  const asked: number[] = [];
  const hr = await startHr(asked);
  try {
    await addHr(hr);
    await admin.command('import HR');
    await slack.message('Reading HR', { channel: admin.direct });
    const runOf = async () => {
      const { runs } = await stores.syncRuns.list({}, { offset: 0, limit: 1 });
      if (!runs[0]) throw new Error('There is no run');
      return runs[0];
    };
    const until = async (isThere: (run: Awaited<ReturnType<typeof runOf>>) => boolean) => {
      for (let run = await runOf(); !isThere(run); ) run = await runOf();
    };
    await until(({ pages }) => pages >= 5);
    process.kill(await company.app.workerReady(), 'SIGKILL');
    const card = await slack.message('New: 6,000 people', { channel: admin.direct });
    expect(asked.length).toBeLessThanOrEqual(EMPLOYEES / PAGE + 1); // The page that was on its way, once more.

    await admin.press(card, 'Import 6,000 people');
    await until(({ counts }) => counts.created >= 500);
    process.kill(await company.app.workerReady(), 'SIGKILL');
    expect((await runOf()).counts.created).toBeLessThan(EMPLOYEES);
    await slack.message('HR: 6,000 people added', { channel: admin.direct });

    const { people, total } = await stores.people.search('employee', {
      offset: 0,
      limit: EMPLOYEES,
    });
    expect(total).toBe(EMPLOYEES);
    expect(new Set(people.map(({ email }) => email)).size).toBe(EMPLOYEES);
    expect((await runOf()).counts).toMatchObject({ rows: EMPLOYEES, created: EMPLOYEES });
  } finally {
    hr.close();
    hr.closeAllConnections();
  }
}, 120_000);

async function startHr(asked: number[]): Promise<Server> {
  const server = createServer((request, response) => {
    const from = Number(new URL(request.url ?? '', 'http://hr').searchParams.get('from'));
    asked.push(from);
    const people = Array.from({ length: PAGE }, (_, n) => ({
      mail: `employee${from + n}@harbour.example`,
    }));
    const next = from + PAGE < EMPLOYEES ? `/?from=${from + PAGE}` : null;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ people, next }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function addHr(server: Server): Promise<void> {
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  const { transact, now, newId } = company.app.foundation;
  const manifest = JSON.stringify({
    execute: [{ url: `http://127.0.0.1:${port}/?from=0`, method: 'GET' }],
    action: 'create',
    data_from: 'people',
    data_structure: { email: 'mail' },
    next_page_from: 'next',
    amount_pages_to_fetch: 100,
  });
  const actor = { kind: 'operator', user: 'test' } as const;
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'HR', manifest, secrets: {} }, { now, newId, actor }),
  );
  if (!added.ok) throw new Error(JSON.stringify(added.errors));
}
