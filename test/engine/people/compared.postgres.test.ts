/** What depends on several people, on PostgreSQL, where two of them may be changed in the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { advanceImport } from '../../../src/engine/imports/advance-import.ts';
import { bringFile, startImport } from '../../../src/engine/imports/import-people.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import {
  type ChangeResult,
  changePerson,
  deactivate,
} from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import { type AddResult, addPerson } from '../../../src/engine/people/people.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { settingsOf } from '../../../src/engine/settings/settings.ts';
import { newWorker } from '../../../src/engine/work/leased.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { present } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
});
afterEach(() => pg.cleanup());

const adding =
  (email: string, details: PersonDetails = {}) =>
  (tx: Transaction): Promise<AddResult> =>
    addPerson(tx, { ...details, email }, { actor });
async function add(email: string, details: PersonDetails = {}): Promise<Person> {
  const added = await pg.transact(adding(email, details));
  if (!added.ok) throw new Error(added.problems.join());
  return added.person;
}
const changing =
  ({ id }: Person, details: PersonDetails) =>
  async (tx: Transaction): Promise<ChangeResult> => {
    const person = present(await tx.people.hold(id));
    return changePerson(tx, person, { actor, details });
  };
const problemsOf = (result: AddResult | ChangeResult) => (result.ok ? [] : result.problems);

test('of two who become managers of each other at once, one is refused', async () => {
  const [ada, bo] = [await add('ada@x.io'), await add('bo@x.io')];
  const results = await overlapping(
    pg,
    [changing(ada, { managerEmail: bo.email }), changing(bo, { managerEmail: ada.email })],
    now,
  );
  expect(results.map(({ ok }) => ok)).toEqual([true, false]);
});

test('of two who get one employee ID at once, one is refused', async () => {
  const [ada, bo] = [await add('ada@x.io'), await add('bo@x.io')];
  const employeeId = '7';
  const results = await overlapping(
    pg,
    [changing(ada, { employeeId }), changing(bo, { employeeId })],
    now,
  );
  expect(results.map(problemsOf)).toEqual([
    [],
    ['employee ID: ada@x.io has this employee ID already'],
  ]);
});

test('of two who are added with one employee ID at once, one is refused', async () => {
  const employeeId = '7';
  const results = await overlapping(
    pg,
    [adding('ada@x.io', { employeeId }), adding('bo@x.io', { employeeId })],
    now,
  );
  expect(results.map(problemsOf)).toEqual([
    [],
    ['employee ID: ada@x.io has this employee ID already'],
  ]);
});

test('a file adds nobody whose employee ID someone gets in that very moment', async () => {
  const ada = await add('ada@x.io', { role: 'admin' });
  const text = 'email,employee id\nbo@x.io,7';
  const file = { name: 'people.csv', text, personId: ada.id };
  const { stores, transact } = pg;
  const { id } = await transact((tx) => bringFile(tx, file, { actor }));
  const deps = { stores, transact, now, newId, ...newWorker('w'), pause: async () => undefined };
  await advanceImport(id, deps);
  const ready = present(await stores.fileImports.find(id));
  await transact((tx) => startImport(tx, ready, { update: false, actor }));

  let imported: Promise<void> | undefined;
  await overlapping(
    pg,
    [
      changing(ada, { employeeId: '7' }),
      async () => {
        imported = advanceImport(id, deps);
        await imported;
      },
    ],
    now,
  );
  await imported;
  expect(await stores.people.findByEmail('bo@x.io')).toBeUndefined();
});

test('who comes back loses their former duties, and nothing else that an admin changes in that very moment', async () => {
  const [ada, bo, cy] = [await add('ada@x.io'), await add('bo@x.io'), await add('cy@x.io')];
  const manifest = JSON.stringify({ execute: [{ url: 'https://users.example.com/users' }] });
  const made = await pg.transact((tx) =>
    addIntegration(tx, { name: 'Fernboard', manifest, secrets: {} }, { actor }),
  );
  if (!made.ok) throw new Error('The stage could not be set');
  const { integration } = made;
  const owning =
    (...ownerIds: string[]) =>
    (tx: Transaction) =>
      changeSettings(tx, integration, { actor, change: { ownerIds } });
  await pg.transact(owning(ada.id, bo.id));
  await pg.transact((tx) => deactivate(tx, ada, { actor }));
  await overlapping(pg, [owning(ada.id, bo.id, cy.id), adding(ada.email)], now);
  const { ownerIds } = settingsOf(await pg.stores.integrations.find(integration.id));
  expect(ownerIds).toEqual([bo.id, cy.id]);
});
