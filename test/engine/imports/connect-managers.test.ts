/** Managers of people whom an import adds, in whatever order their rows come. */
import { beforeEach, expect, test } from 'vitest';
import { topOf } from '../../../src/engine/imports/with-managers.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { addedManual, addedPerson, inSlack, requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { addSource, importFrom } from './an-import.ts';

let database: TestDatabase;
let source: Integration;
/** Addresses of those whose change was told as an event. */
let told: string[];
beforeEach(async () => {
  told = [];
  database = await temporaryDatabase(
    () => new Date(),
    async (_tx, event) => {
      if (event.kind === 'person-changed') told.push(event.person.email);
    },
  );
  source = await addSource(database, 'HR', {
    data_from: 'people',
    data_structure: { email: 'mail', manager_email: 'boss' },
  });
  return () => database.cleanup();
});

const mail = (name: string): string => `${name}@x.io`;
const row = (name: string, boss?: string) => ({
  mail: mail(name),
  ...(boss !== undefined && { boss: mail(boss) }),
});
/** More than are added in one transaction. */
const MANY = 600;
const reports = Array.from({ length: MANY }, (_, n) => row(`p${n}`, 'boss'));
const person = async (name: string): Promise<Person> =>
  present(await database.stores.people.findByEmail(mail(name)));
const managerOf = async (name: string): Promise<string | undefined> => {
  const { managerId } = await person(name);
  return managerId && (await database.stores.people.find(managerId))?.email;
};

/** Does `before` once all are added, before the managers who came later are set. */
function transactAfter(before: () => Promise<void>): UnitOfWork {
  let isDone = false;
  return async (work) => {
    if (!isDone && (await database.stores.people.findByEmail(mail('boss')))) {
      isDone = true;
      await before();
    }
    return database.transact(work);
  };
}

test('a manager who comes after very many reports is set for all of them at once', async () => {
  const statements = await statementsOf(database.db, () =>
    importFrom(source, { people: [...reports, row('boss')] }, database),
  );
  const { id } = await person('boss');
  expect(await database.stores.people.reportsOf(id)).toHaveLength(MANY);
  expect(statements.filter(({ sql }) => /^update `?people/.test(sql)).length).toBeLessThan(5);
});

test('each of them has it in the audit log, with the import; nobody is told of a change', async () => {
  await importFrom(source, { people: [...reports, row('boss')] }, database);
  const { id } = await person('p7');
  const log = await database.stores.auditLog.list({ offset: 0, limit: 10 }, { personId: id });
  expect(log.map(({ what, detail }) => [what, detail?.['fields'], detail?.['from']])).toEqual([
    ['person.changed', 'manager', 'HR'],
    ['person.added', undefined, undefined],
  ]);
  expect(told).toEqual([]);
});

test('people of one transaction have each other as managers from the beginning', async () => {
  await importFrom(source, { people: [row('ann', 'bo'), row('bo', 'cy'), row('cy')] }, database);
  expect(await Promise.all(['ann', 'bo', 'cy'].map(managerOf))).toEqual([
    mail('bo'),
    mail('cy'),
    undefined,
  ]);
  expect((await person('ann')).version).toBe(1);
});

test('a circle stays open at its end, within one transaction and over several', async () => {
  const small = [row('ann', 'bo'), row('bo', 'cy'), row('cy', 'ann')];
  const large = [row('low', 'boss'), ...reports, row('boss', 'low')];
  const { counts } = await importFrom(source, { people: [...small, ...large] }, database);
  expect(await Promise.all(['ann', 'bo', 'cy'].map(managerOf))).toEqual([
    mail('bo'),
    mail('cy'),
    undefined,
  ]);
  expect(await managerOf('boss')).toBe(mail('low'));
  expect(await managerOf('low')).toBeUndefined();
  expect(await managerOf('p0')).toBe(mail('boss'));
  expect(counts.withoutManager).toBe(2);
});

/** What becomes open about p7 before the managers who came later are set, by what it is. */
const opened: readonly (readonly [string, (admin: Person) => Promise<unknown>])[] = [
  ['has requested something', async () => openRequest({ requester: await person('p7') })],
  [
    'has a report who has requested something',
    async () => openRequest({ requester: await reportOfP7() }),
  ],
  [
    'has requested something for a former report',
    async () => {
      const report = await reportOfP7();
      await openRequest({ requester: await person('p7'), person: report });
      const { managerId: _, ...others } = report;
      await database.stores.people.save(others);
    },
  ],
  [
    'is asked about in a review, having nothing for sure',
    async (admin) => {
      const { id: personId } = await person('p7');
      const { id: integrationId } = await addedManual(database.transact);
      const at = { since: new Date(), checkedAt: new Date() };
      await database.transact(async (tx) => {
        await tx.access.put({ personId, integrationId, state: 'unknown', reason: '', ...at });
        const actor = inSlack(admin);
        const wanted = { name: 'Autumn', startedBy: admin, actor, dueDate: '2099-12-10' };
        present(await startReview(tx, wanted));
      });
    },
  ],
];

const openRequest = async (wish: { readonly requester: Person; readonly person?: Person }) =>
  requested(database.transact, { ...wish, integration: await addedManual(database.transact) });

async function reportOfP7(): Promise<Person> {
  const report = await addedPerson(database.transact, { email: mail('report') });
  return database.stores.people.save({ ...report, managerId: (await person('p7')).id });
}

test.each(opened)(
  'of someone who meanwhile %s all follows that follows from a change',
  async (_, open) => {
    const admin = await addedPerson(database.transact, { email: mail('admin'), role: 'admin' });
    const before = async () => {
      await open(admin);
      await database.db('jobs').delete();
    };
    const people = [...reports, row('boss')];
    await importFrom(
      source,
      { people },
      { stores: database.stores, transact: transactAfter(before) },
    );
    expect(await managerOf('p7')).toBe(mail('boss'));
    expect(told).toContain(mail('p7'));
    const jobs = await database.db('jobs').where({ name: 'requests.re-evaluate' }).pluck('payload');
    const { id: personId } = await person('p7');
    expect(jobs).toContain(JSON.stringify({ personId, sameStanding: true }));
  },
);

test('who got a manager by hand meanwhile keeps them', async () => {
  const byHand = async () => {
    const [p7, ann] = [await person('p7'), await person('ann')];
    await database.stores.people.save({ ...p7, managerId: ann.id });
  };
  const people = [row('ann'), ...reports, row('boss')];
  await importFrom(
    source,
    { people },
    { stores: database.stores, transact: transactAfter(byHand) },
  );
  expect(await managerOf('p7')).toBe(mail('ann'));
  expect(await managerOf('p8')).toBe(mail('boss'));
});

test('however long a line of managers is, it is looked up in one statement', async () => {
  const line = Array.from({ length: 900 }, (_, n) => row(`p${n}`, `p${n + 1}`));
  const statements = await statementsOf(database.db, () =>
    importFrom(source, { people: [...line, row('p900', 'p0')] }, database),
  );
  expect(await managerOf('p499')).toBeUndefined(); // It would close the circle.
  expect(await managerOf('p899')).toBe(mail('p900'));
  expect(await managerOf('p900')).toBe(mail('p0'));
  expect(statements.length).toBeLessThan(150);
});

test('who is at the top is found over any number of managers, and past a circle of before', () => {
  const above = () =>
    new Map([
      ['ann', 'bo'],
      ['bo', 'cy'],
      ['dan', 'eve'],
      ['eve', 'dan'],
    ]);
  expect(topOf('ann', above())).toBe('cy');
  expect(topOf('cy', above())).toBe('cy');
  const walked = above();
  topOf('ann', walked);
  walked.set('cy', 'fay');
  expect(topOf('ann', walked)).toBe('fay');
  expect(['dan', 'eve']).toContain(topOf('dan', walked));
});
