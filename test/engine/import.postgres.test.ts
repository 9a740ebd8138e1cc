/** A file of people on PostgreSQL, where several processes share the work. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Actor } from '../../src/engine/directory.ts';
import { advanceImport, bringFile, startImport } from '../../src/engine/import/import-people.ts';
import { addPerson } from '../../src/engine/people.ts';
import { temporaryPostgres } from '../support/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let opened: Awaited<ReturnType<typeof temporaryPostgres>>;
beforeEach(async () => {
  opened = await temporaryPostgres(now);
});
afterEach(() => opened.cleanup());

test('two workers that were given the same file add everybody once, with their managers', async () => {
  const { stores, transact } = opened;
  const adding = { now, newId, actor };
  const added = await transact((tx) => addPerson(tx, { email: 'ada@x.io', role: 'admin' }, adding));
  if (!added.ok) throw new Error(added.problems.join());
  const rows = Array.from(
    { length: 1100 },
    (_, n) => `p${n}@x.io,p${n + 1}@x.io,p${1100 - n}@x.io`,
  );
  const text = ['email,manager,buddy', ...rows, 'p1100@x.io,ada@x.io,'].join('\n');
  const file = { name: 'people.csv', text, personId: added.person.id };
  const { id } = await transact((tx) => bringFile(tx, file, adding));
  const parts = { stores, transact, now, newId, pause: async () => undefined };
  await advanceImport(id, parts);
  const ready = await stores.fileImports.find(id);
  if (!ready) throw new Error('It is gone');
  await transact((tx) => startImport(tx, ready, false, adding));

  await Promise.all([advanceImport(id, parts), advanceImport(id, parts)]);
  expect((await stores.fileImports.find(id))?.progress).toMatchObject({
    state: 'done',
    counts: { created: 1101, untouched: 0, leftOut: 0 },
  });
  expect((await stores.people.search('', { offset: 0, limit: 1 })).total).toBe(1102);
  const people = await stores.people.findByEmails(['p0@x.io', 'p1@x.io', 'p1100@x.io']);
  const idOf = (email: string) => people.find((person) => person.email === email)?.id;
  const first = people.find(({ email }) => email === 'p0@x.io');
  expect([first?.managerId, first?.buddyId]).toEqual([idOf('p1@x.io'), idOf('p1100@x.io')]);
});
