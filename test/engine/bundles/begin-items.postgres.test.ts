/** What is requested with a bundle on PostgreSQL, where one of its apps is turned off in the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginPlanned, holdPlan } from '../../../src/engine/bundles/begin-items.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import type { Actor, Integration, Person, Role } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let ann: Person;
let app: Integration;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  const add = async (email: string, role: Role): Promise<Person> => {
    const added = await pg.transact((tx) => addPerson(tx, { email, role }, { actor }));
    if (!added.ok) throw new Error(added.problems.join());
    return added.person;
  };
  await add('ada@x.io', 'admin');
  ann = await add('ann@x.io', 'other');
  const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com' }] });
  const added = await pg.transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  app = added.integration;
});
afterEach(() => pg.cleanup());

test('an app that is turned off after the plan was made is off only when its request is there', async () => {
  const { db, vault, connect, transact, stores } = pg;
  const elsewhere = unitOfWork(connect(), vault, { now });
  let off: Promise<Integration> | undefined;
  const begun = await transact(async (tx) => {
    const items = [{ integrationId: app.id, form: {}, answers: [] }];
    const by = { person: ann, by: ann, actor, as: 'request', reason: '' } as const;
    const plan = await holdPlan(tx, { ...by, items });
    off ??= elsewhere((other) => turnOff(other, app, { actor }));
    await Promise.race([untilOneWaits(db), off]);
    return beginPlanned(tx, plan, { of: { kind: 'same-as', personId: ann.id }, facts: {} });
  });
  if (begun.kind !== 'begun') throw new Error(`It is ${begun.kind}`);
  const [item] = await stores.bundleRequests.items(begun.bundleRequest.id);
  expect(item?.why).toBeUndefined();
  expect(item?.requestId).toBeDefined();
  expect((await off)?.enabled).toBe(false);
});
