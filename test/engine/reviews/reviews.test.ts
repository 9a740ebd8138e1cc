/** What a review's verdict "revoked" begins, and what its report says of it. */
import { beforeEach, expect, test } from 'vitest';
import { confirmGone } from '../../../src/engine/access/removals/removals.ts';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { reviewSources } from '../../../src/engine/reviews/due-reviews.ts';
import { closeReview, decideItem, reevaluateReviews } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { openExport } from '../../../src/engine/work/exports.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
let person: Person;
let app: Integration;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
  const url = `${engine.party.url}/users`;
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  app = await engine.integration({
    exists: { method: 'GET', url, expected: '{{email}}' },
    execute: [{ url }],
    revoke: [{ method: 'DELETE', url }],
  });
  await engine.granted(person, app);
});

const nothing = async () => undefined;

/** A review in which this access is revoked. @returns its id */
async function revoked({ id: integrationId }: Integration = app): Promise<string> {
  const { actor, admin: by, transact } = engine;
  const wanted = { name: 'Autumn', startedBy: by, actor, dueDate: '2026-12-10' };
  const review = present(await transact((tx) => startReview(tx, wanted)));
  const item = { reviewId: review.id, personId: person.id, integrationId };
  await transact((tx) => decideItem(tx, { ...item, verdict: 'revoked', by, actor }));
  await engine.runJobs();
  return review.id;
}

/** The report's line of that access, by the names of its columns. */
async function reported(
  id: string,
  { name }: Integration = app,
): Promise<Readonly<Record<string, string>>> {
  const found = await openExport(JSON.stringify({ of: 'review', id }), {
    stores: engine.stores,
    personalData: { collect: nothing },
    taker: engine.admin,
    now: engine.now(),
  });
  const lines: string[] = [];
  for await (const line of found?.lines ?? []) lines.push(String(line).trim());
  const [names = [], ...items] = lines.map((line) => line.split(','));
  const cells = items.find((each) => each.includes(name)) ?? [];
  return Object.fromEntries(names.map((column, at) => [column, cells[at] ?? '']));
}

test('a verdict "revoked" ends every hold, and begins the removal as that of the review', async () => {
  const id = await revoked();
  expect(await engine.stores.holds.openAt(person.id, app.id)).toEqual([]);
  expect((await engine.removal(person, app)).causes).toMatchObject([{ kind: 'review', id }]);
});

test('the report says of what could not be revoked that it is stuck, how often it was tried, and why', async () => {
  engine.party.on('DELETE /users', { status: 500 });
  const id = await revoked();
  const line = await reported(id);
  expect(line).toMatchObject({ state: 'stuck', 'ended at': '', proof: '', tries: '1' });
  expect(line['why']).toBe('The last try failed: Asana had a problem on its side.');
});

test('the report says it however long it stays stuck', async () => {
  engine.party.on('DELETE /users', { status: 500 });
  const id = await revoked();
  for (let hour = 0; hour < 48; hour += 1) await engine.later(HOUR);
  expect((await reported(id))['state']).toBe('stuck');
});

test('the report says of a task that nobody has done that it is by hand', async () => {
  const execute = [{ url: `${engine.party.url}/users` }];
  const badge = await engine.integration({ execute }, {}, 'Badge');
  await engine.granted(person, badge);
  const id = await revoked(badge);
  for (let hour = 0; hour < 48; hour += 1) await engine.later(HOUR);
  const line = await reported(id, badge);
  expect(line).toMatchObject({ state: 'by-hand', 'ended at': '', proof: '' });
});

test('what is revoked of someone whose facts are damaged is stuck and says why, until an admin has looked', async () => {
  await engine.db('people').where({ id: person.id }).update({ stored: 'no JSON' });
  const id = await revoked();
  const why = 'The facts that are stored about this person are damaged';
  expect(await reported(id)).toMatchObject({ state: 'stuck', proof: '' });
  const removal = await engine.removal(person, app);
  expect(removal).toMatchObject({ state: 'stuck', why: expect.stringContaining(why) as string });
  const told = () => engine.removalNotices.filter(({ what }) => what === 'stuck').length;
  expect(told()).toBe(1);
  await engine.later(48 * HOUR);
  expect(told()).toBe(1);
  expect(engine.party.requests.some(({ method }) => method === 'DELETE')).toBe(false);
  const { admin, actor, transact } = engine;
  await transact((tx) => confirmGone(tx, removal.id, { person: admin, actor }));
  expect(await reported(id)).toMatchObject({ state: 'gone', proof: 'confirmed' });
});

test('the report says of what is gone when, and by which proof', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [] });
  const id = await revoked();
  await engine.later(MINUTE);
  const { endedAt } = { endedAt: undefined, ...(await engine.removal(person, app)) };
  expect(await reported(id)).toMatchObject({
    state: 'gone',
    'ended at': endedAt?.toISOString(),
    proof: 'asked',
    by: 'Latchkey',
  });
});

test('the report of a review that was closed by hand calls what no one decided undecided', async () => {
  const { actor, admin: startedBy, transact } = engine;
  const wanted = { name: 'Autumn', startedBy, actor, dueDate: '2026-12-10' };
  const { id } = present(await transact((tx) => startReview(tx, wanted)));
  expect((await reported(id))['state']).toBe('open');
  expect(await transact((tx) => closeReview(tx, id, actor))).toBe(true);
  expect(await reported(id)).toMatchObject({ state: 'undecided', verdict: '' });
});

test("the only admin's own access is not decided by a former admin who started the review, nor removed as undecided", async () => {
  const { admin, actor, transact, stores } = engine;
  const bob = await engine.person({ email: 'bob@example.com', role: 'admin' });
  await engine.granted(admin, app);
  const wanted = { name: 'Autumn', startedBy: bob, actor, dueDate: '2026-11-25' } as const;
  const review = present(
    await transact((tx) => startReview(tx, { ...wanted, undecided: 'remove' })),
  );
  const details = { role: 'other' } as const;
  const by = ok(await transact((tx) => changePerson(tx, bob, { details, actor }))).person;
  await reevaluateReviews({ personId: bob.id }, engine);
  const item = { reviewId: review.id, personId: admin.id, integrationId: app.id };
  const said = { ...item, verdict: 'kept', by, actor: { kind: 'system' } } as const;
  expect(await transact((tx) => decideItem(tx, said))).toEqual({ kind: 'not-yours' });
  engine.clock.advance(3 * DAY);
  await fire(engine, reviewSources({ timeZone: 'UTC' }));
  expect(await stores.holds.openAt(admin.id, app.id)).toHaveLength(1);
  expect(await stores.holds.openAt(person.id, app.id)).toEqual([]);
});
