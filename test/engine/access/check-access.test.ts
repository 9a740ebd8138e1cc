import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { checkAccess } from '../../../src/engine/access/check-access.ts';
import { queueCheck } from '../../../src/engine/access/queue-check.ts';
import { confirmGone } from '../../../src/engine/access/removals/removals.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { HOUR, MINUTE, SECOND, type TestEngine, testEngine } from '../../support/engine.ts';
import { heldDeadlines } from '../../support/held-deadlines.ts';
import { held } from '../../support/peers/third-party.ts';

const TOKEN = 'sk-live-4f9b2a7c';

let engine: TestEngine;
let person: Person;
let integration: Integration;

const manifest = (exists: Readonly<Record<string, unknown>> = {}) => ({
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  headers: { authorization: 'Bearer {{TOKEN}}' },
  exists: {
    method: 'GET',
    url: `${engine.party.url}/users?email={{email}}`,
    expected: '{{email}}',
    ...exists,
  },
  execute: [{ url: `${engine.party.url}/users` }],
});

const furnish = async () => {
  person = await engine.person();
  integration = await engine.integration(manifest(), { TOKEN });
};
beforeEach(async () => {
  engine = await testEngine();
  await furnish();
});

const check = (whom = person) => checkAccess(whom.id, integration.id, engine.worker());
const known = () => engine.stores.access.find(person.id, integration.id);

describe('the answer is kept, with its reason and its time', () => {
  test.each([
    ['has', { json: { users: [{ email: 'Grace@Example.com' }] } }, /contains/],
    ['none', { json: { users: [{ email: 'grace@example.com.au' }] } }, /doesn't contain/],
    ['unknown', { status: 404 }, /answered 404.*fail_when_4xx_response_code/],
    ['unknown', { status: 500 }, /Try again later\.\nIt answered 500/],
    ['unknown', 'reset', /Try again later/],
  ] as const)('%s: %j', async (state, answer, reason) => {
    engine.party.on('GET /users', answer);
    const access = await check();
    expect(access).toMatchObject({ state, checkedAt: engine.now(), since: engine.now() });
    expect(access?.reason).toMatch(reason);
    expect(await known()).toEqual(access);
  });

  test('unknown where the service can not be reached, by its name', async () => {
    await engine.party.leave();
    expect((await check())?.reason).toMatch(/^\w+ doesn't answer\. Try again later\.$/);
  });

  test('unknown where it does not answer in time', async () => {
    const deadlines = heldDeadlines();
    engine.party.on('GET /users', 'hang');
    const checked = check();
    await engine.party.received(1);
    deadlines.pass();
    const access = await checked;
    expect(access?.state).toBe('unknown');
    expect(access?.reason).toContain('took too long to answer.');
  });

  test('unknown where a secret is missing, with who can enter it', async () => {
    await engine.db('secrets').delete();
    expect((await check())?.reason).toBe(
      'Asana is not set up yet: Token is missing. An admin has to enter it.',
    );
    expect(engine.party.requests).toHaveLength(0);
  });
});

test('an answer to a request from before the settings changed is no sign that the new ones work', async () => {
  engine.party.on('GET /users', { json: { users: [{ email: 'grace@example.com' }] } });
  const { http, ...worker } = engine.worker();
  const slow: Http = {
    async send(...wanted) {
      const answer = await http.send(...wanted);
      engine.clock.advance(SECOND);
      await engine.transact((tx) =>
        setSecrets(tx, integration, { secrets: { TOKEN: 'another' }, actor: engine.actor }),
      );
      return answer;
    },
  };
  await checkAccess(person.id, integration.id, { ...worker, http: slow });
  expect(await engine.stores.health.okAt(integration.id)).toBeUndefined();
  await check();
  expect(await engine.stores.health.okAt(integration.id)).toEqual(engine.now());
});

describe('a fact about the person that the check needs and nobody knows', () => {
  const asked = [{ id: 'GITHUB_USERNAME', name: 'GitHub username' }];
  const byName = (exists: Readonly<Record<string, unknown>>) =>
    engine.newManifest(integration, {
      extra_user_info: asked,
      exists: { method: 'GET', fail_when_4xx_response_code: false, ...exists },
    });

  test.each([
    ['path', { url: '/members/{{GITHUB_USERNAME}}' }],
    ['query', { url: '/members?name={{GITHUB_USERNAME}}' }],
    ['body', { url: '/members', method: 'POST', data: { name: '{{GITHUB_USERNAME}}' } }],
    ['expected', { url: '/members', expected: '"{{GITHUB_USERNAME}}"' }],
  ])(
    'makes it unknown where it stands in the %s: it is named, and nothing is sent',
    async (_, exists) => {
      await byName({ ...exists, url: engine.party.url + exists.url });
      expect(await check()).toMatchObject({
        state: 'unknown',
        reason: "GitHub username isn't known, so Latchkey couldn't check.",
      });
      expect(engine.party.requests).toHaveLength(0);
    },
  );

  test('is asked with as soon as it is known', async () => {
    await byName({ url: `${engine.party.url}/members/{{GITHUB_USERNAME}}` });
    await check();
    const stored = { GITHUB_USERNAME: 'grace' };
    await engine.transact((tx) => tx.people.save({ ...person, stored }));
    engine.party.on('GET /members/grace', { status: 404 });
    expect(await check()).toMatchObject({ state: 'none' });
  });
});

describe('what may be asked again without asking, is', () => {
  const queued = () =>
    engine.transact((tx) =>
      queueCheck(tx.queue, { personId: person.id, integrationId: integration.id }),
    );
  const there = { json: { users: [{ email: 'grace@example.com' }] } };

  test.each([{ status: 503 }, { status: 429 }, 'reset'] as const)(
    'after %j a second later, and what is known stays until then',
    async (answer) => {
      engine.party.on('GET /users', answer, there);
      await queued();
      await engine.runJobs();
      expect(await known()).toBeUndefined();
      await engine.later(SECOND - 1);
      expect(engine.party.requests).toHaveLength(1);
      await engine.later(1);
      expect(await known()).toMatchObject({ state: 'has', checkedAt: engine.now() });
    },
  );

  test('when GitHub says that there are requests again', async () => {
    const reset = String(engine.now().getTime() / SECOND + 20);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    engine.party.on('GET /users', { status: 403, headers }, there);
    await queued();
    await engine.runJobs();
    await engine.later(19 * SECOND);
    expect(engine.party.requests).toHaveLength(1);
    await engine.later(SECOND);
    expect(await known()).toMatchObject({ state: 'has' });
  });

  test('when the service said', async () => {
    engine.party.on('GET /users', { status: 429, headers: { 'retry-after': '20' } }, there);
    await queued();
    await engine.runJobs();
    await engine.later(19 * SECOND);
    expect(engine.party.requests).toHaveLength(1);
    await engine.later(SECOND);
    expect(await known()).toMatchObject({ state: 'has' });
  });

  test('but not beyond the time in which someone looks at the card', async () => {
    engine.party.on('GET /users', { status: 429, headers: { 'retry-after': '31' } });
    await queued();
    await engine.runJobs();
    expect(await known()).toMatchObject({ state: 'unknown' });
    await engine.later(MINUTE);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('at once where someone presses Try again first, and not again when it would have been due', async () => {
    engine.party.on('GET /users', { status: 429, headers: { 'retry-after': '20' } }, there);
    await queued();
    await engine.runJobs();
    await engine.later(SECOND);
    await queued();
    await engine.runJobs();
    expect(await known()).toMatchObject({ state: 'has', checkedAt: engine.now() });
    await engine.later(MINUTE);
    expect(engine.party.requests).toHaveLength(2);
  });

  test('three times at most, and the next check starts again from one', async () => {
    engine.party.on('GET /users', { status: 503 });
    await queued();
    for (let n = 0; n < 8; n += 1) await engine.later(SECOND);
    expect(engine.party.requests).toHaveLength(4);
    expect((await known())?.reason).toContain('answered 503');
    await queued();
    for (let n = 0; n < 8; n += 1) await engine.later(SECOND);
    expect(engine.party.requests).toHaveLength(8);
  });

  test('and not after a status that counts as success, or another error', async () => {
    await engine.newManifest(integration, manifest({ status_code: [503] }));
    engine.party.on('GET /users', { status: 503, text: person.email }, { status: 500 });
    await queued();
    await engine.runJobs();
    expect(await known()).toMatchObject({ state: 'has' });
    await queued();
    await engine.runJobs();
    expect(await known()).toMatchObject({ state: 'unknown' });
    expect(engine.party.requests).toHaveLength(2);
  });
});

test.each(bothDatabases)(
  'on %s a check that waits to be repeated is due at once where it is asked for, and stays so',
  async (_, open) => {
    const database = await open();
    onTestFinished(() => database.cleanup());
    const driver = createJobDriver(database.db);
    const now = engine.now();
    const push = (dueAt?: Date) =>
      inTransaction(database.db, (tx) =>
        queueCheck(
          driver.createQueue(tx, () => now),
          {
            personId: person.id,
            integrationId: integration.id,
            ...(dueAt && { dueAt, asked: { tries: 1, since: now.getTime() } }),
          },
        ),
      );
    const waiting = async () => (await driver.depths(now))[0];
    await push(new Date(now.getTime() + 20 * SECOND));
    expect(await waiting()).toMatchObject({ lane: 'interactive', due: 0, later: 1 });
    await push();
    expect(await waiting()).toMatchObject({ due: 1, later: 0 });
    await push(new Date(now.getTime() + 20 * SECOND));
    expect(await waiting()).toMatchObject({ due: 1, later: 0 });
  },
);

test('since stays while the state does, and moves when it changes', async () => {
  const first = engine.now();
  engine.party.on('GET /users', { text: person.email });
  await check();
  engine.clock.advance(HOUR);
  expect(await check()).toMatchObject({ state: 'has', since: first, checkedAt: engine.now() });

  engine.party.on('GET /users', { text: 'nobody' });
  engine.clock.advance(HOUR);
  expect(await check()).toMatchObject({ state: 'none', since: engine.now() });
});

test('an answer that was slow does not replace one to a later question', async () => {
  const slow = held({ json: { users: [] } });
  engine.party.on('GET /users', slow.answer, { json: { users: [{ email: person.email }] } });
  const first = check();
  await engine.party.received(1);
  await engine.later(1000);
  await check();
  slow.release();
  await first;
  expect(await known()).toMatchObject({ state: 'has' });
});

test('an answer from before an admin confirmed that it is gone does not bring it back', async () => {
  engine.party.on('GET /users', { text: person.email });
  await check();
  await engine.revoke(person, integration);
  await engine.runJobs();
  const slow = held({ text: person.email });
  const before = engine.party.requests.length;
  engine.party.on('GET /users', slow.answer, { text: 'nobody' });
  const asked = check();
  await engine.party.received(before + 1);
  engine.clock.advance(SECOND);
  const { id } = await engine.removal(person, integration);
  const by = { person: engine.admin, actor: engine.actor };
  await engine.transact((tx) => confirmGone(tx, id, by));
  slow.release();
  await asked;
  expect(await known()).toMatchObject({ state: 'none' });
  expect(await engine.stores.accounts.openAt(person.id, integration.id)).toEqual([]);
  await engine.runJobs();
  expect(engine.removalNotices.map(({ what }) => what)).not.toContain('back');
});

test('a reason never holds a secret that the service repeats', async () => {
  engine = await testEngine({ ownFile: true });
  await furnish();
  await engine.newManifest(integration, manifest({ expected: '{{TOKEN}}' }));
  engine.party.on('GET /users', { text: TOKEN });
  const access = await check();
  expect(access?.state).toBe('has');
  expect(access?.reason).not.toContain(TOKEN);
  expect(engine.databaseBytes()).not.toContain(TOKEN);
});

test('an integration without exists is not asked, and what is known of it stays', async () => {
  await engine.newManifest(integration, { execute: [{ url: `${engine.party.url}/users` }] });
  expect(await check()).toBeUndefined();
  expect(await known()).toBeUndefined();
  expect(engine.party.requests).toHaveLength(0);
});

test('an integration or a person that is gone leaves nothing behind', async () => {
  expect(await checkAccess(person.id, engine.newId(), engine.worker())).toBeUndefined();
  expect(await checkAccess(engine.newId(), integration.id, engine.worker())).toBeUndefined();
});

test('every card about the person is refreshed when the answer is there', async () => {
  engine.party.on('GET /users', { text: person.email });
  await engine.stores.messages.put({
    id: engine.newId(),
    card: { view: 'access', payload: '{}', topic: `person:${person.id}` },
    readerId: engine.admin.id,
    address: { platform: 'slack', key: 'D1:1.1' },
    shown: '',
    postedAt: engine.now(),
  });
  await check();
  await engine.runJobs();
  expect(engine.chat.map(({ name }) => name)).toEqual(['message.refresh']);
});
