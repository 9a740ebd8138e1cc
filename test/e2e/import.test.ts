/**
 * Many people from a file, and from HR systems, with real processes: the worker is killed half-way, and people go on being answered.
 * The people of each test are others.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { addItem } from '../../src/engine/sequences/change-items.ts';
import { makeSequence } from '../../src/engine/sequences/change-sequence.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { addedIntegration } from '../support/given/added.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import { tick } from '../support/tick.ts';
import { until } from '../support/until.ts';

let slack: SlackDouble;
let company: TestCompany;
let admin: SlackUser;

beforeAll(async () => {
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
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

/** Enough that the worker is killed before the end. */
const PEOPLE = 3000;

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
  const card = await slack.message('New: 3,000 people', { channel: admin.direct });
  await admin.press(card, 'Import 3,000 people');

  await until(async () => (await total()) >= before + 500);
  process.kill(await company.app.workerReady(), 'SIGKILL');
  expect(await total()).toBeLessThan(before + PEOPLE);
  await admin.command('people p1999');
  await slack.message('People', { channel: admin.direct });

  await slack.message('everybody.csv imported', { channel: admin.direct });
  expect(await total()).toBe(before + PEOPLE);
  const [first, second] = await Promise.all(
    [0, 1].map((n) => stores.people.findByEmail(`p${n}@harbour.example`)),
  );
  expect(first?.managerId).toBe(second?.id);

  async function total(): Promise<number> {
    return (await stores.people.search('', { offset: 0, limit: 1 })).total;
  }
}, 240_000);

const EMPLOYEES = 3200;
const PAGE = 200;

test('a worker that is killed while it reads the HR system, and again while it adds people, leaves nobody out, and adds nobody twice', async () => {
  const { stores } = company.app.foundation;
  const asked: number[] = [];
  const hr = await startHr(asked);
  try {
    await addRoster(hr);
    await admin.command('import Roster');
    await slack.message('Reading Roster', { channel: admin.direct });
    const runOf = async () => {
      const { runs } = await stores.syncRuns.list({}, { offset: 0, limit: 1 });
      if (!runs[0]) throw new Error('There is no run');
      return runs[0];
    };
    await until(async () => (await runOf()).pages >= 5);
    process.kill(await company.app.workerReady(), 'SIGKILL');
    const card = await slack.message('New: 3,200 people', { channel: admin.direct });
    // Once more: the page that was being stored, and the one that was read ahead.
    expect(asked.length).toBeLessThanOrEqual(EMPLOYEES / PAGE + 2);

    await admin.press(card, 'Import 3,200 people');
    await until(async () => (await runOf()).counts.created >= 500);
    process.kill(await company.app.workerReady(), 'SIGKILL');
    expect((await runOf()).counts.created).toBeLessThan(EMPLOYEES);
    await slack.message('Roster: 3,200 people added', { channel: admin.direct });

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
}, 240_000);

const JOINERS = 45;

test('on the notice of a scheduled import an admin starts a sequence for everybody it has added, each once', async () => {
  const { stores, transact, db, now } = company.app.foundation;
  const badges: string[] = [];
  const hr = await startServer((request, body) => {
    if (request.method === 'POST') {
      badges.push(body);
      return {};
    }
    return { people: Array.from({ length: JOINERS }, (_, n) => ({ mail: `joiner${n}@x.io` })) };
  });
  try {
    const url = urlOf(hr);
    await add('HR', {
      execute: [{ url, method: 'GET' }],
      action: 'create',
      data_from: 'people',
      data_structure: { email: 'mail' },
      schedule: '* * * * *',
    });
    const badge = await add('Badge', { execute: [{ url, data: { for: '{{email}}' } }] });
    const by = { actor: OPERATOR };
    const made = await transact((tx) =>
      makeSequence(tx, { name: 'Badges', anchor: 'assignment', isForEveryHire: false }, by),
    );
    if (!made.ok) throw new Error(made.why);
    const does = { kind: 'grant', integrationId: badge, form: {}, answers: [] } as const;
    await transact((tx) =>
      addItem(tx, made.value.id, { timing: { kind: 'at-once' }, does, ...by }),
    );
    // As if it had been saved an hour ago: what came before that is not made up for.
    await db('manifest_versions').update({ created_at: now().getTime() - 3_600_000 });
    await tick(company.app.foundation);

    const notice = await slack.message(`HR: ${JOINERS} people added`, { channel: admin.direct });
    await admin.press(notice, 'Start a sequence…');
    const form = await slack.modal(`The import added ${JOINERS} people`);
    admin.fill(form, { Sequence: 'Badges' });
    await admin.submit(form);
    const question = await slack.message(`Start Badges for ${JOINERS} people?`, {
      channel: admin.direct,
    });
    await admin.press(question, `Start for ${JOINERS} people`);
    await slack.message(`✓ Badges started for ${JOINERS} people`, { channel: admin.direct });
    const [{ n: assigned } = { n: 0 }] = await db('sequence_assignments')
      .where({ sequence_id: made.value.id })
      .count({ n: '*' });
    expect(assigned).toBe(JOINERS);

    await tick(company.app.foundation);
    const first = { offset: 0, limit: 1 };
    await until(
      async () => (await stores.runs.list({ outcome: 'succeeded' }, first)).total === JOINERS,
    );
    const wanted = Array.from({ length: JOINERS }, (_, n) => `{"for":"joiner${n}@x.io"}`);
    expect(badges.toSorted(byText)).toEqual(wanted.toSorted(byText));
  } finally {
    hr.close();
    hr.closeAllConnections();
  }
}, 240_000);

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const startHr = (asked: number[]): Promise<Server> =>
  startServer(({ url = '' }) => {
    const from = Number(new URL(url, 'http://hr').searchParams.get('from'));
    asked.push(from);
    const people = Array.from({ length: PAGE }, (_, n) => ({
      mail: `employee${from + n}@harbour.example`,
    }));
    return { people, next: from + PAGE < EMPLOYEES ? `/?from=${from + PAGE}` : null };
  });

/** A service that answers each request with JSON. */
async function startServer(
  answer: (request: IncomingMessage, body: string) => unknown,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await readText(request);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer(request, body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // Only a pipe's address is a string.

const addRoster = (server: Server): Promise<string> =>
  add('Roster', {
    execute: [{ url: `${urlOf(server)}?from=0`, method: 'GET' }],
    action: 'create',
    data_from: 'people',
    data_structure: { email: 'mail' },
    next_page_from: 'next',
    amount_pages_to_fetch: 100,
  });

const OPERATOR = { kind: 'operator', user: 'test' } as const;

/** @returns the integration's id */
async function add(name: string, manifest: object): Promise<string> {
  const { transact } = company.app.foundation;
  return (await addedIntegration(transact, { name, manifest })).id;
}
