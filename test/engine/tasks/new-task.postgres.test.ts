import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { insertTask } from '../../../src/engine/tasks/new-task.ts';
import { addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { until } from '../../support/until.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

test('two tasks at once, each about the assignee of the other, are both made', async () => {
  const { stores, transact } = database;
  const ann = await addedPerson(transact, { email: 'ann@example.com' });
  const bob = await addedPerson(transact, { email: 'bob@example.com' });
  let held = 0;
  const open = (about: Person, assignee: Person) =>
    transact(async (tx) => {
      await tx.people.hold(about.id);
      held += 1;
      await until(async () => held > 1);
      const task = { kind: 'other', title: 'Laptop', assigneeId: assignee.id } as const;
      const whose = { personId: about.id };
      return insertTask(tx, { ...task, ...whose }, { ...whose, actor: { kind: 'system' } });
    });
  await Promise.all([open(ann, bob), open(bob, ann)]);
  const { tasks } = await stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  expect(new Set(tasks.map(({ assigneeId }) => assigneeId))).toEqual(new Set([ann.id, bob.id]));
});
