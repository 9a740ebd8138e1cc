/** Requests for someone else on PostgreSQL, where the requester may leave in the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Integration, Person, Role } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { gate } from '../../contracts/queue/job-runner.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let ann: Person;
let bo: Person;
let app: Integration;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  const add = async (email: string, role: Role): Promise<Person> => {
    const added = await addedPerson(pg.transact, { email });
    return pg.transact((tx) => tx.people.save({ ...added, role }));
  };
  await add('ada@x.io', 'admin');
  [ann, bo] = [await add('ann@x.io', 'other'), await add('bo@x.io', 'helpdesk')];
  const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com' }] });
  const added = await pg.transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  app = added.integration;
});
afterEach(() => pg.cleanup());

const request = (tx: Transaction) =>
  createRequest(tx, {
    actor: { kind: 'person', personId: bo.id, via: 'slack' },
    requester: bo,
    person: ann,
    integration: app,
    content: { reason: '', form: {}, answers: [], facts: {} },
  });
const leave = async (tx: Transaction): Promise<void> => {
  const person = await tx.people.hold(bo.id);
  if (person) await deactivate(tx, person, { actor });
};
const open = async () =>
  (await pg.stores.requests.list({ state: 'open' }, { offset: 0, limit: 9 })).requests;

test('who leaves while they request for someone else has requested nothing', async () => {
  const [, requested] = await overlapping(pg, [leave, request], now);
  expect(requested).toMatchObject({ kind: 'refused' });
});

test('what is requested for someone else ends when its requester leaves in that moment', async () => {
  await overlapping(pg, [request, leave], now);
  expect(await open()).toEqual([]);
});

test('an approver who leaves in that moment is replaced by who can approve it then', async () => {
  const boss = await addedPerson(pg.transact, { email: 'boss@x.io', role: 'manager' });
  ann = await pg.transact((tx) => tx.people.save({ ...ann, managerId: boss.id }));
  const elsewhere = unitOfWork(pg.connect(), pg.vault, { now });
  const leaving = async (): Promise<void> => {
    await elsewhere(async (tx) => {
      const person = await tx.people.hold(boss.id);
      if (person) await deactivate(tx, person, { actor });
    });
    await reevaluateRequests({ personId: boss.id }, { stores: pg.stores, transact: elsewhere });
  };
  let left: Promise<void> | undefined;
  await pg.transact(async (tx) => {
    await request(tx);
    left ??= leaving();
    await Promise.race([untilOneWaits(pg.db), left]);
  });
  await left;
  const [made] = await open();
  const asked = await pg.stores.requests.approvers(made?.id ?? '', { waiting: true });
  expect(await pg.stores.people.findMany(asked)).toMatchObject([{ email: 'ada@x.io' }]);
});

test('two who request in the same moment and approve for each other are both asked', async () => {
  const [one, two] = await pg.transact(async (tx) => [
    await tx.people.save({ ...ann, role: 'manager', managerId: bo.id }),
    await tx.people.save({ ...bo, role: 'manager', managerId: ann.id }),
  ]);
  const bothHeld = gate();
  let held = 0;
  const requested = (person: Person) =>
    pg.transact(async (tx) => {
      await tx.people.hold(person.id);
      held += 1;
      if (held === 2) bothHeld.open();
      await bothHeld.opened;
      return createRequest(tx, {
        actor: { kind: 'person', personId: person.id, via: 'slack' },
        requester: person,
        person,
        integration: app,
        content: { reason: '', form: {}, answers: [], facts: {} },
      });
    });
  if (one && two) await Promise.all([requested(one), requested(two)]);
  const asked = await Promise.all(
    (await open()).map(async ({ id, personId }) => [
      personId,
      ...(await pg.stores.requests.approvers(id, { waiting: true })),
    ]),
  );
  expect(asked).toHaveLength(2);
  expect(asked).toEqual(
    expect.arrayContaining([
      [ann.id, bo.id],
      [bo.id, ann.id],
    ]),
  );
  expect(held).toBeGreaterThan(2); // Each waited for the other: PostgreSQL ends one of them, or both.
});
