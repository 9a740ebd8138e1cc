/** `person-changed`: what says it, with which values, and from where. */
import { beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { importAtOnce } from '../../../src/engine/imports/advance-import.ts';
import { parsePeopleCsv } from '../../../src/engine/imports/people-csv.ts';
import { planImport } from '../../../src/engine/imports/plan-import.ts';
import { cancelOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import {
  changePerson,
  comeBack,
  deactivate,
  reactivate,
} from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { blank } from '../../../src/engine/people/people.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import type { EventOf } from '../../../src/engine/work/events.ts';
import { insertRows } from '../../../src/store/work/insert-rows.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok, present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let events: EventOf<'person-changed'>[];
let grace: Person;
beforeEach(async () => {
  events = [];
  engine = await testEngine({
    onEvent: async (_tx, event) => {
      if (event.kind === 'person-changed') events.push(event);
    },
  });
  grace = await engine.person({ department: 'Sales' });
});

const now = async ({ id }: Person): Promise<Person> => present(await engine.stores.people.find(id));
const change = async (details: PersonDetails) => {
  const current = await now(grace);
  return engine.transact((tx) => changePerson(tx, current, { ...engine, details }));
};
const fieldsOf = () => events.map(({ fields }) => fields);

test('a change by hand says the old and the new values, and who made it', async () => {
  const boss = await engine.person({ email: 'boss@example.com' });
  await change({ department: 'Support', managerEmail: boss.email });
  expect(events).toEqual([
    {
      kind: 'person-changed',
      before: grace,
      person: await now(grace),
      fields: ['department', 'managerId'],
      stored: [],
      by: engine.actor,
    },
  ]);
  expect(events[0]?.before.department).toBe('Sales');
  expect(events[0]?.person).toMatchObject({ department: 'Support', managerId: boss.id });
});

test('cards and removals that it concerns are looked up with one statement', async () => {
  const boss = await engine.person({ email: 'boss@example.com' });
  const statements = await statementsOf(engine.db, () => change({ managerEmail: boss.email }));
  const asked = statements.filter(({ sql }) =>
    /from `(?:removals|access_requests|tasks|holds|offboardings)`/.test(sql),
  );
  expect(asked).toHaveLength(1);
});

test('nothing is said of a person who is added, nor of a change that changes nothing', async () => {
  await engine.person({ email: 'new@example.com' });
  await change({ department: 'Sales' });
  expect(events).toEqual([]);
});

test('the audit log says the name of the file that a change came from', async () => {
  const parsed = ok(await parsePeopleCsv(`email,department\n${grace.email},Support`));
  const plan = await planImport(engine.stores, parsed);
  const pause = async () => undefined;
  await importAtOnce({ ...plan, fileName: 'people.csv', update: true }, { ...engine, pause });
  expect(fieldsOf()).toEqual([['department']]);
  const entries = await engine.stores.auditLog.list({ offset: 0, limit: 50 });
  expect(entries.find(({ what }) => what === 'person.changed')?.detail).toEqual({
    fields: 'department',
    from: 'people.csv',
  });
});

test('a last day that is planned, and one that is cancelled, are changes', async () => {
  const { id } = await engine.offboard(grace, '2026-12-31');
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(fieldsOf()).toEqual([['endDate'], ['endDate']]);
  expect(events.map(({ person }) => person.endDate)).toEqual(['2026-12-31', undefined]);
});

test('leaving and coming back are changes', async () => {
  await engine.transact((tx) => deactivate(tx, grace, engine));
  const gone = await now(grace);
  await engine.transact((tx) => reactivate(tx, gone, engine));
  expect(fieldsOf()).toEqual([['active'], ['active']]);
});

test('each person who reported to someone whose address is added again has changed, too', async () => {
  const report = await engine.person({ email: 'report@example.com', managerEmail: grace.email });
  await engine.transact((tx) => deactivate(tx, grace, engine));
  const gone = await now(grace);
  events.length = 0;
  await engine.transact((tx) => comeBack(tx, gone, { ...engine, details: {}, related: {} }));
  const ofReport = events.find(({ person }) => person.id === report.id);
  expect(ofReport).toMatchObject({ fields: ['managerId'], before: { managerId: grace.id } });
});

test('who comes back makes nobody read the open requests that do not name them', async () => {
  await engine.transact((tx) => deactivate(tx, grace, engine));
  const gone = await now(grace);
  const { db } = engine;
  const app = { id: newId(), version: 1, name: 'Fernboard', enabled: true, createdAt: new Date(0) };
  await engine.stores.integrations.insert(app);
  const people = Array.from({ length: 101 }, (_, n) => blank(newId(), `p${n}@example.com`));
  await engine.stores.people.insertMany(people);
  const request = { version: 1, kind: 'grant', integration_id: app.id, state: 'open', content: '' };
  await insertRows(
    db,
    'access_requests',
    people.map(({ id }) => ({
      ...request,
      id: newId(),
      person_id: id,
      requested_by_id: id,
      created_at: 0,
    })),
  );
  const statements = await statementsOf(db, () =>
    engine.transact((tx) => comeBack(tx, gone, { ...engine, details: {}, related: {} })),
  );
  const pages = statements.filter(({ sql }) => /from `access_requests`.* offset /.test(sql));
  expect(pages).toEqual([]);
});
