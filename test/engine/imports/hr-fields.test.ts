/** The HR system owns fields: what an import fills, changes and clears of people who are here, and what it asks first. */
import {
  assert,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  option,
  record,
  tuple,
} from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { dueSources } from '../../../src/app/due-sources.ts';
import { heldReasons } from '../../../src/bots/features/imports/sync-words.ts';
import { namedManagers } from '../../../src/engine/imports/managers-of-admins.ts';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import { changesOfRows } from '../../../src/engine/imports/row-changes.ts';
import {
  endSync,
  ignoreForGood,
  importSync,
  startSync,
} from '../../../src/engine/imports/start-sync.ts';
import type { SyncIn, SyncRun, SyncState } from '../../../src/engine/imports/sync-run.ts';
import { cancelOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { NewPerson } from '../../../src/engine/people/people.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { aPerson } from '../../contracts/a-person.ts';
import { DAY, type TestEngine, testEngine } from '../../support/engine.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';
import { sequenceLab } from '../sequences/lab.ts';

/** In the order of the manifest below. */
const OWNABLE = ['phone', 'position', 'department', 'manager', 'start', 'end', 'time_zone'];

let engine: TestEngine;
let events: Event[];
let hr: Integration;
beforeEach(async () => {
  events = [];
  engine = await testEngine({ onEvent: async (_tx, event) => void events.push(event) });
  hr = await source('HR');
});

/** A field `x` of a row is the value `x` of the source. */
const source = (name: string, more: Readonly<Record<string, string>> = {}) =>
  engine.integration(
    {
      execute: [{ url: `${engine.party.url}/${name}`, method: 'GET' }],
      action: 'create',
      schedule: '0 6 * * *',
      data_from: 'people',
      data_structure: {
        email: 'email',
        first_name: 'first',
        ...Object.fromEntries([...OWNABLE, 'employee_id'].map((key) => [key, key])),
        ...more,
      },
    },
    {},
    name,
  );

type Row = Readonly<Record<string, unknown>>;
const mail = (name: string): string => `${name}@x.io`;
const row = (name: string, more: Row = {}): Row => ({ email: mail(name), ...more });

async function begin(rows: readonly Row[], of = hr, mode: SyncRun['mode'] = 'import') {
  engine.party.on(`GET /${of.name}`, { json: { people: rows } });
  const by = { ...engine, mode, scheduledFor: engine.now() };
  const started = ofKind('started', await engine.transact((tx) => startSync(tx, of, by)));
  await engine.runJobs();
  return found(started.run.id);
}
async function found(id: string): Promise<SyncRun> {
  return present(await engine.stores.syncRuns.find(id));
}
function inState<S extends SyncState>(run: SyncRun, state: S): SyncIn<S> {
  if (run.state !== state) throw new Error(JSON.stringify(run, undefined, 1));
  return run as SyncIn<S>;
}
const imports = async (rows: readonly Row[], of = hr) => inState(await begin(rows, of), 'done');
/** An admin says OK where the import waits. */
async function approved(rows: readonly Row[]): Promise<SyncIn<'done'>> {
  const run = await begin(rows);
  if (run.state !== 'ready') return inState(run, 'done');
  await engine.transact((tx) => importSync(tx, run, engine));
  await engine.runJobs();
  return inState(await found(run.id), 'done');
}
const owning = (...fields: readonly string[]) =>
  engine.transact((tx) => setOwnedFields(tx, hr, { ...engine, fields }));
const someone = (name: string, more: Partial<NewPerson> = {}) =>
  engine.person({ firstName: name, lastName: '', ...more, email: mail(name) });
/** So many that a few changes are no part worth asking about; at once, since no test is about how they came. */
const aCompany = (size = 30): Promise<void> =>
  engine.stores.people.insertMany(
    Array.from({ length: size }, (_, n) =>
      aPerson({ firstName: `staff${n}`, lastName: '', email: mail(`staff${n}`) }),
    ),
  );
const person = async (name: string): Promise<Person> => {
  const here = await engine.stores.people.findByEmail(mail(name));
  if (!here) throw new Error(`${name} isn't here`);
  return here;
};
const notes = async ({ id }: SyncRun) =>
  (await engine.stores.syncRows.list(id, {}, { offset: 0, limit: 100 })).rows.flatMap(
    ({ note }) => note ?? [],
  );
const planned = async (name: string) => engine.stores.offboardings.current((await person(name)).id);

describe('mapping', () => {
  test('a new person gets every field, and is planned to leave on their last day', async () => {
    await someone('boss');
    const mapped = {
      phone: '+43 1 234',
      position: 'Engineer',
      department: 'Sales',
      manager: 'BOSS@x.io',
      start: '2026-11-30T00:00:00Z',
      end: '2027-01-31',
      time_zone: 'Europe/Vienna',
      employee_id: 4711,
    };
    await imports([row('ann', mapped)]);
    const { id } = await person('boss');
    expect(await person('ann')).toMatchObject({
      phone: '+43 1 234',
      position: 'Engineer',
      department: 'Sales',
      managerId: id,
      startDate: '2026-11-30',
      endDate: '2027-01-31',
      timeZone: 'Europe/Vienna',
      employeeId: '4711',
    });
    expect(await planned('ann')).toMatchObject({ state: 'planned', endDate: '2027-01-31' });
  });

  test('someone who is here only gets what they lack', async () => {
    await someone('ann', { department: 'Sales' });
    const run = await imports([row('ann', { department: 'Support', position: 'Engineer' })]);
    expect(await person('ann')).toMatchObject({ department: 'Sales', position: 'Engineer' });
    expect(run.counts).toMatchObject({ updated: 1, replaced: {}, moved: 0 });
  });

  test('a value that isn’t valid is left out and reported, and changes nothing', async () => {
    await owning('time_zone', 'end');
    await someone('ann', { timeZone: 'Europe/Vienna' });
    const run = await imports([row('ann', { time_zone: 'Middle/Earth', end: 'soon' })]);
    expect(await person('ann')).toMatchObject({ timeZone: 'Europe/Vienna' });
    expect((await notes(run))[0]).toMatch(/time zone: "Middle\/Earth".*last day: "soon"/);
  });

  test('any other key is kept with people, under its name', async () => {
    const other = await source('Other', { BADGE: 'badge' });
    await someone('ann');
    await imports([row('ann', { badge: 12 }), row('bo', { badge: '' })], other);
    expect((await person('ann')).stored).toEqual({ BADGE: 12 });
    expect((await person('bo')).stored).toEqual({});
    await imports([row('ann', { badge: 13 })], other);
    expect((await person('ann')).stored).toEqual({ BADGE: 12 });
    const own = { ...engine, fields: ['BADGE'] };
    await engine.transact((tx) => setOwnedFields(tx, other, own));
    await imports([row('ann', { badge: 13 })], other);
    expect((await person('ann')).stored).toEqual({ BADGE: 13 });
    const [last] = await engine.stores.auditLog
      .list({ offset: 0, limit: 50 })
      .then((entries) => entries.filter(({ what }) => what === 'person.changed'));
    expect(last?.detail).toEqual({ fields: 'BADGE', from: 'Other' });
    await imports([row('ann', { badge: null })], other);
    expect((await person('ann')).stored).toEqual({});
  });

  test('people whom the source no longer has stay as they are', async () => {
    await owning(...OWNABLE);
    await imports([row('ann', { department: 'Sales' }), row('bo')]);
    await imports([row('bo')]);
    expect(await person('ann')).toMatchObject({ active: true, department: 'Sales' });
  });
});

describe('owned fields', () => {
  test('change; an absent one stays, an empty one is cleared and counted', async () => {
    await aCompany();
    await owning('department', 'position', 'phone');
    const before = { department: 'Sales', position: 'Engineer', phone: '4711' };
    await someone('ann', before);
    const run = await imports([row('ann', { department: 'Support', position: null, phone: ' ' })]);
    expect(await person('ann')).toMatchObject({ department: 'Support' });
    expect((await person('ann')).position).toBeUndefined();
    expect((await person('ann')).phone).toBeUndefined();
    expect(run.counts).toMatchObject({
      replaced: { department: 1, position: 1, phone: 1 },
      cleared: 2,
      moved: 1,
    });
    await imports([row('ann')]);
    expect(await person('ann')).toMatchObject({ department: 'Support' });
  });

  test('are cleared where the source has null above them', async () => {
    await aCompany();
    const nested = await source('Nested', { manager: 'boss.mail' });
    const own = { ...engine, fields: ['manager'] };
    await engine.transact((tx) => setOwnedFields(tx, nested, own));
    await someone('boss');
    await someone('ann', { managerEmail: mail('boss') });
    await imports([row('ann', { boss: {} })], nested);
    expect((await person('ann')).managerId).toBeDefined();
    await imports([row('ann', { boss: null })], nested);
    expect((await person('ann')).managerId).toBeUndefined();
  });

  test('have one source', async () => {
    const other = await source('Other');
    await owning('department', 'manager');
    const taken = { ...engine, fields: ['position', 'manager'] };
    expect(await engine.transact((tx) => setOwnedFields(tx, other, taken))).toEqual({
      ok: false,
      why: 'HR owns manager. Remove it there first.',
    });
    await owning('department');
    expect(await engine.transact((tx) => setOwnedFields(tx, other, taken))).toMatchObject({
      ok: true,
    });
  });

  test('that another import got while one waited are not changed', async () => {
    await owning('position');
    await someone('ann', { position: 'Engineer' });
    const run = inState(await begin([row('ann', { position: 'Lead' })], hr, 'preview'), 'ready');
    await owning();
    await engine.transact((tx) => importSync(tx, run, engine));
    await engine.runJobs();
    expect((await person('ann')).position).toBe('Engineer');
  });

  test('are told with the old and the new value, and the import they came from', async () => {
    await aCompany();
    await owning('department');
    await someone('ann', { department: 'Sales' });
    await imports([row('ann', { department: 'Support' })]);
    expect(events.find(({ kind }) => kind === 'person-changed')).toMatchObject({
      before: { department: 'Sales' },
      person: { department: 'Support' },
      fields: ['department'],
    });
    const entries = await engine.stores.auditLog.list({ offset: 0, limit: 50 });
    expect(entries.find(({ what }) => what === 'person.changed')).toMatchObject({
      integrationId: hr.id,
      detail: { fields: 'department', from: 'HR' },
    });
  });
});

describe('managers', () => {
  test('are known after the last row', async () => {
    await aCompany();
    await owning('manager');
    await someone('old');
    await someone('ann', { managerEmail: mail('old') });
    const run = await imports([row('ann', { manager: mail('new') }), row('new')]);
    expect((await person('ann')).managerId).toBe((await person('new')).id);
    expect(run.counts).toMatchObject({ replaced: { manager: 1 }, moved: 1, withoutManager: 0 });
  });

  test('who are unknown change nothing, and their rows are reported', async () => {
    await owning('manager');
    await someone('old');
    await someone('ann', { managerEmail: mail('old') });
    const run = await imports([row('ann', { manager: mail('nobody') })]);
    expect((await person('ann')).managerId).toBe((await person('old')).id);
    expect(run.counts).toMatchObject({ updated: 0, withoutManager: 1, moved: 0 });
    expect(await notes(run)).toEqual(["No one here has the manager's address, nobody@x.io."]);
  });

  test('who are unknown are no change that a preview shows, and those whom it adds are one', async () => {
    await owning('department', 'manager');
    await someone('old');
    for (const name of ['ann', 'bo']) await someone(name, { managerEmail: mail('old') });
    const moves = { department: 'Sales' };
    const run = await begin(
      [
        row('ann', { ...moves, manager: mail('nobody') }),
        row('bo', { ...moves, manager: mail('new') }),
        row('new'),
      ],
      hr,
      'preview',
    );
    const { rows } = await engine.stores.syncRows.list(run.id, {}, { offset: 0, limit: 10 });
    const changes = await changesOfRows(engine.stores, run, rows);
    const department = { key: 'department', value: 'Sales' };
    expect(rows.map(({ seq }) => changes.get(seq))).toEqual([
      [department],
      [department, { key: 'manager', value: mail('new') }],
      undefined,
    ]);
  });

  test('whose address the same import changes are no other managers, and people move to them', async () => {
    await aCompany();
    await owning('email', 'manager');
    await someone('old');
    await someone('bea', { employeeId: '7' });
    await someone('ann', { managerEmail: mail('bea') });
    await someone('cy', { managerEmail: mail('old') });
    const run = await imports([
      row('ann', { manager: mail('bea.new') }),
      row('cy', { manager: mail('bea.new') }),
      row('bea.new', { employee_id: '7' }),
    ]);
    const { id } = await person('bea.new');
    expect((await person('ann')).managerId).toBe(id);
    expect((await person('cy')).managerId).toBe(id);
    expect(run.counts).toMatchObject({ moved: 1, withoutManager: 0, updated: 2 });
    expect(run.counts.replaced).toEqual({ email: 1, manager: 1 });
    expect(await notes(run)).toEqual([]);
  });

  test('may change places: no order of the rows makes a circle of it', async () => {
    await aCompany();
    await owning('manager');
    for (const order of [1, -1]) {
      await someone(`top${order}`);
      await someone(`a${order}`, { managerEmail: mail(`top${order}`) });
      await someone(`b${order}`, { managerEmail: mail(`a${order}`) });
      await someone(`c${order}`, { managerEmail: mail(`b${order}`) });
      const rows = [
        row(`a${order}`, { manager: mail(`b${order}`) }),
        row(`b${order}`, { manager: mail(`c${order}`) }),
        row(`c${order}`, { manager: mail(`top${order}`) }),
      ];
      const run = await approved(order === 1 ? rows : rows.toReversed());
      expect(run.counts.withoutManager).toBe(0);
      for (const [low, high] of ['ab', 'bc'])
        expect((await person(`${low}${order}`)).managerId).toBe(
          (await person(`${high}${order}`)).id,
        );
    }
  });

  test('who would make a circle are refused and counted', async () => {
    await aCompany();
    await owning('manager');
    await someone('a');
    await someone('b', { managerEmail: mail('a') });
    const run = await approved([row('a', { manager: mail('b') })]);
    expect((await person('a')).managerId).toBeUndefined();
    expect(run.counts.withoutManager).toBe(1);
  });

  test('of admins wait for an OK, also another one', async () => {
    await owning('manager');
    await someone('old');
    await someone('new');
    await someone('ann', { role: 'admin', managerEmail: mail('old') });
    const run = await imports([row('ann', { manager: mail('new') })]);
    expect((await person('ann')).managerId).toBe((await person('old')).id);
    expect(run.counts.managersOfAdmins).toBe(1);
    const named = await namedManagers(engine.stores, run.id);
    expect(named.map(({ manager }) => manager.email)).toEqual([mail('new')]);
  });
});

describe('the employee ID', () => {
  test('finds the person whatever became of their address, which changes then', async () => {
    const ann = await someone('ann', { employeeId: '7', department: 'Sales' });
    await engine.transact((tx) =>
      tx.identities.insert({
        platform: 'slack',
        tenant: 'T',
        userId: 'U',
        personId: ann.id,
        linkedAt: tx.now,
      }),
    );
    const run = await imports([row('ann.jones', { employee_id: '7' })]);
    expect(await person('ann.jones')).toMatchObject({ id: ann.id, department: 'Sales' });
    expect(run.counts).toMatchObject({ created: 0, replaced: { email: 1 } });
    expect(await engine.stores.identities.ofPerson(ann.id)).toHaveLength(1);
  });

  test('changes no address that another import owns, and never an admin’s', async () => {
    const other = await source('Other');
    await someone('ann', { employeeId: '7' });
    await someone('ada', { employeeId: '8', role: 'admin' });
    await imports([row('boss', { employee_id: '8' })]);
    expect((await person('ada')).email).toBe(mail('ada'));
    await engine.transact((tx) => setOwnedFields(tx, other, { ...engine, fields: ['email'] }));
    await imports([row('ann.jones', { employee_id: '7' })]);
    expect((await person('ann')).email).toBe(mail('ann'));
  });

  test('of two imports that give it, only the first changes addresses: else they would change back and forth', async () => {
    engine.clock.advance(DAY);
    const other = await source('Directory');
    await someone('ann', { employeeId: '7' });
    await imports([row('ann.smith', { employee_id: '7' })]);
    await imports([row('ann.other', { employee_id: '7' })], other);
    expect((await person('ann.smith')).employeeId).toBe('7');
    await engine.transact((tx) => setOwnedFields(tx, other, { ...engine, fields: ['email'] }));
    await imports([row('ann.other', { employee_id: '7' })], other);
    expect((await person('ann.other')).employeeId).toBe('7');
  });

  test('is given to nobody who would be a second one with it', async () => {
    const bo = await someone('bo');
    await someone('ann', { employeeId: '7' });
    const details = { employeeId: ' 7 ' };
    const changed = await engine.transact((tx) => changePerson(tx, bo, { ...engine, details }));
    expect(changed).toMatchObject({
      ok: false,
      problems: ['employee ID: ann@x.io has this employee ID already'],
    });
    await expect(someone('cy', { employeeId: '7' })).rejects.toThrow(
      'has this employee ID already',
    );
  });

  test('stays with the person who got it while the other one had left, who comes back without it', async () => {
    const ann = await someone('ann', { employeeId: '7' });
    await engine.transact((tx) => deactivate(tx, ann, engine));
    await someone('ann.jones', { employeeId: '7' });
    const left = await person('ann');
    const back = await engine.transact((tx) => reactivate(tx, left, engine));
    expect([back.active, back.employeeId]).toEqual([true, undefined]);
    expect((await person('ann')).employeeId).toBeUndefined();
    expect(await person('ann.jones')).toMatchObject({ employeeId: '7' });
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({ what: 'person.changed', personId: ann.id });
  });

  test('is filled, so that the next change of an address is known', async () => {
    const ann = await someone('ann');
    await imports([row('ann', { employee_id: '7' })]);
    await imports([row('ann.jones', { employee_id: '7' })]);
    expect((await person('ann.jones')).id).toBe(ann.id);
  });

  test('that two people have stops their rows', async () => {
    await owning('department');
    await someone('ann', { employeeId: '7' });
    const bo = await someone('bo');
    await engine.stores.people.save({ ...bo, employeeId: '7' }); // By a version that let it happen.
    await someone('cy', { employeeId: '8' });
    const run = await imports([
      row('ann', { employee_id: '7', department: 'Sales' }),
      row('cy', { employee_id: '9', department: 'Sales' }),
    ]);
    for (const name of ['ann', 'bo', 'cy']) expect((await person(name)).department).toBeUndefined();
    expect(run.counts.skipped).toMatchObject({ invalid: 2 });
    expect(await notes(run)).toEqual([
      expect.stringMatching(/^(ann|bo)@x.io and (ann|bo)@x.io both have the employee ID 7\.$/),
      'cy@x.io has another employee ID in the directory: 8, not 9.',
    ]);
  });

  test('that two rows have stops both, whichever comes first', async () => {
    await someone('bo');
    const run = await imports([
      row('ann', { employee_id: '7' }),
      row('cy', { employee_id: '8' }),
      row('bo', { employee_id: '7', department: 'Sales' }),
    ]);
    expect(await engine.stores.people.findByEmail(mail('ann'))).toBeUndefined();
    expect((await person('bo')).department).toBeUndefined();
    expect(run.counts).toMatchObject({ created: 1, fresh: 1, skipped: { invalid: 2 } });
  });

  test('says whose row it is: another one, which only has their address, is left out', async () => {
    await owning('position');
    await someone('ann', { employeeId: '7' });
    const run = await imports([
      row('ann.jones', { employee_id: '7', position: 'Lead' }),
      row('ann', { position: 'Engineer' }),
    ]);
    expect(await person('ann.jones')).toMatchObject({ position: 'Lead' });
    expect(run.counts).toMatchObject({ updated: 1, skipped: { invalid: 1 } });
    expect(await notes(run)).toEqual([
      "Another row has this person's employee ID: ann.jones@x.io.",
    ]);
  });

  test('tells that someone with another address is still in the source', async () => {
    await imports([row('ann', { employee_id: '7' })]);
    const run = await imports([row('ann.jones', { employee_id: '7' })]);
    expect(run.counts).toMatchObject({ missing: 0, newlyMissing: 0 });
  });

  test('finds an admin whose manager waits for an OK', async () => {
    const boss = await someone('boss');
    const ada = await someone('ada', { employeeId: '8', role: 'admin' });
    const run = await imports([row('ada.king', { employee_id: '8', manager: mail('boss') })]);
    expect(await namedManagers(engine.stores, run.id)).toMatchObject([
      { admin: { id: ada.id }, manager: { id: boss.id } },
    ]);
  });

  test('of two who keep each other’s address says who is the manager that a row names by address', async () => {
    await owning('manager');
    const other = await source('Other');
    await engine.transact((tx) => setOwnedFields(tx, other, { ...engine, fields: ['email'] }));
    const ann = await someone('ann', { employeeId: '7' });
    const bo = await someone('bo', { employeeId: '8' });
    await someone('cy', { managerEmail: mail('bo') });
    await someone('di');
    await imports([
      row('bo', { employee_id: '7' }),
      row('ann', { employee_id: '8', phone: '+32 1', manager: mail('bo') }),
      row('cy', { manager: mail('ann') }),
      row('di', { manager: mail('bo') }),
      row('new', { manager: mail('bo') }),
    ]);
    expect((await person('bo')).managerId).toBe(ann.id);
    expect((await person('cy')).managerId).toBe(bo.id);
    expect((await person('di')).managerId).toBe(ann.id);
    expect((await person('new')).managerId).toBe(ann.id);
  });

  test('of a new hire with the address of someone who has left says that they are not back', async () => {
    await owning('end');
    const ann = await someone('ann', { employeeId: '7' });
    await imports([row('ann', { employee_id: '7', end: '2026-11-25' })]);
    await engine.transact(async (tx) =>
      deactivate(tx, (await tx.people.find(ann.id)) ?? ann, engine),
    );
    events = [];
    await imports([row('ann', { employee_id: '9', end: '2027-06-30' })]);
    expect((await person('ann')).endDate).toBe('2026-11-25');
    expect(events.map(({ kind }) => kind)).not.toContain('rehire-found');
  });

  test('whose new address is someone else’s changes nothing', async () => {
    await someone('ann', { employeeId: '7' });
    await someone('bo');
    const run = await imports([row('bo', { employee_id: '7' })]);
    expect((await person('ann')).employeeId).toBe('7');
    expect((await person('bo')).employeeId).toBeUndefined();
    expect(run.counts.skipped).toMatchObject({ invalid: 1 });
  });
});

describe('last days', () => {
  beforeEach(() => owning('end'));

  test('plan the offboarding, move it and cancel it', async () => {
    await someone('ann');
    await imports([row('ann', { end: '2026-12-31' })]);
    const first = await planned('ann');
    expect(first).toMatchObject({ state: 'planned', endDate: '2026-12-31' });
    await imports([row('ann', { end: '2027-01-31' })]);
    expect(await planned('ann')).toMatchObject({ id: first?.id, endDate: '2027-01-31' });
    const run = await imports([row('ann', { end: null })]);
    expect(await planned('ann')).toBeUndefined();
    expect((await person('ann')).endDate).toBeUndefined();
    expect(run.counts).toMatchObject({ cleared: 1, ends: 0 });
  });

  test.each(['0000-00-00', '9999-12-31', '9999-12-31T00:00:00Z', '4712-12-31'])(
    'are none where the source writes %s, as for a contract without an end',
    async (end) => {
      await someone('ann');
      await imports([row('ann', { end: '2026-12-31' })]);
      const run = await imports([row('ann', { end })]);
      expect(await planned('ann')).toBeUndefined();
      expect((await person('ann')).endDate).toBeUndefined();
      expect(run.counts).toMatchObject({ cleared: 1, partly: 0 });
    },
  );

  test('that someone planned by hand stay where the source has none', async () => {
    const ann = await someone('ann');
    await engine.offboard(ann, '2026-12-31');
    const run = await imports([row('ann', { end: null })]);
    expect(await planned('ann')).toMatchObject({ state: 'planned' });
    expect(run.warnings).toEqual([
      'ann@x.io: the last day stays, since someone planned it by hand.',
    ]);
    await imports([row('ann', { end: '2026-12-24' })]);
    expect(await planned('ann')).toMatchObject({ endDate: '2026-12-24' });
  });

  test('that the owner, or an admin, has cancelled are planned by no other import', async () => {
    const ann = await someone('ann');
    const other = await source('Other');
    const theirs = [row('ann', { end: '2026-12-31' })];
    await imports(theirs, other);
    await imports([row('ann', { end: null })]);
    const run = await imports(theirs, other);
    expect(await planned('ann')).toBeUndefined();
    expect(run.warnings).toEqual([
      "ann@x.io: no last day was planned, since the same one was cancelled before. If it's right, plan it with Offboard….",
    ]);
    expect(run.counts.updated).toBe(0);
    await imports([row('ann', { end: '2027-01-31' })], other);
    const { id } = (await planned('ann')) ?? {};
    const deps = { actor: engine.actor };
    await engine.transact((tx) => cancelOffboarding(tx, id ?? '', deps));
    await imports([row('ann', { end: '2027-01-31' })], other);
    expect(await planned('ann')).toBeUndefined();
    await imports([row('ann', { end: '2027-01-31' })]);
    expect(await planned('ann')).toMatchObject({ personId: ann.id });
  });

  test.each([
    ['moves it', '2026-12-31', true],
    ['names it again', '2026-11-25', false],
  ])(
    'that ended in an outage wait for the import that was missed, which %s',
    async (_, end, stays) => {
      const { id } = await engine.integration({
        execute: [{ url: `${engine.party.url}/members` }],
      });
      await someone('ann', { startDate: '2026-11-24' });
      await imports([row('ann', { end: '2026-11-25' })]);
      const lab = sequenceLab(engine);
      const does = { kind: 'grant', integrationId: id, form: {}, answers: [] } as const;
      const sequence = await lab.sequence([
        { timing: { kind: 'after', workingDays: 1, time: '09:00' }, does },
      ]);
      await lab.assign(sequence, await person('ann'));
      engine.party.on('GET /HR', { json: { people: [row('ann', { end })] } });
      const tick = () => fire(engine, dueSources({ timeZone: 'UTC' }));
      engine.clock.advance(4 * DAY);
      await tick();
      expect((await lab.planned(await person('ann'))).map(({ state }) => state)).toEqual([
        'planned',
      ]);
      await engine.runJobs();
      await tick();
      expect((await person('ann')).active).toBe(stays);
      const [item] = await lab.planned(await person('ann'));
      expect(item?.state).toBe(stays ? 'fired' : 'cancelled');
    },
  );

  test('that ended wait for no second import of a source that was read since', async () => {
    await someone('ann');
    await imports([row('ann', { end: '2026-11-25' })]);
    engine.clock.advance(2 * DAY);
    await imports([row('ann', { end: '2026-11-25' })]);
    const mode = 'import';
    const started = await engine.transact((tx) =>
      startSync(tx, hr, { ...engine, mode, scheduledFor: engine.now() }),
    );
    expect(started.kind).toBe('started');
    expect((await person('ann')).active).toBe(true);
    await fire(engine, dueSources({ timeZone: 'UTC' }));
    expect((await person('ann')).active).toBe(false);
  });

  test('that ended wait for no preview, which changes nothing until an admin says so', async () => {
    await someone('ann');
    await imports([row('ann', { end: '2026-11-25' })]);
    engine.clock.advance(2 * DAY);
    const by = { ...engine, mode: 'preview' } as const;
    const started = await engine.transact((tx) => startSync(tx, hr, by));
    expect(started.kind).toBe('started');
    await fire(engine, dueSources({ timeZone: 'UTC' }));
    expect((await person('ann')).active).toBe(false);
  });

  test('begin the offboarding when they are over, and not a second time', async () => {
    await someone('ann');
    await imports([row('ann', { end: '2026-11-25' })]);
    await engine.tick(2 * DAY);
    expect((await person('ann')).active).toBe(false);
    const run = await imports([row('ann', { end: '2026-11-25' })]);
    expect(run.counts).toMatchObject({ ends: 0, pastEnds: 0, skipped: { left: 1 } });
    expect(events.filter(({ kind }) => kind === 'rehire-found')).toEqual([]);
  });

  test.each([null, '2027-06-30'])(
    'that become %s for someone who left are asked about once',
    async (end) => {
      const ann = await someone('ann');
      await imports([row('ann', { end: '2026-11-25' })]);
      await engine.tick(2 * DAY);
      await imports([row('ann', { end })]);
      await imports([row('ann', { end })]);
      expect(events.filter(({ kind }) => kind === 'rehire-found')).toEqual([
        { kind: 'rehire-found', personId: ann.id, integrationId: hr.id },
      ]);
      expect((await person('ann')).active).toBe(false);
    },
  );

  test('that are over add no one', async () => {
    const run = await imports([row('ann', { end: '2026-11-01' })]);
    expect(await engine.stores.people.findByEmail(mail('ann'))).toBeUndefined();
    expect(run.counts).toMatchObject({ fresh: 0, skipped: { left: 1 } });
    expect(await notes(run)).toEqual(['Their last day was 1 Nov 2026.']);
  });

  test('of an only admin are not planned, and that is said', async () => {
    const { email } = engine.admin;
    const run = await imports([{ email, end: '2026-12-31' }]);
    expect(run.warnings[0]).toMatch(/no last day was planned/);
    expect(await engine.stores.offboardings.current(engine.admin.id)).toBeUndefined();
  });
});

describe('an import waits for an OK', () => {
  const held = async (rows: readonly Row[]) => inState(await begin(rows), 'ready').held?.why;
  const ends = (count: number, end: string) =>
    Array.from({ length: count }, (_, n) => row(`staff${n}`, { end }));

  test('with more than 5 last days, and with a last day that is over', async () => {
    await aCompany();
    await owning('end');
    expect(inState(await begin(ends(5, '2026-12-31')), 'done').counts.ends).toBe(5);
    expect(await held(ends(6, '2026-12-30'))).toEqual(['ends']);
    expect(events.at(-1)).toMatchObject({ kind: 'import-held' });
    await engine.db('sync_runs').where({ state: 'ready' }).delete();
    expect(await held(ends(1, '2026-11-01'))).toEqual(['past-ends']);
    expect((await person('staff0')).endDate).toBe('2026-12-31');
  });

  test('of a newer version where that holds it for a reason that this one does not know', async () => {
    await aCompany();
    await owning('end');
    const run = inState(await begin([...ends(6, '2026-12-30'), row('new')]), 'ready');
    const { db, stores } = engine;
    const stored: readonly unknown[] = await db('sync_runs')
      .where({ id: run.id })
      .pluck('progress');
    const progress = String(stored[0]).replace('"ends"]', '"ends","of-tomorrow","of-later"]');
    await db('sync_runs').where({ id: run.id }).update({ progress });
    const now = inState((await stores.syncRuns.find(run.id)) ?? run, 'ready');
    expect(heldReasons(now)).toEqual([
      expect.stringMatching(/^It would give 6 people of \d+ a last day\.$/),
      expect.stringMatching(/^A newer version of Latchkey holds it/),
    ]);
    expect(await engine.transact((tx) => importSync(tx, now, engine))).toBe('newer');
    expect(await stores.syncRuns.find(run.id)).toEqual(now);
    const emails = [mail('new')];
    expect(await engine.transact((tx) => ignoreForGood(tx, now, { emails, ...engine }))).toBe(1);
    const after = inState((await stores.syncRuns.find(run.id)) ?? run, 'ready');
    expect(after.held?.why).toEqual(['ends', 'of-tomorrow', 'of-later']);
  });

  test('with as many last days that the source no longer has: nobody would be offboarded', async () => {
    await owning('end');
    await aCompany(100);
    const names = Array.from({ length: 6 }, (_, n) => `staff${n}`);
    await approved(names.map((name) => row(name, { end: '2027-03-31' })));
    const waiting = inState(await begin(names.map((name) => row(name, { end: null }))), 'ready');
    expect(waiting.held?.why).toEqual(['ends']);
    expect(waiting.counts).toMatchObject({ ends: 0, unended: 6 });
    expect(await planned('staff0')).toMatchObject({ endDate: '2027-03-31' });
  });

  test('with more last days than 2 % of the people, where that is more than 5', async () => {
    await aCompany(350);
    await owning('end');
    await imports(ends(7, '2026-12-31'));
    expect(await held(ends(8, '2026-12-30'))).toEqual(['ends']);
  }, 30_000);

  test('with another department or manager for more than 20 % of the people', async () => {
    await aCompany(19); // And the admin of every test: 20.
    await owning('department', 'manager');
    const all = (count: number, more: Row) =>
      Array.from({ length: count }, (_, n) => row(`staff${n}`, more));
    await imports(all(8, { department: 'Sales', manager: mail('staff9') }));
    await imports(all(4, { department: 'Support', manager: mail('staff10') }));
    const five = [...all(4, { department: 'Sales' }), row('staff4', { manager: mail('staff10') })];
    expect(await held(five)).toEqual(['moves']);
    expect((await person('staff0')).department).toBe('Support');
  });

  test('until a newer one of the same source is done: what the source no longer says is not done late', async () => {
    await aCompany(3);
    await owning('end');
    const old = inState(await begin([row('staff0', { end: '2026-11-01' })]), 'ready');
    engine.clock.advance(DAY / 24);
    const other = await source('Payroll');
    await imports([row('staff1', { position: 'Cook' })], other);
    expect((await found(old.id)).state).toBe('ready');
    await imports([row('staff0', { end: null })]);
    expect((await found(old.id)).state).toBe('cancelled');
    expect(await engine.transact((tx) => importSync(tx, old, engine))).toBe('over');
    await engine.runJobs();
    await engine.tick();
    expect((await person('staff0')).active).toBe(true);
  });

  test('and does all of it then, or nothing', async () => {
    await aCompany(3);
    await owning('end', 'department');
    const rows = [row('staff0', { end: '2026-11-01' }), row('staff1', { department: 'Sales' })];
    const first = inState(await begin(rows), 'ready');
    await engine.transact((tx) => endSync(tx, first, engine));
    expect((await person('staff1')).department).toBeUndefined();
    const second = inState(await begin(rows), 'ready');
    await engine.transact((tx) => importSync(tx, second, engine));
    await engine.runJobs();
    await engine.tick();
    expect((await person('staff0')).active).toBe(false);
    expect((await person('staff1')).department).toBe('Sales');
  });
});

test('someone with the same employee ID who is added back is the same person', async () => {
  const ann = await someone('ann', { employeeId: '7', department: 'Sales' });
  await engine.transact((tx) => deactivate(tx, ann, engine));
  const run = inState(await begin([row('ann', { employee_id: '7' })], hr, 'preview'), 'ready');
  const emails = [mail('ann')];
  await engine.transact((tx) => tx.syncRows.choose(run.id, emails, true));
  await engine.transact((tx) => importSync(tx, run, engine));
  await engine.runJobs();
  expect(await person('ann')).toMatchObject({ active: true, department: 'Sales' });
  expect((await person('ann')).addressSince).toBeUndefined();
});

describe('properties', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
  const DEPARTMENTS = ['Sales', 'Support', '', null];
  /** Each reports to someone before them in the list, or to no one: no circle. */
  const people = tuple(
    ...NAMES.map((name, index) =>
      record({
        email: constant(mail(name)),
        department: constantFrom(...DEPARTMENTS),
        position: option(constantFrom('Engineer', ''), { nil: undefined }),
        manager: constantFrom('', ...NAMES.slice(0, index).map(mail)),
        end: constantFrom(null, '2026-12-31', '2027-01-31'),
      }),
    ),
  );
  const shuffled = (rows: readonly Row[], seed: number): readonly Row[] =>
    rows
      .map((each, index) => [(index * 7919 + seed * 104_729) % 97, each] as const)
      .toSorted(([one], [other]) => one - other)
      .map(([, each]) => each);
  /** What the directory says of them, without versions; managers by address. */
  async function directory(): Promise<unknown> {
    const known: Record<string, unknown> = {};
    const all = await engine.stores.people.findByEmails(NAMES.map(mail));
    const emails = new Map(all.map(({ id, email }) => [id, email]));
    for (const { email, department, position, managerId, endDate } of all)
      known[email] = { department, position, endDate, manager: emails.get(managerId ?? '') };
    return known;
  }

  test('equal final rows give equal people, in whatever order and after whatever rows', async () => {
    await owning(...OWNABLE);
    let last: { readonly rows: string; readonly people: unknown } | undefined;
    await assert(
      asyncProperty(people, people, nat(96), async (before, rows, seed) => {
        await approved(before);
        await approved(shuffled(rows, seed));
        const one = await directory();
        await approved(before.toReversed());
        await approved(rows.toReversed());
        const other = await directory();
        expect(other).toEqual(one);
        last = { rows: JSON.stringify(rows), people: one };
      }),
      { numRuns: 5, seed: 22 },
    );
    expect(last).toBeDefined();
  }, 60_000);

  test('importing the same page twice changes nothing the second time', async () => {
    await owning(...OWNABLE);
    await assert(
      asyncProperty(people, nat(96), async (rows, seed) => {
        await approved(shuffled(rows, seed));
        const versions = await engine.db('people').orderBy('id').pluck('version');
        events.length = 0;
        const again = await imports(shuffled(rows, seed));
        expect(again.counts).toMatchObject({ updated: 0, created: 0, replaced: {}, cleared: 0 });
        expect(await engine.db('people').orderBy('id').pluck('version')).toEqual(versions);
        expect(events).toEqual([]);
      }),
      { numRuns: 6, seed: 23 },
    );
  }, 60_000);
});

test('a change by hand of an owned field lasts until the next import', async () => {
  await aCompany(10);
  await owning('department');
  await imports([row('ann', { department: 'Sales' })]);
  const ann = await person('ann');
  const details = { department: 'Support' };
  await engine.transact((tx) => changePerson(tx, ann, { ...engine, details }));
  await imports([row('ann', { department: 'Sales' })]);
  expect((await person('ann')).department).toBe('Sales');
});
