/** Which accounts of a person are removed, under which names. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { checkAccess } from '../../../src/engine/access/check-access.ts';
import { changeAddresses } from '../../../src/engine/people/change-addresses.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { firstOf, ofKind } from '../../support/given/outcomes.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const url = () => `${engine.party.url}/users`;

test('what an ordinary check called gone is asked about again under the address that it had', async () => {
  const at = (email: string) => `GET /users/${email}`;
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{{email}}}`, expected: '"active":true' },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{{email}}}` }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on(at('grace@example.com'), { json: { active: true } });
  engine.party.on(at('grace.murray@example.com'), { json: { active: false } });
  await engine.granted(person, app);
  engine.clock.advance(DAY);
  engine.party.on(at('grace@example.com'), { json: { active: false } }); // suspended for a day
  await checkAccess(person.id, app.id, engine.worker());
  engine.party.on(at('grace@example.com'), { json: { active: true } });
  await engine.change(person, { email: 'grace.murray@example.com' });
  engine.clock.advance(10 * DAY);
  const before = engine.party.sent('GET', '/grace@example.com');
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(60 * HOUR);
  expect(engine.party.sent('GET', '/grace@example.com') - before).toBeGreaterThan(0);
}, 60_000);

test('an account that is only looked for does not keep the revoke of another name', async () => {
  const app = await engine.integration({
    extra_user_info: [{ id: 'LOGIN', name: 'Login', description: 'There' }],
    exists: { method: 'GET', url: `${url()}/{{LOGIN}}`, expected: '"active":true' },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{LOGIN}}`, status_code: [204, 404] }],
  });
  await engine.change(person, { stored: { LOGIN: 'grcae' } });
  engine.party.on('GET /users/grcae', { json: { active: true } }, { status: 500 });
  engine.party.on('DELETE /users/grcae', { status: 404 });
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  await engine.tick(MINUTE);
  // The typo is taken out; nobody knows the right name yet.
  await engine.change(person, { stored: {} });
  await engine.timePasses(8 * HOUR);
  expect((await engine.removal(person, app)).state).toBe('by-hand');
});

test('an account whose id nobody learned does not get the id of another one', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{MEMBER_ID}}`, expected: '"active":true' },
    execute: [{ url: url(), data: { email: '{{email}}' }, store_data: { MEMBER_ID: 'id' } }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{MEMBER_ID}}` }],
  });
  engine.party.on('POST /users', 'reset'); // It arrived: account 1, of the old address.
  await engine.grant(person, app);
  await engine.timePasses(5 * HOUR); // the retry is lost, too
  await engine.change(person, { email: 'grace.murray@example.com' });
  engine.party.on('POST /users', { json: { id: 2 } });
  engine.party.on('GET /users/2', { json: { active: true } });
  engine.party.on('DELETE /users/2', { status: 204 });
  await engine.granted(person, app);
  await engine.offboard(person, '2026-11-23');
  engine.party.on('GET /users/2', { json: { active: false } });
  await engine.timePasses(8 * HOUR);
  expect((await engine.removal(person, app)).state).toBe('by-hand');
});

test('a second grant that is answered with another id leaves the first account known', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{MEMBER_ID}}`, expected: '"active":true' },
    execute: [{ url: url(), data: { email: '{{email}}' }, store_data: { MEMBER_ID: 'id' } }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{MEMBER_ID}}` }],
  });
  engine.party.on('POST /users', { json: { id: 1 } }, { json: { id: 2 } });
  for (const id of [1, 2]) {
    engine.party.on(`GET /users/${id}`, { json: { active: true } });
    engine.party.on(`DELETE /users/${id}`, { status: 204 });
  }
  await engine.granted(person, app);
  await engine.tick(DAY);
  await engine.granted(person, app);
  await engine.offboard(person, '2026-11-23');
  engine.party.on('GET /users/2', { json: { active: false } });
  await engine.timePasses(8 * HOUR);
  expect(engine.party.sent('DELETE', '/users/1')).toBeGreaterThan(0);
  expect((await engine.removal(person, app)).state).toBe('stuck'); // It is there still, and said to be.
});

test('an id under a name with a dot names the account, whatever is stored there since', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{fern.id}}`, expected: '"active":true' },
    execute: [{ url: url(), store_data: { 'fern.id': 'id' } }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{fern.id}}` }],
  });
  engine.party.on('POST /users', { json: { id: 1 } });
  engine.party.on('GET /users/1', { json: { active: true } });
  engine.party.on('DELETE /users/1', { status: 204 });
  await engine.granted(person, app);
  await engine.change(person, { stored: { 'fern.id': 2 } });
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(8 * HOUR);
  expect(engine.party.sent('DELETE', '/users/1')).toBeGreaterThan(0);
});

test('the task says under which address the account is', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{{email}}}`, expected: '"active":true' },
    execute: [{ url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace@example.com', { json: { active: true } });
  engine.party.on('GET /users/grace.murray@example.com', { json: { active: false } });
  await engine.granted(person, app);
  await engine.transact(async (tx) => {
    const now = await tx.people.hold(person.id);
    if (now) await tx.people.save({ ...now, email: 'grace.murray@example.com' });
  });
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  await engine.tick(MINUTE);
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  const removal = await engine.removal(person, app);
  const words =
    tasks.map(({ title, note }) => `${title} ${note ?? ''}`).join() + (removal.why ?? '');
  expect(words).toContain('grace@example.com');
});

test.each([
  ['an integer that a double can not hold', '12345678901234567890'],
  ['a number', '7'],
  ['a list', '["a","b"]'],
])('a second grant that is answered with the same id, %s, is the same account', async (_, id) => {
  const app = await engine.integration({
    execute: [{ url: url(), data: { email: '{{email}}' }, store_data: { MEMBER_ID: 'id' } }],
    revoke: [{ method: 'DELETE', url: url(), data: { id: '{{MEMBER_ID}}' } }],
  });
  engine.party.on('POST /users', { text: `{"id":${id}}` });
  engine.party.on('DELETE /users', { status: 204 });
  for (let grants = 0; grants < 2; grants += 1) {
    await engine.granted(person, app);
    await engine.tick(DAY);
  }
  expect(await engine.stores.accounts.openAt(person.id, app.id)).toHaveLength(1);
  await engine.revoke(person, app);
  await engine.tick(MINUTE);
  expect((await engine.removal(person, app)).state).toBe('gone');
  expect(engine.party.sent('DELETE')).toBe(1);
});

test('what a check finds while a grant writes it is one account', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: url(), expected: '{{email}}' },
    execute: [{ url: url() }],
  });
  const gate = held({ json: [{ email: person.email }] });
  engine.party.on('GET /users', gate.answer, { json: [{ email: person.email }] });
  engine.party.on('POST /users', { json: {} });
  const checking = checkAccess(person.id, app.id, engine.worker('worker-2'));
  await engine.party.received(1);
  await engine.granted(person, app);
  gate.release();
  await checking;
  expect(await engine.stores.accounts.openAt(person.id, app.id)).toHaveLength(1);
});

test('an account under an address that someone else has by now is theirs, and left to an admin', async () => {
  const app = await engine.integration({
    exists: { method: 'GET', url: `${url()}/{{{email}}}`, expected: '"active":true' },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{{email}}}` }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace@example.com', { json: { active: true } });
  engine.party.on('GET /users/grace.murray@example.com', { json: { active: false } });
  await engine.granted(person, app);
  await engine.change(person, { email: 'grace.murray@example.com' });
  await engine.person({ email: 'grace@example.com', firstName: 'Grace', lastName: 'Kelly' });
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(6 * HOUR);
  expect(engine.party.sent('DELETE', '/grace@example.com')).toBe(0);
  expect(await engine.removal(person, app)).toMatchObject({
    state: 'by-hand',
    why: "grace@example.com is Grace Kelly's address now, so Latchkey can't tell whose account has it.",
  });
  await engine.finishTask();
  await engine.timePasses(2 * HOUR);
  expect((await engine.removal(person, app)).state).toBe('gone');
});

describe('of two who have exchanged addresses', () => {
  let other: Person;
  let app: Integration;
  beforeEach(async () => {
    app = await engine.integration(byAddress());
    engine.party.on('POST /users', { json: {} });
    other = await engine.person({
      email: 'kelly@example.com',
      firstName: 'Grace',
      lastName: 'Kelly',
    });
    await engine.granted(person, app);
    await engine.transact(async (tx) => {
      const both = await tx.people.holdMany([person.id, other.id]);
      const wanted = both.map((each) => ({
        person: each,
        email: each.id === person.id ? other.email : person.email,
      }));
      await changeAddresses(tx, wanted, engine);
    });
  });

  test('no account is removed by either address while the app may not have followed', async () => {
    for (const email of [person.email, other.email])
      engine.party.on(`GET /users/${email}`, { json: { active: true } });
    await engine.offboard(person, '2026-11-23');
    await engine.timePasses(8 * HOUR);
    expect(engine.party.sent('DELETE')).toBe(0);
    const removal = await engine.removal(person, app);
    expect(removal.state).toBe('by-hand');
    const [task] = await engine.openTasks();
    expect(task?.note).toContain("grace@example.com is Grace Kelly's address now");
  });

  test('access that is found by the new address is not confirmed, and none is believed', async () => {
    engine.party.on(`GET /users/${person.email}`, { json: { active: true } });
    const found = await checkAccess(other.id, app.id, engine.worker());
    expect(found?.state).toBe('unknown');
    expect(await engine.stores.accounts.openAt(other.id, app.id)).toEqual([]);
    engine.party.on(`GET /users/${person.email}`, { json: { active: false } });
    expect((await checkAccess(other.id, app.id, engine.worker()))?.state).toBe('none');
  });

  test('what nobody knows at the app stays, and an admin reads whose address it was', async () => {
    const elsewhere = await engine.integration(byAddress(), {}, 'Elsewhere');
    engine.party.on(`GET /users/${person.email}`, { json: { active: false } });
    engine.party.on(`GET /users/${other.email}`, { json: { active: true } });
    await engine.offboard(person, '2026-11-23');
    await engine.timePasses(8 * HOUR);
    expect(engine.party.sent('DELETE')).toBe(0);
    expect(await engine.removal(person, elsewhere)).toMatchObject({
      state: 'by-hand',
      why: "kelly@example.com was Grace Kelly's address until lately, so Latchkey can't tell whose account has it.",
    });
  });

  test('an account that was granted under the new address is removed by it', async () => {
    engine.clock.advance(HOUR);
    await engine.granted(person, app);
    engine.party.on(`GET /users/${person.email}`, { json: { active: false } });
    engine.party.on(`GET /users/${other.email}`, { json: { active: true } });
    engine.party.on(`DELETE /users/${other.email}`, { status: 204 });
    await engine.offboard(person, '2026-11-23');
    await engine.timePasses(3 * MINUTE);
    expect(engine.party.sent('DELETE', `/${other.email}`)).toBe(1);
  });
});

/** By an id that the app answers with. */
const byId = () => ({
  exists: { method: 'GET', url: `${url()}/{{MEMBER_ID}}`, expected: '"active":true' },
  execute: [{ url: url(), data: { email: '{{email}}' }, store_data: { MEMBER_ID: 'id' } }],
  revoke: [{ method: 'DELETE', url: `${url()}/{{MEMBER_ID}}` }],
});
const byAddress = () => ({
  exists: { method: 'GET', url: `${url()}/{{{email}}}`, expected: '"active":true' },
  execute: [{ url: url() }],
  revoke: [{ method: 'DELETE', url: `${url()}/{{{email}}}` }],
});
/** Grace Murray has an account from when she was grace@example.com, which is Grace Kelly's address now. */
async function renamed(app: Integration): Promise<Person> {
  await engine.granted(person, app);
  await engine.change(person, { email: 'grace.murray@example.com' });
  return engine.person({ email: 'grace@example.com', firstName: 'Grace', lastName: 'Kelly' });
}

test('an id that names the account of someone else stays theirs, and the grant says whose it is', async () => {
  const app = await engine.integration(byId());
  engine.party.on('POST /users', { json: { id: 1 } });
  engine.party.on('GET /users/1', { json: { active: true } });
  engine.party.on('DELETE /users/1', { status: 204 });
  const kelly = await renamed(app);
  const started = ofKind('started', await engine.grant(kelly, app));
  await engine.runJobs();
  const run = await engine.run(started.run.id);
  expect(run.state === 'blocked' && run.error.message).toContain(
    'answered with the account of Grace Hopper (grace.murray@example.com). It stays theirs',
  );
  expect((await engine.stores.people.find(kelly.id))?.stored).toEqual({});
  await engine.offboard(kelly, '2026-11-23');
  await engine.timePasses(8 * HOUR);
  expect(engine.party.sent('DELETE')).toBe(0);
  engine.party.on('GET /users/1', { json: { active: false } });
  await engine.revoke(person, app);
  await engine.timePasses(3 * MINUTE);
  expect((await engine.removal(person, app)).state).toBe('gone');
});

test('a grant under an address that still names the account of someone else sends nothing until that one is gone', async () => {
  const app = await engine.integration(byAddress());
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace@example.com', { json: { active: true } });
  engine.party.on('GET /users/grace.murray@example.com', { json: { active: false } });
  const kelly = await renamed(app);
  const started = ofKind('started', await engine.grant(kelly, app));
  await engine.runJobs();
  expect(engine.party.sent('POST')).toBe(1);
  const run = await engine.run(started.run.id);
  expect(run.state === 'retrying' && run.error.message).toContain(
    'Grace Hopper (grace.murray@example.com) has an account',
  );
  // An admin of the app gives the account its new address.
  engine.party.on('GET /users/grace@example.com', { json: { active: false } });
  engine.party.on('GET /users/grace.murray@example.com', { json: { active: true } });
  await checkAccess(person.id, app.id, engine.worker());
  await engine.tick(2 * HOUR);
  expect((await engine.run(started.run.id)).state).toBe('succeeded');
});

test('a check that finds the account of someone else under the address is not confirmed', async () => {
  const app = await engine.integration(byAddress());
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace@example.com', { json: { active: true } });
  const kelly = await renamed(app);
  const access = await checkAccess(kelly.id, app.id, engine.worker());
  expect(access?.state).toBe('unknown');
  expect(access?.reason).toContain("it may be someone else's");
  expect(await engine.stores.accounts.openAt(kelly.id, app.id)).toEqual([]);
  await engine.offboard(kelly, '2026-11-23');
  await engine.timePasses(3 * HOUR);
  expect(engine.party.sent('DELETE')).toBe(0);
  expect((await engine.removal(kelly, app)).state).toBe('by-hand');
});

test('what was proven gone stays so where the app only knows the account of someone else under that name', async () => {
  const app = await engine.integration(byAddress());
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace@example.com', { json: { active: true } });
  const kelly = await renamed(app);
  const theirs = firstOf(await engine.stores.accounts.openAt(person.id, app.id));
  const { wasThere: _, ...rest } = theirs;
  const goneAt = engine.now();
  const gone = { ...rest, id: newId(), version: 1, personId: kelly.id, goneAt } as const;
  await engine.transact((tx) => tx.accounts.insert(gone));
  expect(await checkAccess(kelly.id, app.id, engine.worker())).toBeUndefined();
  const [kept] = await engine.stores.accounts.goneAt(kelly.id, app.id);
  expect(kept).toMatchObject({ id: gone.id, goneAt });
});

test('an account that two people have since an older version is removed for neither by itself', async () => {
  const app = await engine.integration(byId());
  engine.party.on('POST /users', { json: { id: 1 } }, { json: { id: 2 } });
  engine.party.on('GET /users/1', { json: { active: true } });
  const kelly = await renamed(app);
  await engine.granted(kelly, app);
  await engine.transact(async (tx) => {
    for (const account of await tx.accounts.openAt(kelly.id, app.id))
      await tx.accounts.save({ ...account, facts: { ...account.facts, MEMBER_ID: 1 } });
  });
  await engine.change(kelly, { stored: { MEMBER_ID: 1 } });
  await engine.db('accounts').update({ checked_as: null, revoked_as: null });
  await engine.tick(MINUTE);
  await engine.revoke(kelly, app);
  await engine.timePasses(3 * MINUTE);
  expect(engine.party.sent('DELETE')).toBe(0);
  const [task] = await engine.openTasks();
  expect(task?.note).toContain("knows as Grace Hopper's (grace.murray@example.com)");
  await engine.finishTask();
  await engine.timePasses(3 * MINUTE);
  expect((await engine.removal(kelly, app)).state).toBe('gone');
});
