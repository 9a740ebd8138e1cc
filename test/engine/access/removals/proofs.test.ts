/** What proves that access is gone, and what only looks like it. */
import { beforeEach, expect, test } from 'vitest';
import { checkAccess } from '../../../../src/engine/access/check-access.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { aPerson } from '../../../contracts/a-person.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../../support/engine.ts';
import { accessSince } from '../../../support/has-access.ts';
import { listedIn } from './listed-in.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const url = () => `${engine.party.url}/users`;
const revoke = () => [{ method: 'DELETE', url: url() }];

test('what was only found to be there is not gone by the 404 of a token without rights', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url(), status_code: [204, 404] }],
  });
  engine.party.on('GET /users', { json: {} });
  expect((await checkAccess(person.id, app.id, engine.worker()))?.state).toBe('has');
  engine.clock.advance(2 * DAY);
  engine.party.on('DELETE /users', { status: 404 });
  engine.party.on('GET /users', { status: 404 }); // the token lost its rights
  const second = await checkAccess(person.id, app.id, engine.worker());
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(40 * MINUTE);
  const removal = await engine.removal(person, app);
  expect([second?.state, removal.state]).toEqual(['unknown', 'stuck']);
});

test('nor after an answer that said nothing', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url(), status_code: [204, 404] }],
  });
  engine.party.on('GET /users', { json: {} });
  expect((await checkAccess(person.id, app.id, engine.worker()))?.state).toBe('has');
  engine.clock.advance(2 * DAY);
  engine.party.on('GET /users', { status: 500 });
  expect((await checkAccess(person.id, app.id, engine.worker()))?.state).toBe('unknown');
  engine.party.on('DELETE /users', { status: 404 });
  engine.party.on('GET /users', { status: 404 }); // the token lost its rights
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(40 * MINUTE);
  const removal = await engine.removal(person, app);
  expect(removal.state).toBe('stuck');
});

test('a removal at a token without rights makes nobody else read "No access"', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{{email}}}`, fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{{email}}}`, status_code: [204, 404] }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on(`GET /users/${person.email}`, { json: {} });
  const others: Person[] = [];
  for (const each of ['b', 'c', 'd']) {
    engine.party.on(`GET /users/${each}@example.com`, { json: {} });
    others.push(await engine.person({ email: `${each}@example.com`, firstName: each }));
  }
  await engine.granted(person, app);
  for (const { id } of others) await checkAccess(id, app.id, engine.worker());
  engine.clock.advance(2 * DAY);
  for (const { email } of [person, ...others]) {
    engine.party.on(`GET /users/${email}`, { status: 404 }); // the token lost its rights
    engine.party.on(`DELETE /users/${email}`, { status: 404 });
  }
  await engine.revoke(person, app);
  await engine.timePasses(3 * DAY);
  const states = await Promise.all(
    others.map(async ({ id }) => (await engine.stores.access.find(id, app.id))?.state),
  );
  expect(states).not.toContain('none');
}, 60_000);

test('someone with access vouches, however many people stand before them', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{{email}}}`, fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{{email}}}`, status_code: [204, 404] }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on(`GET /users/${person.email}`, { json: {} });
  await engine.granted(person, app);
  // 250 people of whom nothing is known stand before the one who has access.
  const strangers = Array.from({ length: 250 }, () => aPerson());
  await engine.transact(async (tx) => {
    await tx.people.insertMany(strangers);
    const now = engine.now();
    const unknown = accessSince(now, { state: 'unknown', reason: 'x' });
    for (const { id: personId } of strangers)
      await tx.access.put({ personId, integrationId: app.id, ...unknown });
  });
  const last = await engine.person({ email: 'z@example.com' });
  engine.party.on('GET /users/z@example.com', { json: {} });
  await checkAccess(last.id, app.id, engine.worker());
  engine.clock.advance(2 * DAY);
  engine.party.on(`GET /users/${person.email}`, { status: 404 });
  engine.party.on(`DELETE /users/${person.email}`, { status: 404 });
  await engine.revoke(person, app);
  await engine.timePasses(30 * HOUR);
  expect((await engine.removal(person, app)).state).toBe('gone');
}, 60_000);

test('a 401 says of nobody that they are not there', async () => {
  const app = await engine.integration({
    exists: {
      method: 'GET',
      url: url(),
      expected: '{{email}}',
      fail_when_4xx_response_code: false,
    },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  await engine.granted(person, app);
  engine.clock.advance(2 * DAY);
  engine.party.on('DELETE /users', { status: 401 });
  engine.party.on('GET /users', { status: 401, json: { error: 'token revoked' } });
  await engine.revoke(person, app);
  await engine.timePasses(40 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('stuck');
});

test('without exists a 404 that status_code takes is no proof', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url(), status_code: [204, 404] }],
  });
  engine.party.on('POST /users', { json: {} });
  await engine.granted(person, app);
  engine.clock.advance(2 * DAY);
  engine.party.on('DELETE /users', { status: 404 });
  await engine.revoke(person, app);
  await engine.timePasses(5 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('by-hand');
});

test('after a revoke that proved nothing, one task stays until its day, and is tried again once the token is known to work', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url(), status_code: [204, 404] }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { status: 404 });
  await engine.grant(person, app);
  await engine.later(HOUR);
  engine.clock.advance(2 * DAY);
  await engine.revoke(person, app);
  await engine.timePasses(5 * DAY);
  const { tasks } = await engine.stores.tasks.list(
    { personId: person.id },
    { offset: 0, limit: 9 },
  );
  expect(tasks.map(({ state }) => state)).toEqual(['open']);
  expect(engine.party.sent('DELETE')).toBe(1);
  await engine.later(12 * HOUR);
  await engine.transact((tx) => tx.health.markOk(app.id, tx.now, tx.now));
  await engine.later(12 * HOUR);
  expect((await engine.removal(person, app)).state).toBe('gone');
});

test('without exists a redirect to a page is no proof', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ url: url() + '/leave' }],
  });
  engine.party.on('POST /users', { json: {} });
  await engine.granted(person, app);
  engine.clock.advance(2 * DAY);
  engine.party.on('POST /users/leave', {
    status: 302,
    headers: { location: `${engine.party.url}/login` },
  });
  engine.party.on('GET /login', { status: 200, text: '<html>Sign in</html>' });
  await engine.revoke(person, app);
  await engine.timePasses(5 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('by-hand');
});

test('a page to sign in on says of nobody that they are not there', async () => {
  const app = await listedIn(engine, person, { revoke: revoke() });
  engine.party.on('DELETE /users', { status: 403 });
  engine.party.on('GET /users', {
    status: 200,
    text: '<!doctype html><html><body>Please sign in</body></html>',
  });
  await engine.revoke(person, app);
  await engine.timePasses(20 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('stuck');
});

test('nor does one that exists and revoke are redirected to', async () => {
  const app = await listedIn(engine, person, { revoke: revoke() });
  const login = { status: 303, headers: { location: '/login' } };
  engine.party.on('DELETE /users', login);
  engine.party.on('GET /users', login);
  engine.party.on('GET /login', { text: '<!doctype html><title>Sign in</title>' });
  await engine.revoke(person, app);
  await engine.timePasses(20 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('stuck');
});

test('a none that was asked before the first write of a grant is not believed', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), expected: '{{email}}' },
    execute: [{ url: url() }],
  });
  let release: () => void = () => undefined;
  const gate = new Promise<void>((r) => {
    release = r;
  });
  engine.party.on('GET /users', { json: [], after: gate });
  engine.party.on('POST /users', 'hang');
  const checking = checkAccess(person.id, app.id, engine.worker('w2'));
  await engine.party.received(1);
  engine.clock.advance(1000);
  await engine.grant(person, app);
  void engine.runJobs().catch(() => undefined);
  await engine.party.received(2);
  release();
  await checking;
  const access = await engine.stores.access.find(person.id, app.id);
  expect(access?.state).toBe('unknown');
});

test('a good answer of a clock that was ahead vouches for nothing', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url(), status_code: [204, 404] }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: {} });
  await engine.granted(person, app);
  const other = await engine.person({ email: 'o@example.com' });
  engine.clock.advance(300 * DAY);
  await checkAccess(other.id, app.id, engine.worker());
  engine.clock.advance(-290 * DAY); // set right: 10 days after the grant
  engine.party.on('DELETE /users', { status: 404 });
  engine.party.on('GET /users', { status: 404 });
  await engine.revoke(person, app);
  await engine.timePasses(40 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('stuck');
});

test('an answer of a clock that was ahead keeps no later one away', async () => {
  const app = await listedIn(engine, person, { revoke: revoke() });
  engine.party.on('DELETE /users', { status: 204 });
  engine.clock.advance(300 * DAY);
  await checkAccess(person.id, app.id, engine.worker());
  engine.clock.advance(-290 * DAY);
  await engine.revoke(person, app);
  engine.party.on('GET /users', { json: [] });
  await engine.timePasses(2 * DAY);
  expect((await engine.removal(person, app)).state).toBe('gone');
}, 60_000);

test('what a clock that was ahead called gone is asked about again', async () => {
  const app = await listedIn(engine, person, { revoke: revoke() });
  engine.party.on('DELETE /users', { status: 204 });
  engine.clock.advance(2 * HOUR);
  engine.party.on('GET /users', { json: [] });
  await checkAccess(person.id, app.id, engine.worker());
  engine.clock.advance(-HOUR);
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect((await engine.removal(person, app)).state).toBe('checking');
}, 60_000);

test('a search that does not find someone yet who was just granted is no proof that nothing is there', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), expected: '{{email}}' },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: { users: [] } });
  engine.party.on('DELETE /users', { json: {} });
  await engine.granted(person, app);
  engine.clock.advance(MINUTE);
  await engine.revoke(person, app);
  await checkAccess(person.id, app.id, engine.worker()); // Someone presses Refresh.
  await engine.runJobs();
  expect(engine.party.requests.some(({ method }) => method === 'DELETE')).toBe(true);
  expect((await engine.removal(person, app)).state).toBe('gone');
});
