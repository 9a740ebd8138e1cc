/** One row that nobody can read any more keeps no other from its time. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { everyDue } from '../../../src/engine/work/paged.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { insertWithManifest } from '../../contracts/an-integration.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const noon = new Date('2026-11-25T12:00:00Z');
const later = new Date('2026-11-25T13:00:00Z');

let database: TestDatabase;
let stores: Stores;
let personId: string;
let integrationId: string;
let manifestVersionId: string;
beforeEach(async () => {
  database = await temporaryDatabase(() => noon);
  ({ stores } = database);
  personId = (await insertPerson(stores)).id;
  const app = await insertWithManifest(stores, { name: 'Fernboard' });
  ({ id: integrationId, manifestVersionId } = app);
});
afterEach(() => database.cleanup());

interface Sweep {
  readonly what: string;
  readonly table: string;
  readonly column: string;
  readonly insert: () => Promise<unknown>;
  readonly due: () => Promise<readonly unknown[]>;
}

/** What the rounds of the worker do with it. */
async function all<T extends object>(
  page: (offset: number) => Promise<readonly (T | undefined)[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const one of everyDue(page, (each) => JSON.stringify(each))) found.push(one);
  return found;
}

const sweeps: readonly Sweep[] = [
  {
    what: 'the body of a message that was sent',
    table: 'deliveries',
    column: 'content',
    insert: () =>
      stores.deliveries.insert({
        id: newId(),
        version: 1,
        position: 0,
        createdAt: noon,
        attempts: 1,
        body: 'kept',
        outgoing: {
          notification: { type: 'email', subject: 'Hi', to: 'ann@example.com', message: 'Hi' },
          secret: false,
          shownTo: 'ann@example.com',
        },
        state: 'sent',
        finishedAt: noon,
        via: 'email',
      }),
    due: () => stores.deliveries.withBodySince(later, later),
  },
  {
    what: 'a message whose wake-up was lost',
    table: 'deliveries',
    column: 'content',
    insert: () =>
      stores.deliveries.insert({
        id: newId(),
        version: 1,
        position: 0,
        createdAt: noon,
        attempts: 0,
        body: 'kept',
        outgoing: {
          notification: { type: 'email', subject: 'Hi', to: 'ann@example.com', message: 'Hi' },
          secret: false,
          shownTo: 'ann@example.com',
        },
        state: 'waiting',
        dueAt: noon,
      }),
    due: () => stores.deliveries.overdue(later),
  },
  {
    what: 'a fact that nobody confirmed',
    table: 'fact_claims',
    column: 'value',
    insert: () => stores.factClaims.put({ personId, name: newId(), value: 'x', at: noon }),
    due: () => all((offset) => stores.factClaims.olderThan(later, offset)),
  },
];

test.each(sweeps)(
  '$what: another one is found behind hundreds',
  async ({ table, column, insert, due }) => {
    for (let n = 0; n < 101; n += 1) await insert();
    await database.db(table).update({ [column]: 'damaged' });
    await insert();
    expect(await due()).toHaveLength(1);
  },
);

test('a run whose sentence is damaged goes on', async () => {
  await stores.runs.insert(
    {
      id: newId(),
      version: 1,
      kind: 'execute',
      integrationId,
      personId,
      manifestVersionId,
      startedBy: { kind: 'system' },
      createdAt: noon,
      attempt: 1,
      state: 'waiting',
      dueAt: noon,
      why: 'The app is busy.',
    },
    { form: {}, generated: {} },
  );
  await database.db('runs').update({ message: 'damaged' });
  expect(await stores.runs.overdue(later)).toMatchObject([
    { why: "What was stored about this can't be read." },
  ]);
});

test.each(sweeps)('$what: another one is found', async ({ table, column, insert, due }) => {
  await insert();
  await database.db(table).update({ [column]: 'damaged' });
  await insert();
  expect(await due()).toHaveLength(1);
});
