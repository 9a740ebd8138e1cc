/** People to whom the source gives an address that someone else has here: exchanged, passed on, or left behind. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import { importSync } from '../../../src/engine/imports/start-sync.ts';
import type { SyncRun } from '../../../src/engine/imports/sync-run.ts';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { hadBefore } from '../../../src/engine/people/exchanged-address.ts';
import { sayAddress } from '../../../src/engine/people/no-address.ts';
import { buildVariables } from '../../../src/engine/templates/variables.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import type { TestDatabase } from '../../support/database/database.ts';
import type { TestPostgres } from '../../support/peers/postgres.ts';
import { randomOf } from '../../support/seeded.ts';
import { actor, addSource, goOn, importFrom } from './an-import.ts';

const erased = { id: newId(), at: new Date(), actor, what: 'person.erased' } as const;
const mail = (name: string): string => `${name}@x.io`;

type Row = Readonly<Record<string, string | null>>;
/** Of the person with this ID. */
const row = (id: string, name: string, more: Row = {}): Row => ({ id, email: mail(name), ...more });

describe.each(bothDatabases)('on %s', (on, open) => {
  let database: TestDatabase | TestPostgres;
  let hr: Integration;
  /** Why imports waited for an OK, which they got. */
  let waited: string[];
  beforeEach(async () => {
    database = await open();
    waited = [];
    hr = await source('HR');
  });
  afterEach(() => database.cleanup());

  const source = (name: string): Promise<Integration> =>
    addSource(database, name, {
      data_from: 'people',
      data_structure: {
        email: 'email',
        employee_id: 'id',
        department: 'department',
        manager: 'manager',
        end: 'end',
      },
    });
  const owning = (integration: Integration, ...fields: readonly string[]) =>
    database.transact((tx) => setOwnedFields(tx, integration, { actor, fields }));

  async function imported(people: readonly Row[]): Promise<SyncRun> {
    let run = await importFrom(hr, { people }, database);
    while (run.state === 'ready') {
      const ready = run;
      waited.push(...(ready.held?.why ?? []));
      await database.transact((tx) => importSync(tx, ready, { actor }));
      run = await goOn(run.id, { people }, database);
    }
    return run;
  }
  const numbered = async (id: string): Promise<Person> => {
    const [person] = await database.stores.people.findByEmployeeIds([id]);
    if (!person) throw new Error(`Nobody has the ID ${id}`);
    return person;
  };
  const addresses = async (...ids: readonly string[]) =>
    (await Promise.all(ids.map(numbered))).map(({ email }) => email.replace('@x.io', ''));
  const notes = async ({ id }: SyncRun) =>
    (await database.stores.syncRows.list(id, {}, { offset: 0, limit: 100 })).rows.flatMap(
      ({ note }) => note ?? [],
    );

  test('two people exchange theirs, each with an entry in the audit log and a former address', async () => {
    await imported([row('1', 'ann'), row('2', 'bob')]);
    const [ann, bob] = [await numbered('1'), await numbered('2')];
    const run = await imported([row('1', 'bob'), row('2', 'ann')]);
    expect(await addresses('1', '2')).toEqual(['bob', 'ann']);
    expect([(await numbered('1')).id, (await numbered('2')).id]).toEqual([ann.id, bob.id]);
    expect(run.counts).toMatchObject({ updated: 2, partly: 0, replaced: { email: 2 } });
    expect(await notes(run)).toEqual([]);
    for (const { id } of [ann, bob]) {
      const page = { offset: 0, limit: 5 };
      const filter = { personId: id, what: 'person.changed' };
      const [entry, ...others] = await database.stores.auditLog.list(page, filter);
      expect(entry?.detail).toEqual({ fields: 'email', from: 'HR' });
      expect(others).toEqual([]);
    }
    const former = await database.stores.formerEmails.ofPeople([ann.id, bob.id]);
    expect(former.get(ann.id)?.map(({ email }) => email)).toEqual([mail('ann')]);
    expect(former.get(bob.id)?.map(({ email }) => email)).toEqual([mail('bob')]);
  });

  test('random permutations bring nobody what is someone else’s', async () => {
    const random = randomOf(1);
    const below = (size: number) => Math.floor(random() * size);
    const ids = Array.from({ length: 9 }, (_, index) => `${index}`);
    await owning(hr, 'department', 'manager', 'end');
    let named = new Map(ids.map((id) => [id, `p${id}`]));
    const rowOf = (id: string, more: Row = {}) => row(id, named.get(id) ?? '', more);
    await imported(ids.map((id) => rowOf(id)));
    const before = new Map<string, string>();
    for (const id of ids) before.set(id, (await numbered(id)).id);
    for (let round = 0; round < 6; round += 1) {
      const moved = ids.filter(() => random() < 0.7);
      const names = moved.map((id) => (random() < 0.15 ? `n${round}.${id}` : named.get(id)));
      const shift = below(moved.length);
      named = new Map([
        ...named,
        ...moved.map((id, index) => [id, names[(index + shift) % moved.length] ?? ''] as const),
      ]);
      // Each person reports to someone who comes before.
      const managers = new Map(ids.slice(1).map((id, index) => [id, ids[below(index + 1)] ?? '0']));
      const ends = new Map(
        ids.map((id) => [id, random() < 0.3 ? `203${1 + below(8)}-01-31` : null]),
      );
      const rows = ids.map((id) => {
        const manager = managers.get(id);
        return rowOf(id, {
          department: `D${id}.${round}`,
          end: ends.get(id) ?? null,
          manager: manager === undefined ? null : mail(named.get(manager) ?? ''),
        });
      });
      const cut = below(rows.length);
      await imported([...rows.slice(cut), ...rows.slice(0, cut)]);
      for (const id of ids) {
        const person = await numbered(id);
        const end = await database.stores.offboardings.current(person.id);
        const manager = managers.get(id);
        const { email, department, managerId } = person;
        expect({ id: person.id, email, department, managerId, end: end?.endDate }).toEqual({
          id: before.get(id),
          email: mail(named.get(id) ?? ''),
          department: `D${id}.${round}`,
          managerId: manager === undefined ? undefined : before.get(manager),
          end: ends.get(id) ?? undefined,
        });
      }
    }
  });

  // What follows is decided by the same code on both databases: the quicker one shows it.
  if (on === 'PostgreSQL') return;

  test.each([1, -1])('they pass them on, whichever row comes first', async (order) => {
    await imported([row('1', 'ann'), row('2', 'bob'), row('3', 'cy')]);
    const rows = [row('1', 'bob'), row('2', 'cy'), row('3', 'cy.new')];
    const run = await imported(order === 1 ? rows : rows.toReversed());
    expect(await addresses('1', '2', '3')).toEqual(['bob', 'cy', 'cy.new']);
    expect(await notes(run)).toEqual([]);
  });

  test('the other fields of the rows are those of whom the ID names', async () => {
    await owning(hr, 'department', 'manager', 'end');
    await imported([row('1', 'ann'), row('2', 'bob'), row('3', 'cy'), row('4', 'boss')]);
    await imported([
      row('1', 'bob', { department: 'Sales', manager: mail('boss') }),
      row('2', 'cy', { department: 'Support', manager: mail('bob'), end: '2031-01-31' }),
      row('3', 'ann', { manager: mail('cy') }),
      row('4', 'boss'),
    ]);
    const [ann, bob, cy] = [await numbered('1'), await numbered('2'), await numbered('3')];
    expect([ann, bob, cy].map(({ department }) => department)).toEqual([
      'Sales',
      'Support',
      undefined,
    ]);
    expect([ann.managerId, bob.managerId, cy.managerId]).toEqual([
      (await numbered('4')).id,
      ann.id,
      bob.id,
    ]);
    const ends = [ann, bob, cy].map(({ id }) => database.stores.offboardings.current(id));
    expect((await Promise.all(ends)).map((each) => each?.endDate)).toEqual([
      undefined,
      '2031-01-31',
      undefined,
    ]);
  });

  test('two whose rows are in different transactions count once each', async () => {
    await owning(hr, 'department');
    const ids = Array.from({ length: 60 }, (_, index) => `${index}`);
    await imported(ids.map((id) => row(id, `p${id}`)));
    const names = ['p59', ...ids.slice(1, 59).map((id) => `p${id}`), 'p0'];
    const run = await imported(
      ids.map((id, index) =>
        row(id, names[index] ?? '', { department: index < 59 ? 'Sales' : null }),
      ),
    );
    expect(await addresses('0', '59')).toEqual(['p59', 'p0']);
    expect(run.counts.updated).toBe(60);
  });

  test('chat users stay whose they are', async () => {
    await imported([row('1', 'ann'), row('2', 'bob')]);
    const [ann, bob] = [await numbered('1'), await numbered('2')];
    const chat = { platform: 'slack', tenant: 'T', linkedAt: new Date() } as const;
    await database.transact((tx) =>
      tx.identities.insert({ ...chat, userId: 'U1', personId: ann.id }),
    );
    await imported([row('1', 'bob'), row('2', 'ann')]);
    expect((await database.stores.identities.find('slack', 'T', 'U1'))?.personId).toBe(ann.id);
    expect(await database.stores.identities.ofPerson(bob.id)).toEqual([]);
  });

  test('what is stored about one of them is not the other’s, and goes with their erasure', async () => {
    await imported([row('1', 'ann'), row('2', 'bob', { department: 'Sales' })]);
    await imported([row('1', 'bob'), row('2', 'ann')]);
    const personal = createPersonalData(database.db, database.vault);
    const [ann, bob] = [await numbered('1'), await left('2')];
    const seen = { first_seen_at: 1, last_seen_at: 1, round_id: 'round', is_adopted: false };
    const account = { id: newId(), integration_id: hr.id, account_key: 'bob', name: 'Bob' };
    await database
      .db('listed_accounts')
      .insert({ ...account, ...seen, email: mail('bob'), person_id: bob.id });
    const idsOf = (rows: unknown) =>
      (rows as readonly { readonly employee_id: string }[]).map((each) => each.employee_id);
    const annsData = await personal.collect(ann.id);
    expect(new Set(idsOf(annsData?.['sync_rows']))).toEqual(new Set(['1']));
    expect(annsData?.['listed_accounts']).toBeUndefined();
    const now = await numbered('2');
    await personal.erase(now, { ...erased, personId: bob.id });
    expect(new Set(idsOf(await database.db('sync_rows')))).toEqual(new Set(['1']));
    expect(await addresses('1')).toEqual(['bob']);
  });

  async function left(id: string): Promise<Person> {
    const person = await numbered(id);
    await database.transact((tx) => deactivate(tx, person, { actor }));
    return person;
  }

  test('someone gets the address of a leaver, who has none any more', async () => {
    await imported([row('1', 'ann'), row('2', 'lee')]);
    const lee = await left('2');
    const run = await imported([row('1', 'lee')]);
    expect(await addresses('1')).toEqual(['lee']);
    const now = await numbered('2');
    expect([now.id, now.active]).toEqual([lee.id, false]);
    const variables = buildVariables({ person: now, manager: now });
    expect([variables['email'], variables['manager_email']]).toEqual([undefined, undefined]);
    expect(await notes(run)).toEqual([]);
    const former = await database.stores.formerEmails.ofPeople([lee.id]);
    expect(former.get(lee.id)?.map(({ email }) => email)).toEqual([mail('lee')]);
  });

  test('a leaver gets the other address that the source has for them', async () => {
    await imported([row('1', 'ann'), row('2', 'lee')]);
    await left('2');
    await imported([row('1', 'lee'), row('2', 'lee.left')]);
    expect(await addresses('1', '2')).toEqual(['lee', 'lee.left']);
    expect((await numbered('2')).active).toBe(false);
  });

  test('a leaver without an address is found by none, and lists say so', async () => {
    await imported([row('1', 'ann'), row('2', 'lee')]);
    await left('2');
    await imported([row('1', 'lee')]);
    const { people } = database.stores;
    expect((await people.search('left.invalid', { offset: 0, limit: 5 }, 'everybody')).total).toBe(
      0,
    );
    expect(sayAddress(await numbered('2'))).toBe('no email address');
  });

  test('a leaver without an address who is back gets one from any import', async () => {
    await imported([row('1', 'ann'), row('2', 'lee')]);
    const lee = await left('2');
    await imported([row('1', 'lee')]);
    await database.transact(async (tx) => {
      const now = await tx.people.find(lee.id);
      return now && reactivate(tx, now, { actor });
    });
    await owning(await source('Directory'), 'email');
    await imported([row('1', 'lee'), row('2', 'lee.new')]);
    expect(await addresses('1', '2')).toEqual(['lee', 'lee.new']);
  });

  test('who gets an address that was given up in an earlier transaction has it from someone, too', async () => {
    await owning(hr, 'department');
    const ids = Array.from({ length: 60 }, (_, index) => `${index}`);
    await imported(ids.map((id) => row(id, `p${id}`)));
    const names = new Map([
      ['0', 'p0.new'],
      ['59', 'p0'],
    ]);
    await imported(ids.map((id) => row(id, names.get(id) ?? `p${id}`, { department: 'Sales' })));
    expect(await addresses('0', '59')).toEqual(['p0.new', 'p0']);
    const [first, last] = [await numbered('0'), await numbered('59')];
    expect((await hadBefore(database.stores, last, new Date()))?.id).toBe(first.id);
    expect(first.exchangedAt).toBeUndefined();
  });

  test('who is added with an address that was given up lately has it from someone, too', async () => {
    await imported([row('1', 'ann')]);
    await imported([row('1', 'ann.new')]);
    await imported([row('1', 'ann.new'), row('2', 'ann', { end: '2031-01-31' })]);
    const [ann, added] = [await numbered('1'), await numbered('2')];
    expect((await hadBefore(database.stores, added, new Date()))?.id).toBe(ann.id);
  });

  test('a wrong exchange that an admin puts right by hand leaves no doubt', async () => {
    await imported([row('1', 'ann'), row('2', 'bob')]);
    await imported([row('1', 'bob'), row('2', 'ann')]);
    const former = async (id: string) => hadBefore(database.stores, await numbered(id), new Date());
    expect(await former('1')).toBeDefined();
    expect(await former('2')).toBeDefined();
    const byHand = async (id: string, name: string) => {
      const person = await numbered(id);
      const details = { email: mail(name) };
      await database.transact((tx) => changePerson(tx, person, { actor, details }));
    };
    await byHand('1', 'spare');
    await byHand('2', 'bob');
    await byHand('1', 'ann');
    expect(await addresses('1', '2')).toEqual(['ann', 'bob']);
    expect([await former('1'), await former('2')]).toEqual([undefined, undefined]);
    expect(await numbered('2')).not.toHaveProperty('exchangedAt');
  });

  test('more than five who exchange theirs wait for an OK', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => index);
    const rows = (shift: number) => ids.map((id) => row(`${id}`, `p${(id + shift) % ids.length}`));
    await imported(rows(0));
    await imported([row('0', 'p1'), row('1', 'p0')]);
    expect(waited).toEqual([]);
    await imported(rows(3));
    expect(waited).toEqual(['addresses']);
  });

  test('nobody gets the address of an admin, or of someone on the way to one', async () => {
    await imported([row('1', 'ann'), row('2', 'bob'), row('3', 'ada')]);
    const ada = await numbered('3');
    await database.stores.people.save({ ...ada, role: 'admin' });
    const run = await imported([row('1', 'bob'), row('2', 'ada'), row('3', 'ann')]);
    expect(await addresses('1', '2', '3')).toEqual(['ann', 'bob', 'ada']);
    expect(run.counts).toMatchObject({ updated: 0, replaced: {} });
    expect(await notes(run)).toEqual([
      'Imported without the address bob@x.io, which someone else already has.',
      'Imported without the address ada@x.io, which someone else already has.',
    ]);
  });

  test('nobody gets the address of someone who is not in the source', async () => {
    await owning(hr, 'department');
    await imported([row('1', 'ann'), row('2', 'bob')]);
    const run = await imported([row('1', 'bob', { department: 'Sales' })]);
    expect(await addresses('1', '2')).toEqual(['ann', 'bob']);
    expect((await numbered('1')).department).toBe('Sales');
    expect(run.counts).toMatchObject({ updated: 1, partly: 1 });
    expect(await notes(run)).toEqual([
      'Imported without the address bob@x.io, which someone else already has.',
    ]);
  });

  test('all keep theirs where another import owns addresses, and get what else the row of their ID says', async () => {
    await owning(hr, 'end', 'department');
    await imported([row('1', 'ann'), row('2', 'bob')]);
    await owning(await source('Directory'), 'email');
    const run = await imported([
      row('1', 'bob', { end: '2031-01-31' }),
      row('2', 'ann', { department: 'Sales' }),
    ]);
    expect(await addresses('1', '2')).toEqual(['ann', 'bob']);
    const [ann, bob] = [await numbered('1'), await numbered('2')];
    const { offboardings } = database.stores;
    expect(await offboardings.current(ann.id)).toMatchObject({ endDate: '2031-01-31' });
    expect(await offboardings.current(bob.id)).toBeUndefined();
    expect([ann.department, bob.department]).toEqual([undefined, 'Sales']);
    expect(run.counts).toMatchObject({ updated: 2, replaced: {} });
  });

  test('more than fifty who pass theirs on keep them', async () => {
    const ids = Array.from({ length: 52 }, (_, index) => index);
    const rows = (shift: number) => ids.map((id) => row(`${id}`, `p${(id + shift) % ids.length}`));
    await imported(rows(0));
    const run = await imported(rows(1));
    expect(await addresses('0', '51')).toEqual(['p0', 'p51']);
    expect(run.counts).toMatchObject({ updated: 0, replaced: {} });
    expect((await notes(run))[0]).toBe(
      'Imported without the address p1@x.io: more than 50 people would have to pass theirs on first. Import again, or change some by hand.',
    );
  });

  test('of more than fifty up to a free address those far from it read that, and get theirs next time', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => index);
    const rows = (shift: number) => ids.map((id) => row(`${id}`, `p${id + shift}`));
    await imported(rows(0));
    const run = await imported(rows(1));
    expect(await addresses('0', '9', '10', '59')).toEqual(['p0', 'p9', 'p11', 'p60']);
    const said = await notes(run);
    expect(said).toHaveLength(10);
    expect(said.every((note) => note.includes('more than 50 people'))).toBe(true);
    const next = await imported(rows(1));
    expect(await addresses('0', '9', '10', '59')).toEqual(['p1', 'p10', 'p11', 'p60']);
    expect(await notes(next)).toEqual([]);
  });
});
