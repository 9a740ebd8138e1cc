/** A file of people on PostgreSQL, where several processes share the work. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { advanceImport } from '../../../src/engine/imports/advance-import.ts';
import { bringFile, startImport } from '../../../src/engine/imports/import-people.ts';
import type { Actor } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { newWorker } from '../../../src/engine/work/leased.ts';
import { addedPerson } from '../../support/given/added.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let opened: Awaited<ReturnType<typeof temporaryPostgres>>;
beforeEach(async () => {
  opened = await temporaryPostgres(now);
});
afterEach(() => opened.cleanup());

test('two workers that were given the same file add everybody once, with their managers', async () => {
  const { stores, transact } = opened;
  const adding = { actor };
  const added = await addedPerson(transact, { email: 'ada@x.io', role: 'admin' });
  const rows = Array.from(
    { length: 1100 },
    (_, n) => `p${n}@x.io,p${n + 1}@x.io,p${1100 - n}@x.io`,
  );
  const text = ['email,manager,buddy', ...rows, 'p1100@x.io,ada@x.io,'].join('\n');
  const file = { name: 'people.csv', text, personId: added.id };
  const { id } = await transact((tx) => bringFile(tx, file, adding));
  const deps = { stores, transact, now, newId, ...newWorker('w'), pause: async () => undefined };
  await advanceImport(id, deps);
  const ready = present(await stores.fileImports.find(id));
  await transact((tx) => startImport(tx, ready, { update: false, ...adding }));

  await Promise.all([advanceImport(id, deps), advanceImport(id, deps)]);
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

test('a file with a NUL, as old systems leave it in their exports, is imported without it', async () => {
  const { stores, transact } = opened;
  const adding = { actor };
  const added = await addedPerson(transact, { email: 'ada@x.io', role: 'admin' });
  const text = 'email,first name,manager\nbo@x.io,Bo\0,ada@x.io\0\ncy@x.io\0,Cy,';
  const file = { name: 'people.csv', text, personId: added.id };
  const { id } = await transact((tx) => bringFile(tx, file, adding));
  const deps = { stores, transact, now, newId, ...newWorker('w'), pause: async () => undefined };
  await advanceImport(id, deps);
  const ready = present(await stores.fileImports.find(id));
  await transact((tx) => startImport(tx, ready, { update: true, ...adding }));
  await advanceImport(id, deps);
  expect((await stores.fileImports.find(id))?.progress).toMatchObject({
    state: 'done',
    counts: { created: 2, leftOut: 0 },
  });
  const [bo] = await stores.people.findByEmails(['bo@x.io']);
  expect(bo).toMatchObject({ firstName: 'Bo', managerId: added.id });
});

test('a person whom someone changes in that very moment is read again, and the import goes on', async () => {
  const { stores, transact } = opened;
  const adding = { actor };
  const add = (email: string) => transact((tx) => addPerson(tx, { email, role: 'admin' }, adding));
  const added = ok(await add('ada@x.io'));
  await add('bo@x.io');
  const text = 'email,position\nada@x.io,Lead\nbo@x.io,Engineer';
  const file = { name: 'people.csv', text, personId: added.person.id };
  const { id } = await transact((tx) => bringFile(tx, file, adding));
  await advanceImport(id, {
    ...newWorker('w'),
    stores,
    now,
    transact,
    pause: async () => undefined,
  });
  const ready = present(await stores.fileImports.find(id));
  await transact((tx) => startImport(tx, ready, { update: true, ...adding }));

  let changes = 0;
  /** Each person is changed between being read and being saved, the first time. */
  const meddled: typeof transact = (work) =>
    transact((tx) =>
      work({
        ...tx,
        people: {
          ...tx.people,
          async findByEmails(emails) {
            const found = await tx.people.findByEmails(emails);
            const [first] = found;
            if (first && changes++ === 0) await stores.people.save({ ...first, phone: '1' });
            return found;
          },
        },
      }),
    );
  await advanceImport(id, {
    ...newWorker('w'),
    stores,
    now,
    transact: meddled,
    pause: async () => undefined,
  });
  expect((await stores.fileImports.find(id))?.progress).toMatchObject({
    state: 'done',
    counts: { updated: 2 },
  });
  expect(await stores.people.findByEmail('ada@x.io')).toMatchObject({
    phone: '1',
    position: 'Lead',
  });
});
