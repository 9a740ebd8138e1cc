/** On PostgreSQL two things about one person's access meet in the same moment: what stays is as if one had come first. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accessSources } from '../../../src/engine/access/due-access.ts';
import { type StartResult, startGrant } from '../../../src/engine/access/grant.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest, type RequestOutcome } from '../../../src/engine/requests/create-request.ts';
import { overlapping as overlap } from '../../support/database/overlapping.ts';
import { addedIntegration, addedPerson, inSlack } from '../../support/given/added.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const actor: Actor = { kind: 'operator', user: 'root' };
const HOUR_MS = 60 * 60_000;

let at: Date;
let pg: TestPostgres;
let ann: Person;
let app: Integration;
const now = () => at;
beforeEach(async () => {
  at = new Date('2026-11-24T09:00:00Z');
  pg = await temporaryPostgres(now);
  await addedPerson(pg.transact, { email: 'ada@x.io', role: 'admin' });
  ann = await addedPerson(pg.transact, { email: 'ann@x.io' });
  const steps = [{ url: 'https://api.example.com' }];
  app = await addedIntegration(pg.transact, { manifest: { execute: steps, revoke: steps } });
});
afterEach(() => pg.cleanup());

type Work<T> = (tx: Transaction) => Promise<T>;
const overlapping = <A, B>(first: Work<A>, second: Work<B>) => overlap(pg, [first, second], now);
const grant =
  (user: string, hours?: number): Work<StartResult> =>
  (tx) =>
    startGrant(tx, {
      actor: { kind: 'operator', user },
      person: ann,
      integration: app,
      form: {},
      ...(hours !== undefined && { hours }),
    });
const request: Work<RequestOutcome> = (tx) =>
  createRequest(tx, {
    actor: inSlack(ann),
    requester: ann,
    person: ann,
    integration: app,
    content: { reason: '', form: {}, answers: [], facts: {} },
  });
const leave: Work<unknown> = async (tx) => {
  const person = await tx.people.hold(ann.id);
  return person && deactivate(tx, person, { actor });
};
const comeBack: Work<unknown> = async (tx) => {
  const person = await tx.people.hold(ann.id);
  return person && reactivate(tx, person, { actor });
};
const runs = async () => (await pg.stores.runs.list({}, { offset: 0, limit: 9 })).runs;
const holds = () => pg.stores.holds.openAt(ann.id, app.id);

test('of two requests one is open, and the other one is told of it', async () => {
  const [first, second] = await overlapping(request, request);
  expect([first.kind, second.kind]).toEqual(['requested', 'open-already']);
});

test('two grants are one run, and each has its hold', async () => {
  const [first, second] = await overlapping(grant('a'), grant('b', 4));
  expect([first.kind, second.kind]).toEqual(['started', 'joined']);
  expect(await runs()).toHaveLength(1);
  expect(await holds()).toHaveLength(2);
});

test('a grant that comes while the last hold ends waits for the removal', async () => {
  await pg.transact(grant('a', 1));
  const run = firstOf(await runs());
  await pg
    .db('runs')
    .where({ id: run.id })
    .update({ state: 'succeeded', due_at: null, finished_at: at.getTime() });
  await pg.stores.access.put(accessSince(at, { personId: ann.id, integrationId: app.id }));
  const hold = firstOf(await holds());
  at = new Date(at.getTime() + HOUR_MS);
  const ends = present(accessSources.find(({ name }) => name === 'hold-end'));
  const occurrence = { subject: hold.id, at: present(hold.endsAt) };
  const [, later] = await overlapping((tx) => ends.fire(tx, occurrence, at), grant('b'));
  expect(later.kind).toBe('deferred');
  expect(await pg.stores.removals.open(ann.id, app.id)).toBeDefined();
});

test('who comes back in the moment in which they leave has nothing of before', async () => {
  await pg.transact(grant('a'));
  await overlapping(leave, comeBack);
  expect((await pg.stores.people.find(ann.id))?.active).toBe(true);
  expect((await runs()).map(({ state }) => state)).toEqual(['cancelled']);
  expect(await holds()).toEqual([]);
});

test('what is granted in the moment in which someone comes back is theirs, and before that it is refused', async () => {
  await pg.transact(leave);
  const [, granted] = await overlapping(comeBack, grant('a'));
  expect(['started', 'deferred']).toContain(granted.kind);
  expect(await holds()).toHaveLength(1);
});

/** As a press on Revoke does it. */
const revoke: Work<unknown> = async (tx) => {
  const integration = present(await tx.integrations.find(app.id));
  if (integration.deletedAt) return undefined;
  return beginRemoval(tx, { person: ann, integration, cause: { kind: 'revoked' }, actor });
};
const deleteApp: Work<unknown> = async (tx) =>
  deleteIntegration(tx, present(await tx.integrations.find(app.id)), { access: 'keep', actor });

test.each([
  ['that begins before its app is deleted puts that off', [revoke, deleteApp], true],
  ['of an app that is deleted just before does not begin', [deleteApp, revoke], false],
  ['by leaving, before, puts that off, too', [leave, deleteApp], true],
  ['by leaving, just after, does not begin', [deleteApp, leave], false],
] as const)('a removal %s', async (_name, [first, second], isBegun) => {
  await pg.stores.access.put(accessSince(at, { personId: ann.id, integrationId: app.id }));
  await overlapping(first, second);
  const removal = await pg.stores.removals.open(ann.id, app.id);
  const { deletedAt } = present(await pg.stores.integrations.find(app.id));
  expect([removal !== undefined, deletedAt === undefined]).toEqual([isBegun, isBegun]);
});
