/** What is kept of a person, all of it, and that none of it is left when they were erased; on both databases. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { EventEndpoint } from '../../../src/engine/event-endpoints/event-endpoint.ts';
import type { AuditEntry, Person } from '../../../src/engine/people/directory.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Run, Step } from '../../../src/engine/runs/run.ts';
import { dialectOf } from '../../../src/store/database.ts';
import { opened, sealedIn } from '../../../src/store/people/collect-personal-data.ts';
import {
  createPersonalData,
  ERASED,
  NOT_LOOKED_THROUGH,
} from '../../../src/store/people/erase-personal-data.ts';
import { keepErased } from '../../../src/store/people/erased-addresses.ts';
import { impersonalTables, personalTables } from '../../../src/store/people/personal-data.ts';
import { createStores } from '../../../src/store/stores.ts';
import { resealAll } from '../../../src/store/vault/reseal.ts';
import { sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import { createVault, type Vault } from '../../../src/store/vault/vault.ts';
import { insertWithManifest } from '../../contracts/an-integration.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import type { temporaryDatabase } from '../../support/database/database.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';

const now = new Date('2026-11-25T12:00:00.000Z');
const system = { kind: 'system' } as const;

/** Everything by which she could be recognised. */
const erin = {
  email: 'erin.doe@example.com',
  firstName: 'Erinname',
  lastName: 'Doename',
  phone: '+32 470 99 88 77',
  user: 'U0ERIN0001',
  badge: 'badge-of-erin-4711',
  reason: 'reason-of-erin',
  prepared: 'reason-that-bo-prepared-for-erin',
  answer: 'answer-about-erin',
  password: 'Password-of-erin-1',
  username: 'username-of-erin-0815',
  account: 'account-of-erin-2342',
  why: 'why-erin-still-has-it',
} as const;
/** Whose address only contains hers. */
const NAMESAKE = 'joerin.doe@example.com';

/** By a foreign key: with her runs, requests, moves, or with herself. */
const GO_WITH_HERS = [
  'authenticators',
  'break_glasses',
  'request_questions',
  'request_reassignments',
  'rule_exceptions',
  'run_answers',
  'transition_items',
];
/** What admins wrote for many, and what a system said of itself. Her addresses are replaced there, as in all texts. */
const OF_NOBODY = [
  'account_rounds',
  'bundle_versions',
  'event_deliveries',
  'inbox',
  'rule_items',
  'sequence_items',
];

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let person: Person;
  beforeEach(async () => {
    database = await open(() => now);
    person = await fill(database);
  });
  afterEach(() => database.cleanup());

  const entry = (): AuditEntry => ({
    id: newId(),
    at: now,
    actor: system,
    what: 'person.erased',
    personId: person.id,
  });

  test('every table is known: whose rows it has, or why they are nobody’s', async () => {
    const known = [...personalTables.map(({ table }) => table), ...Object.keys(impersonalTables)];
    // Each database keeps its jobs in its own manner.
    const ofTheOther = dialectOf(database.db) === 'postgres' ? 'jobs' : 'lost_jobs';
    const expected = known.filter((table) => table !== ofTheOther).toSorted();
    expect((await tablesOf(database.db)).toSorted()).toEqual(expected);
  });

  test('every table with sealed texts has hers here, goes with another row of hers, or has none of hers', async () => {
    const { db } = database;
    const empty = new Set<string>();
    for (const { table } of Object.values(sealedColumns))
      if (!NOT_LOOKED_THROUGH.has(table) && !(await db(table).first())) empty.add(table);
    expect([...empty].toSorted()).toEqual([...GO_WITH_HERS, ...OF_NOBODY].toSorted());
  });

  test('an export has what is known of her from everywhere, and no secret', async () => {
    const { db, vault } = database;
    const data = (await createPersonalData(db, vault).collect(person.id)) ?? {};
    const text = JSON.stringify(data);
    for (const known of [
      'email',
      'firstName',
      'phone',
      'user',
      'badge',
      'reason',
      'answer',
      'username',
      'account',
      'why',
    ] as const)
      expect(text).toContain(erin[known]);
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining([
        'people',
        'chat_identities',
        'fact_claims',
        'holds',
        'accounts',
        'removals',
        'runs',
        'run_steps',
        'run_files',
        'deliveries',
        'access_requests',
        'tasks',
        'joins',
        'refused_users',
        'sync_rows',
        'audit_log',
      ]),
    );
    expect(text).not.toContain(erin.password);
    expect(text).not.toMatch(/eyJ[\w-]+\.\./); // Nothing sealed.
  });

  test('an export amid which she is erased has nothing, and never a part', async () => {
    const { db, vault } = database;
    let isErased = false;
    const slow: Vault = {
      ...vault,
      async open(identity, sealed) {
        if (!isErased) {
          isErased = true;
          await createPersonalData(db, vault).erase(person, entry());
        }
        return vault.open(identity, sealed);
      },
    };
    expect(await createPersonalData(db, slow).collect(person.id)).toBeUndefined();
    expect(isErased).toBe(true);
  });

  test('an export from a day on has who she is, and nothing that began before', async () => {
    const { db, vault, stores } = database;
    const after = new Date(now.getTime() + 1);
    await stores.auditLog.add({ ...entry(), what: 'person.changed', at: after });
    const data = (await createPersonalData(db, vault).collect(person.id, after)) ?? {};
    expect(data).toMatchObject({
      since: after.toISOString(),
      people: [{ id: person.id }],
      audit_log: [{ what: 'person.changed' }],
    });
    for (const table of [
      'runs',
      'run_steps',
      'run_files',
      'deliveries',
      'access_requests',
      'tasks',
    ])
      expect(data).not.toHaveProperty(table);
    const text = JSON.stringify(data);
    for (const known of ['reason', 'answer', 'username', 'account', 'why'] as const)
      expect(text).not.toContain(erin[known]);
  });

  test('nothing of her is left in any table after she was erased, also in rows about others', async () => {
    const { db, vault } = database;
    const before = await everything(db, vault);
    for (const known of Object.values(erin)) expect(before).toContain(known);

    await createPersonalData(db, vault).erase(person, entry());

    const after = await everything(db, vault);
    for (const known of Object.values(erin)) expect(without(NAMESAKE, after)).not.toContain(known);
    expect(after).toContain(NAMESAKE);
    expect(after).toContain(`Ask ${ERASED} about the badge`);
    expect(after).toContain('bo@example.com');
  });

  test('nothing is left of an address that she had before, unless someone else has it now', async () => {
    const { db, vault, stores } = database;
    const maiden = 'erin.maiden@example.com';
    await stores.formerEmails.add(person.id, maiden, now);
    await stores.formerEmails.add(person.id, 'bo@example.com', now);
    for (const email of [maiden, 'bo@example.com'])
      await stores.auditLog.add({ ...entry(), what: 'sync.unignored', detail: { email } });
    await createPersonalData(db, vault).erase(person, entry());
    expect(await everything(db, vault)).not.toContain(maiden);
    const kept = await stores.auditLog.list({ offset: 0, limit: 9 }, { what: 'sync.unignored' });
    expect(kept).toContainEqual(expect.objectContaining({ detail: { email: 'bo@example.com' } }));
  });

  test('nothing is left of the chat user that she was before she left', async () => {
    const { db, vault, stores } = database;
    await stores.identities.delete('slack', 'T0000001', erin.user);
    await createPersonalData(db, vault).erase(person, entry());
    expect(await everything(db, vault)).not.toContain(erin.user);
  });

  test('a chat user who was linked to her by mistake, and is someone else, stays theirs', async () => {
    const { db, vault, stores } = database;
    const user = ['slack', 'T0000001', erin.user] as const;
    await stores.identities.delete(...user);
    const bo = await stores.people.findByEmail('bo@example.com');
    const link = { platform: 'slack', tenant: 'T0000001', userId: erin.user } as const;
    await stores.identities.insert({ ...link, personId: bo?.id ?? '', linkedAt: now });
    await createPersonalData(db, vault).erase(person, entry());
    expect((await stores.identities.find(...user))?.personId).toBe(bo?.id);
  });

  test('the audit log keeps what happened, under an id that is nobody’s', async () => {
    const { db, vault, stores } = database;
    await createPersonalData(db, vault).erase(person, entry());
    const entries = await stores.auditLog.list({ offset: 0, limit: 9 }, { personId: person.id });
    expect(entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['person.erased', 'grant.started', 'identity.linked']),
    );
    expect(await stores.people.find(person.id)).toBeUndefined();
  });

  test('the audit log keeps the name and the number that someone else has, too', async () => {
    const { db, vault, stores } = database;
    const { firstName, lastName, phone } = erin;
    const other = { email: 'other@example.com', firstName, lastName, phone };
    await stores.people.insert({ ...person, ...other, id: newId(), stored: {} });
    await createPersonalData(db, vault).erase(person, entry());
    const kept = await stores.auditLog.list({ offset: 0, limit: 20 });
    const details = kept.map(({ detail }) => detail);
    expect(details).toContainEqual(
      expect.objectContaining({ assignee: `${firstName} ${lastName}` }),
    );
    expect(details).toContainEqual({ to: phone });
  });

  test('no import brings her back, not even after a change of keys; an admin may', async () => {
    const { db, vault, key, stores } = database;
    await createPersonalData(db, vault).erase(person, entry());
    expect(await stores.ignoredEmails.among([erin.email, 'new@example.com'])).toEqual(
      new Map([[erin.email, 'erased']]),
    );
    const newKey = randomBytes(32);
    await resealAll(db, createVault([newKey, key]));
    const rotated = createStores(db, createVault([newKey]));
    expect(await rotated.ignoredEmails.among([erin.email])).toEqual(
      new Map([[erin.email, 'erased']]),
    );
    await rotated.people.insert({ ...person, id: newId() });
    expect(await rotated.ignoredEmails.among([erin.email])).toEqual(new Map());
  });

  test('no import brings her back under an address that she had before, unless someone else has it now', async () => {
    const { db, vault, stores } = database;
    const maiden = 'erin.maiden@example.com';
    await stores.formerEmails.add(person.id, maiden, now);
    await stores.formerEmails.add(person.id, 'bo@example.com', now);
    await createPersonalData(db, vault).erase(person, entry());
    expect(await stores.ignoredEmails.among([maiden, 'bo@example.com'])).toEqual(
      new Map([[maiden, 'erased']]),
    );
  });

  test('what an import knew of her by her employee ID, under another address, goes too, and brings her back never', async () => {
    const { db, vault, stores } = database;
    const atHr = 'erin@hr.example.com';
    const her = await stores.people.save({ ...person, employeeId: '4711' });
    const row = { runId: aSync.id, chosen: false, firstName: erin.firstName, lastName: '' };
    await stores.syncRows.insertMany([
      { ...row, seq: 3, state: 'left', email: atHr, details: { employeeId: '4711' } },
      { ...row, seq: 4, state: 'new', email: 'x@example.com', firstName: 'X' },
    ]);
    await createPersonalData(db, vault).erase(her, entry());
    const after = await everything(db, vault);
    for (const known of [atHr, erin.firstName]) expect(after).not.toContain(known);
    expect(await stores.ignoredEmails.among([atHr, 'x@example.com'])).toEqual(
      new Map([[atHr, 'erased']]),
    );
  });

  test('what is written about her while every text is looked through goes too', async () => {
    const { db, vault, stores } = database;
    let isWritten = false;
    const slow: Vault = {
      ...vault,
      seal: (identity, text) => vault.seal(identity, text),
      async open(identity, sealed) {
        // Steps are looked through before tasks, so this one was.
        if (identity.table === 'tasks' && !isWritten) {
          isWritten = true;
          const ofOthers: readonly string[] = await db('runs')
            .whereNot({ person_id: person.id })
            .pluck('id');
          const step = { ...aStep(ofOthers[0] ?? '', `Also ${erin.email}`), index: 1 };
          await stores.runs.putSteps([step]);
          await stores.auditLog.add(anEntry('sync.ignored', { detail: { email: erin.email } }));
        }
        return vault.open(identity, sealed);
      },
    };
    await createPersonalData(db, slow).erase(person, entry());
    expect(isWritten).toBe(true);
    expect(without(NAMESAKE, await everything(db, vault))).not.toContain(erin.email);
  });

  test('what a worker had read before, and stores later, goes once the worker gives the row back', async () => {
    const { db, vault, stores } = database;
    const [integration] = await stores.integrations.list();
    await db('sync_runs').delete();
    const queued = aSyncRun({ integrationId: integration?.id ?? '', createdAt: now });
    await stores.syncRuns.insert(queued);
    const { dueAt, ...rest } = queued;
    const lease = { workerId: 'w1', leasedUntil: new Date(2 ** 42) };
    const warnings = [`No one has the address ${erin.email}`];
    const held = await stores.syncRuns.save({ ...rest, ...lease, state: 'running', warnings });
    const personalData = createPersonalData(db, vault);
    expect(await personalData.erase(person, entry())).toBe(false);
    const stored = await stores.syncRuns.save({ ...held, pages: 1 });
    expect(await personalData.lookAgain(person.id, now)).toBe(false);
    const back = { ...rest, version: stored.version, warnings, dueAt };
    await stores.syncRuns.save({ ...back, state: 'queued' });
    expect(await personalData.lookAgain(person.id, now)).toBe(true);
    expect(without(NAMESAKE, await everything(db, vault))).not.toContain(erin.email);
  });

  test('what an event endpoint answers after the erasure goes, although it is sent to on and on', async () => {
    const { db, vault, stores } = database;
    const lease = { workerId: 'w1', leasedUntil: new Date(2 ** 42) };
    const endpoint: EventEndpoint = {
      id: newId(),
      version: 1,
      name: 'SIEM',
      url: 'https://siem.example.com/',
      kinds: [],
      secret: 'whsec_bmV3',
      isRevealed: true,
      readSeq: 0,
      state: 'sending',
      ...lease,
    };
    await stores.eventEndpoints.insert(endpoint);
    const personalData = createPersonalData(db, vault);
    expect(await personalData.erase(person, entry())).toBe(false);
    await stores.eventDeliveries.insertMany([
      {
        id: newId(),
        version: 1,
        endpointId: endpoint.id,
        kind: 'person.changed',
        at: now,
        state: 'sent',
        finishedAt: now,
        attempts: 1,
        answer: `took ${erin.email}`,
      },
    ]);
    await stores.eventEndpoints.save(endpoint); // The same worker sends the next ones.
    expect(await personalData.lookAgain(person.id, now)).toBe(true);
    expect(without(NAMESAKE, await everything(db, vault))).not.toContain(erin.email);
  });

  test('what was left when a process died while it looked again goes with the next try', async () => {
    const { db, vault, stores } = database;
    let isWritten = false;
    const personalData = createPersonalData(db, {
      ...vault,
      seal: (identity, text) => vault.seal(identity, text),
      async open(identity, sealed) {
        if (identity.row.startsWith('erasing:')) throw new Error('The process died');
        if (identity.table === 'tasks' && !isWritten) {
          isWritten = true;
          await stores.auditLog.add(anEntry('sync.ignored', { detail: { email: erin.email } }));
        }
        return vault.open(identity, sealed);
      },
    });
    await expect(personalData.erase(person, entry())).rejects.toThrow('The process died');
    expect(await stores.people.find(person.id)).toBeUndefined();
    expect(await createPersonalData(db, vault).lookAgain(person.id, now)).toBe(true);
    expect(without(NAMESAKE, await everything(db, vault))).not.toContain(erin.email);
  });

  test('who read a text about her before she was erased stores nothing of it', async () => {
    const { db, vault, stores } = database;
    const { tasks } = await stores.tasks.list({}, { offset: 0, limit: 9 });
    const ofBo = present(tasks.find(({ title }) => title.startsWith('Ask')));
    const orphans = await stores.findings.list({ kind: 'orphan' }, { offset: 0, limit: 1 });
    const finding = firstOf(orphans.findings);
    await createPersonalData(db, vault).erase(person, entry());
    const unassigned = { ...ofBo, assigneeId: undefined };
    await expect(stores.tasks.save(unassigned)).rejects.toThrow(StaleWrite);
    await expect(stores.findings.save(finding)).rejects.toThrow(StaleWrite);
  });

  test('an address with letters beyond ASCII is found in any case', async () => {
    const { db, vault, stores } = database;
    const her = await stores.people.save({ ...person, email: 'jörg.öztürk@example.com' });
    const written = { to: her.email.toUpperCase() };
    await stores.auditLog.add({ ...entry(), what: 'delivery.sent-again', detail: written });
    await createPersonalData(db, vault).erase(her, entry());
    expect(await everything(db, vault)).not.toContain(written.to);
  });

  test('rows of 0.2.0 with her accents apart go too, and no import brings her back by either form', async () => {
    const { db, vault, stores } = database;
    const [composed, apart] = ['jos\u00e9@example.com', 'jose\u0301@example.com'];
    const her = await stores.people.save({ ...person, email: composed });
    const refused = { tenant: 'T1', userId: 'U7', name: 'J', refusedAt: now };
    await stores.refusedUsers.put({ ...refused, platform: 'slack', email: apart });
    await createPersonalData(db, vault).erase(her, entry());
    expect(await everything(db, vault)).not.toContain(apart);
    await keepErased(db, vault, { email: 'zoe\u0308@example.com', at: now });
    expect([
      ...(await stores.ignoredEmails.among([composed, 'zo\u00eb@example.com'])).keys(),
    ]).toEqual([composed, 'zo\u00eb@example.com']);
  });

  describe('where no key opens some texts, hers and those of others', () => {
    beforeEach(async () => {
      const lost = createVault([randomBytes(32)]);
      const damaged = await lost.seal({ table: 't', row: 'r', column: 'c' }, erin.email);
      for (const [table, column] of [
        ['run_steps', 'response_text'],
        ['tasks', 'content'],
      ] as const)
        await database.db(table).update({ [column]: damaged });
    });

    test('she is erased, and the entry says how many could not be looked through', async () => {
      const { db, vault, stores } = database;
      expect(await createPersonalData(db, vault).erase(person, entry())).toBe(true);
      expect(await stores.people.find(person.id)).toBeUndefined();
      const [erased] = await stores.auditLog.list(
        { offset: 0, limit: 1 },
        { what: 'person.erased' },
      );
      expect(erased?.detail).toEqual({ unopened: 4 });
    });

    test('her export says so of each, and has the rest', async () => {
      const { db, vault } = database;
      const data = await createPersonalData(db, vault).collect(person.id);
      const steps: unknown = data?.['run_steps'];
      expect(steps).toEqual([
        expect.objectContaining({
          response_text: expect.stringContaining("can't be read") as string,
          state: 'done',
        }),
      ]);
      expect(JSON.stringify(data)).toContain(erin.reason);
    });
  });

  test('erasing someone twice, or after nothing was kept of them, is no failure', async () => {
    const { db, vault } = database;
    const personalData = createPersonalData(db, vault);
    await personalData.erase(person, entry());
    await personalData.erase(person, entry());
    expect(await personalData.collect(person.id)).toBeUndefined();
  });

  test('a command and a worker that erase her at once audit one erasure', async () => {
    const { db, vault, stores } = database;
    const personalData = createPersonalData(db, vault);
    await Promise.all([1, 2].map(() => personalData.erase(person, entry())));
    expect(await stores.auditLog.count({ what: 'person.erased' }, 9)).toBe(1);
  });
});

async function tablesOf(db: Knex): Promise<readonly string[]> {
  const names: readonly string[] =
    dialectOf(db) === 'postgres'
      ? await db('pg_tables').where({ schemaname: 'public' }).pluck('tablename')
      : await db('sqlite_master').where({ type: 'table' }).pluck('name');
  return names.filter((name) => !/^(sqlite_|knex_)/.test(name));
}

/** Every row of every table, sealed texts opened. */
async function everything(db: Knex, vault: Vault): Promise<string> {
  const texts: string[] = [];
  for (const table of await tablesOf(db))
    for (const row of await db(table).select<Record<string, unknown>[]>('*'))
      for (const [column, value] of Object.entries(row)) {
        const sealed = value === null ? undefined : sealedIn(table, column);
        texts.push((sealed && (await opened(sealed, row, vault))) ?? String(value));
      }
  return texts.join('\n');
}

const without = (name: string, text: string): string => text.replaceAll(name, '');

/** She stands in every table that can hold someone, and in what belongs to others. */
async function fill({
  stores,
  db,
}: Pick<Awaited<ReturnType<typeof temporaryDatabase>>, 'stores' | 'db'>): Promise<Person> {
  const person: Person = {
    id: newId(),
    version: 1,
    email: erin.email,
    firstName: erin.firstName,
    lastName: erin.lastName,
    phone: erin.phone,
    role: 'other',
    active: false,
    stored: { BADGE: erin.badge },
  };
  const bo: Person = {
    id: newId(),
    version: 1,
    email: 'bo@example.com',
    firstName: 'Bo',
    lastName: 'Berg',
    role: 'admin',
    active: true,
    stored: {},
    managerId: person.id,
  };
  await stores.people.insert(person);
  await stores.people.insert(bo);
  const address = { platform: 'slack', key: 'D0ERINCHAT' } as const;
  const chat = { platform: 'slack', tenant: 'T0000001', userId: erin.user } as const;
  await stores.identities.insert({ ...chat, personId: person.id, linkedAt: now });
  await stores.conversations.put({ personId: person.id, address, lastWroteAt: now });
  const integration = await insertWithManifest(stores);
  const about = { personId: person.id, integrationId: integration.id };
  await stores.access.put(accessSince(now, { ...about, reason: 'asked' }));

  const dated = { version: 1, ...about } as const;
  await stores.holds.insert({
    ...dated,
    id: newId(),
    source: 'by-hand',
    givenBy: { kind: 'person', personId: bo.id, via: 'slack' },
    startedAt: now,
  });
  const facts = { username: erin.account };
  await stores.accounts.insert({ ...dated, id: newId(), facts, form: {}, writtenAt: now });
  const cause = { kind: 'left', by: system, at: now } as const;
  const stuck = { state: 'stuck', beganAt: now, dueAt: now, tries: 1, causes: [cause] } as const;
  await stores.removals.insert({ ...dated, ...stuck, id: newId(), why: erin.why });

  const claim = { name: 'USERNAME', value: erin.username, at: now };
  await stores.factClaims.put({ ...claim, personId: person.id, typedById: bo.id });
  await stores.factClaims.put({ ...claim, personId: bo.id, value: 'bo', typedById: person.id });

  const [hers, bos] = [await aRun(person), await aRun(bo)];
  for (const runId of [hers, bos]) {
    const mentions = `{"members":["${erin.email}"]}`;
    await stores.runs.putSteps([aStep(runId, mentions)]);
    await stores.runs.putResponse(
      { runId, attempt: 1, index: 0 },
      { members: [erin.email, NAMESAKE] },
    );
  }
  await stores.files.putPart({
    runId: hers,
    name: 'photo.png',
    index: 0,
    last: true,
    bytes: new TextEncoder().encode('a picture'),
  });
  await aDelivery(hers, { type: 'email', to: erin.email, message: erin.password }, true);
  await aDelivery(bos, { type: 'email', to: erin.email, message: 'Bo has it' }, false);

  const request = { id: newId(), ...about };
  await stores.requests.insert(
    {
      ...request,
      version: 1,
      kind: 'grant',
      requestedById: person.id,
      createdAt: now,
      state: 'open',
    },
    { reason: erin.reason, form: {}, answers: [], facts: {} },
  );
  const bundleRequest = { id: newId(), of: { kind: 'same-as', personId: bo.id } } as const;
  await stores.bundleRequests.insert(
    { ...bundleRequest, personId: person.id, requestedById: bo.id, createdAt: now },
    [
      {
        bundleRequestId: bundleRequest.id,
        integrationId: integration.id,
        position: 0,
        requestId: request.id,
        had: false,
      },
    ],
  );
  await stores.requests.setApprovers(request.id, { all: [bo.id] });
  await stores.requests.putVerdict({
    requestId: request.id,
    personId: bo.id,
    verdict: 'approve',
    at: now,
    via: 'slack',
  });
  const task = { version: 1, kind: 'other', createdAt: now, comments: [], state: 'open' } as const;
  await stores.tasks.insert({
    ...task,
    id: newId(),
    title: 'Give her a desk',
    personId: person.id,
  });
  await stores.tasks.insert({
    ...task,
    id: newId(),
    title: `Ask ${erin.email.toUpperCase()} about the badge`,
    personId: bo.id,
    assigneeId: person.id,
  });
  await stores.delegations.put({
    personId: bo.id,
    delegateId: person.id,
    from: '2026-11-01',
    until: '2026-11-30',
  });
  const join = { id: newId(), email: erin.email, name: `${erin.firstName} ${erin.lastName}` };
  await stores.joins.insert({ ...join, ...chat, joinedAt: now, state: 'open' });
  await stores.refusedUsers.put({ ...chat, name: join.name, email: erin.email, refusedAt: now });
  await stores.ignoredEmails.addMany([{ email: erin.email, by: system, at: now }]);
  await stores.formerEmails.add(person.id, `before.${erin.email}`, now);
  const listed = { integrationId: integration.id, roundId: 'r', at: now, newId };
  await stores.listedAccounts.put(
    [{ key: erin.username, email: erin.email, name: erin.lastName, fact: erin.username }],
    listed,
  );
  const seen = { version: 1, state: 'open', foundAt: now, seenAt: now, roundId: 'r' } as const;
  for (const what of [{ kind: 'found', personId: person.id } as const, { kind: 'orphan' } as const])
    await stores.findings.insert({
      id: newId(),
      integrationId: integration.id,
      accountId: newId(),
      label: erin.email,
      ...seen,
      ...what,
    });
  await stores.syncRuns.insert({ ...aSync, integrationId: integration.id });
  const row = { runId: aSync.id, state: 'existing', chosen: false } as const;
  await stores.syncRows.insertMany([
    { ...row, seq: 0, email: erin.email, firstName: erin.firstName, lastName: erin.lastName },
    {
      ...row,
      seq: 1,
      email: bo.email,
      firstName: 'Bo',
      lastName: 'Berg',
      details: { managerEmail: erin.email },
    },
    { ...row, seq: 2, email: NAMESAKE, firstName: 'Jo', lastName: 'Er' },
  ]);
  const draft = { id: newId(), kind: 'people', name: 'people.csv', createdAt: now } as const;
  await stores.drafts.put({ ...draft, personId: bo.id, text: `email\n${erin.email}\n` });
  const form = { id: newId(), form: JSON.stringify({ about: person.email }), createdAt: now };
  await stores.formSessions.insert({ ...form, personId: bo.id });
  // What someone was shown or has written about her may name her by id alone.
  const byId = JSON.stringify({ personId: person.id, reason: erin.prepared });
  await stores.drafts.put({ ...draft, id: newId(), kind: 'request', personId: bo.id, text: byId });
  await stores.formSessions.insert({ ...form, id: newId(), form: byId, personId: bo.id });
  const option = { value: '1', label: `${erin.firstName} (${erin.email})` };
  await stores.options.put(
    'key',
    { kind: 'options', options: [option] },
    { at: now, expiresAt: new Date(2 ** 42) },
  );
  await stores.messages.put({
    id: newId(),
    card: { view: 'person', payload: JSON.stringify(about), topic: `person:${person.id}` },
    readerId: person.id,
    address,
    shown: 'x',
    postedAt: now,
  });
  await stores.auditLog.addMany([
    anEntry('grant.started', about),
    anEntry('identity.linked', { ...about, detail: { ...chat } }),
    anEntry('sync.unignored', { detail: { email: erin.email } }),
    anEntry('integration.settings', {
      detail: { assignee: `${erin.firstName} ${erin.lastName}`, assigneeBefore: 'Bo Berg' },
    }),
    anEntry('delivery.sent-again', { detail: { to: erin.phone } }),
  ]);
  await db('sync_runs').update({
    progress: JSON.stringify({ note: `Line 4: ${erin.email} reports to nobody` }),
  });
  return person;

  async function aRun({ id: personId }: Person): Promise<string> {
    const run: Run = {
      id: newId(),
      version: 1,
      kind: 'execute',
      integrationId: integration.id,
      personId,
      manifestVersionId: integration.manifestVersionId,
      startedBy: system,
      createdAt: now,
      attempt: 1,
      state: 'succeeded',
      finishedAt: now,
    };
    await stores.runs.insert(run, {
      form: { about: personId === person.id ? erin.answer : 'of Bo' },
      generated: personId === person.id ? { password: erin.password } : {},
    });
    return run.id;
  }

  function aDelivery(
    runId: string,
    notification: { type: 'email'; to: string; message: string },
    secret: boolean,
  ): Promise<void> {
    return stores.deliveries.insert({
      id: newId(),
      version: 1,
      runId,
      position: 0,
      createdAt: now,
      attempts: 0,
      outgoing: { notification: { ...notification, subject: 'Hello' }, secret, shownTo: '' },
      body: 'kept',
      state: 'waiting',
      dueAt: now,
    });
  }
}

const aSync = aSyncRun({ integrationId: '', createdAt: now, pages: 1 });

function aStep(runId: string, responseText: string): Step {
  return {
    runId,
    attempt: 1,
    index: 0,
    method: 'POST',
    url: `https://api.example.com/users/${encodeURIComponent(erin.email)}`,
    state: 'done',
    tries: 1,
    startedAt: now,
    responseText,
    warnings: [],
  };
}

const anEntry = (what: string, rest: Partial<AuditEntry>): AuditEntry => ({
  id: newId(),
  at: now,
  actor: system,
  what,
  ...rest,
});
