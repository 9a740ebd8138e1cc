/** What is requested with a bundle on PostgreSQL, where one of its apps is turned off in the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginPlanned, holdPlan } from '../../../src/engine/bundles/begin-items.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { ofKind } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let ann: Person;
let app: Integration;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  await addedPerson(pg.transact, { email: 'ada@x.io', role: 'admin' });
  ann = await addedPerson(pg.transact, { email: 'ann@x.io' });
  const manifest = { execute: [{ url: 'https://api.example.com' }] };
  app = await addedIntegration(pg.transact, { manifest });
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
  const { bundleRequest } = ofKind('begun', begun);
  const [item] = await stores.bundleRequests.items(bundleRequest.id);
  expect(item?.why).toBeUndefined();
  expect(item?.requestId).toBeDefined();
  expect((await off)?.enabled).toBe(false);
});
