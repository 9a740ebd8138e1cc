/** The sealed audit log: every change of the table is found, on both databases. */
import * as fc from 'fast-check';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { unreachable } from '../../../src/core/unreachable.ts';
import { makePack } from '../../../src/engine/evidence/pack.ts';
import { verifyPack } from '../../../src/engine/evidence/verify-pack.ts';
import type { AuditEntry, Person } from '../../../src/engine/people/directory.ts';
import {
  type Head,
  headLine,
  readHead,
  readHeads,
  signedHead,
} from '../../../src/engine/work/audit-head.ts';
import { SEALED_AT_ONCE, sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { type Verified, verifyAudit } from '../../../src/engine/work/verify-audit.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import type { Vault } from '../../../src/store/vault/vault.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

/** Links that are read at once. */
const AT_ONCE = 500;
const DAY = 24 * 60 * 60_000;
const NOW = new Date('2026-11-24T09:00:00Z');
const now = () => NOW;
const system = { kind: 'system' } as const;
/** Of each kind, at different places on the two databases: the same code checks what both give. */
const TIMES = { SQLite: 2, PostgreSQL: 1 };
const clean = { changes: [], erased: 0, purged: 0, unsealed: 0 };

describe.each(bothDatabases)('on %s', (name, open) => {
  const seed = name === 'SQLite' ? 24 : 25;
  const changesOf = ({ log, chain }: Tables): readonly Tampering[] =>
    tamperings(log.length, chain.length).flatMap((kind, at) =>
      fc.sample<Tampering>(kind, { numRuns: TIMES[name], seed: seed + at }),
    );
  let database: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    database = await open(now);
  });
  afterEach(() => database.cleanup());

  const seal = () => sealAudit({ ...database, pause: async () => undefined });
  /** Seals at another time. */
  const sealAt = (at: Date) =>
    sealAudit({
      ...database,
      transact: (work) =>
        database.transact((tx) => work(Object.defineProperty(tx, 'now', { value: at }))),
      pause: async () => undefined,
    });
  const verified = (head?: Head): Promise<Verified> =>
    verifyAudit(database.stores.auditChain, { heads: head && [head] });

  async function entries(count: number, about: Partial<AuditEntry> = {}): Promise<void> {
    await database.stores.auditLog.addMany(
      Array.from({ length: count }, (_each, index) => ({
        id: newId(),
        at: new Date(NOW.getTime() - (count - index) * 1000),
        actor: system,
        what: 'grant.started',
        detail: { number: index },
        ...about,
      })),
    );
  }

  test('entries are sealed in the order of their times, and each place follows from the one before', async () => {
    await entries(SEALED_AT_ONCE + 3);
    expect(await seal()).toBe(SEALED_AT_ONCE + 3);
    expect(await seal()).toBe(0);
    expect(await verified()).toEqual({ ...clean, sealed: SEALED_AT_ONCE + 3 });
    const sealed = await database.db('audit_log').orderBy('seq');
    expect(sealed.map(({ at }) => Number(at))).toEqual(
      sealed.map(({ at }) => Number(at)).toSorted((a, b) => a - b),
    );
  });

  test('entries of a process of 0.2.0, which knows no salt, are sealed too', async () => {
    await entries(2);
    await database.db('audit_log').update({ salt: null, content_hash: null });
    await seal();
    expect(await verified()).toEqual({ ...clean, sealed: 2 });
  });

  test('two sealers at once seal each entry once', async () => {
    await entries(40);
    await Promise.all([seal(), seal()]);
    expect(await verified()).toEqual({ ...clean, sealed: 40 });
  });

  test('a head that was kept elsewhere is found in the message with it, and its signature holds', async () => {
    await entries(3);
    await seal();
    const head = await signedHead(database.stores.auditChain);
    if (!head) throw new TypeError('Nothing is sealed');
    const kept = readHead(`Keep this: ${headLine(head)}.`);
    expect(kept).toEqual({
      seq: 3,
      sealedAt: NOW.getTime(),
      link: head.link,
      signature: head.signature,
    });
    expect((await verified(kept)).changes).toEqual([]);
    expect((await verified({ ...head, sealedAt: 1 })).changes).toEqual([
      { kind: 'unsigned-head', seq: 3 },
    ]);
  });

  test('of several heads each is part of the chain: one of before it was written anew finds that', async () => {
    await entries(3);
    await seal();
    const { stores, db } = database;
    const before = await signedHead(stores.auditChain);
    if (!before) throw new TypeError('Nothing is sealed');
    await db('audit_chain').delete();
    await db('audit_log').update({ seq: null });
    await db('audit_log').orderBy('id').limit(1).update({ what: 'sync.ignored' });
    await seal();
    const after = await signedHead(stores.auditChain);
    if (!after) throw new TypeError('Nothing is sealed');
    const mailbox = `${headLine(after)}\n\n${headLine(before)}\n`;
    const heads = readHeads(mailbox);
    expect(heads.map(({ link }) => link)).toEqual([after.link, before.link]);
    const { changes } = await verifyAudit(stores.auditChain, { heads });
    expect(changes).toMatchObject([{ kind: 'rewritten', seq: 3 }]);
    const newest = await verifyAudit(stores.auditChain, { heads: [after] });
    expect(newest.changes).toEqual([]);
  });

  test('an erasure deletes content and salt of what mentions the person, and is an entry itself', async () => {
    const person = await played();
    const { db, stores } = database;
    const rows = await db('audit_log').where({ what: 'sync.unignored' });
    expect(rows).toEqual([expect.objectContaining({ detail: null, salt: null })]);
    const noted = await stores.auditLog.list({ offset: 0, limit: 9 }, { what: 'audit.erased' });
    expect(noted).toEqual([
      expect.objectContaining({
        personId: person.id,
        detail: { entries: '3', number: 1, signature: expect.any(String) as unknown },
      }),
    ]);
  });

  test('what is found of someone hours after they were erased is no change', async () => {
    const { db, vault, stores } = database;
    const person = await insertPerson(stores);
    await entries(2);
    await seal();
    const dying: Vault = {
      ...vault,
      async open(identity, sealed) {
        if (identity.row.startsWith('erasing:')) throw new Error('The process died');
        return vault.open(identity, sealed);
      },
    };
    const about = { id: newId(), at: NOW, actor: system, personId: person.id };
    const erased = createPersonalData(db, dying).erase(person, { ...about, what: 'person.erased' });
    await expect(erased).rejects.toThrow('The process died');
    const later = new Date(NOW.getTime() + 5 * 60 * 60_000);
    await entries(1, { at: later, what: 'sync.unignored', detail: { email: person.email } });
    await sealAt(later);
    expect(await createPersonalData(db, vault).lookAgain(person.id, later)).toBe(true);
    expect(await verified()).toMatchObject({ changes: [], unsealed: 1 });
    await sealAt(later);
    expect(await verified()).toMatchObject({ changes: [], erased: 1 });
  });

  test('a purge deletes entries by their age, keeps their hashes, and the log stays verifiable', async () => {
    await played();
    expect(await database.db('audit_log').where({ what: 'old.one' })).toEqual([]);
    expect(await verified()).toMatchObject({ changes: [], erased: 1, purged: 2 });
  });

  test('an entry of someone else who says that others were purged or erased hides nothing', async () => {
    await played();
    const { db, stores } = database;
    const [purge] = await stores.auditLog.list({ offset: 0, limit: 1 }, { what: 'audit.purged' });
    await db('audit_log').where({ seq: 4 }).delete();
    await db('audit_log').where({ seq: 5 }).update({ detail: null, salt: null });
    const signature = String(purge?.detail?.['signature']);
    await entries(1, { what: 'audit.purged', detail: { entries: '4', number: 1 } });
    await entries(1, { what: 'audit.erased', detail: { entries: '5', number: 1, signature } });
    await seal();
    expect((await verified()).changes).toMatchObject([
      { kind: 'dropped', seq: 4 },
      { kind: 'emptied', seq: 5 },
    ]);
  });

  test('a purge whose own entry is not sealed yet is no change', async () => {
    await entries(2, { at: new Date(NOW.getTime() - 500 * DAY) });
    await seal();
    await createRetention(database.db, undefined, { ...database, now }).deleteSome('audit', NOW);
    expect(await verified()).toMatchObject({ changes: [], purged: 2, unsealed: 1 });
  });

  test('a purge while the log is read hides nothing that was dropped behind it', async () => {
    await entries(30, { at: new Date(NOW.getTime() - 500 * DAY) });
    await entries(AT_ONCE);
    await seal();
    await database.db('audit_log').where({ seq: 520 }).delete();
    const { auditChain } = database.stores;
    let purges = 1;
    const purgedMeanwhile = {
      ...auditChain,
      async links(after: number, limit: number) {
        if (purges-- > 0)
          await createRetention(database.db, undefined, { ...database, now }).deleteSome(
            'audit',
            new Date(NOW.getTime() - 400 * DAY),
          );
        return auditChain.links(after, limit);
      },
    };
    expect(await verifyAudit(purgedMeanwhile)).toMatchObject({
      changes: [{ kind: 'dropped', seq: 520 }],
      sealed: AT_ONCE + 30,
      purged: 30,
    });
  });

  test('an entry that says a time long before it was written is found, also when it is sealed', async () => {
    await entries(3);
    await seal();
    const rows: readonly Row[] = await database.db('audit_log').limit(1);
    const late = { ...rows[0], id: newId(), seq: null, salt: null, content_hash: null };
    await database.db('audit_log').insert({ ...late, at: NOW.getTime() - 3 * DAY });
    expect((await verified()).changes).toMatchObject([{ kind: 'inserted', seq: 4 }]);
    await seal();
    expect((await verified()).changes).toMatchObject([{ kind: 'backdated', seq: 4 }]);
  });

  test('entries that waited for a worker that was down are sealed late, and are no change', async () => {
    await entries(2);
    await seal();
    await entries(SEALED_AT_ONCE + 2, { at: new Date(NOW.getTime() + 1000) });
    await sealAt(new Date(NOW.getTime() + DAY));
    expect((await verified()).changes).toEqual([]);
  });

  test('entries after a clock that was wrong by days, and is right again, are no change', async () => {
    await entries(2);
    await seal();
    await entries(2, { at: new Date(NOW.getTime() + 3 * DAY) });
    await sealAt(new Date(NOW.getTime() + 3 * DAY));
    await entries(1, { at: new Date(NOW.getTime() + 1000) });
    await seal();
    await entries(1, { at: new Date(NOW.getTime() + 2000) });
    expect((await verified()).changes).toEqual([]);
    await seal();
    expect((await verified()).changes).toEqual([]);
  });

  test('each kind of change of the table is found, with the first place that they touch', async () => {
    await played();
    await entries(12, { what: 'run.succeeded' });
    await seal();
    const head = await signedHead(database.stores.auditChain);
    const { db } = database;
    const log = await db('audit_log').orderBy('seq');
    const chain = await db('audit_chain').orderBy('seq');
    expect((await verified(head)).changes).toEqual([]);
    for (const change of changesOf({ log, chain })) {
      const first = await tamper(db, change, { log, chain });
      const { changes } = await verified(head);
      await restore(db, { log, chain });
      expect([change, changes[0]?.seq]).toEqual([change, first]);
    }
    expect((await verified(head)).changes).toEqual([]);
  });

  test('each kind of change of the table shows in a pack that is made of it later, with the first place', async () => {
    await played();
    await entries(6, { what: 'run.succeeded' });
    await seal();
    const head = await signedHead(database.stores.auditChain);
    const { db } = database;
    const log = await db('audit_log').orderBy('seq');
    const chain = await db('audit_chain').orderBy('seq');
    expect(verifyPack(await packed(), { heads: head && [head] }).changes).toEqual([]);
    for (const change of changesOf({ log, chain })) {
      if (!isInPack(change, chain.length)) continue;
      const first = await tamper(db, change, { log, chain });
      const { changes } = verifyPack(await packed(), { heads: head && [head] });
      await restore(db, { log, chain });
      // An entry that names others is only one of its entries in a pack.
      const place = change.kind === 'edit' ? Number(log[change.at]?.['seq']) : first;
      const wanted = change.kind === 'truncate' ? change.keep + 1 : place;
      const [named] = changes;
      expect([change, named?.kind === 'entry' && named.change.seq]).toEqual([change, wanted]);
    }
  });

  async function packed(): Promise<Uint8Array> {
    const [from, before] = [new Date(0), new Date(NOW.getTime() + DAY)];
    const pieces: Uint8Array[] = [];
    const packing = { stores: database.stores, now: before, by: 'Ada' };
    for await (const piece of makePack({ from, before }, packing)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Two old entries, one that mentions a person, and one that doesn't; then the person is erased and the old ones purged. */
  async function played(): Promise<Person> {
    const { db, vault, stores } = database;
    const person = await insertPerson(stores);
    await entries(2, { what: 'old.one', at: new Date(NOW.getTime() - 500 * DAY) });
    await entries(1, { what: 'sync.unignored', detail: { email: person.email } });
    await entries(1);
    await seal();
    const about = { id: newId(), at: NOW, actor: system, personId: person.id };
    await createPersonalData(db, vault).erase(person, { ...about, what: 'person.erased' });
    await createRetention(db, undefined, { vault, now }).deleteSome(
      'audit',
      new Date(NOW.getTime() - 400 * DAY),
    );
    await seal();
    return person;
  }
});

type Row = Readonly<Record<string, string | number | null>>;
interface Tables {
  readonly log: readonly Row[];
  readonly chain: readonly Row[];
}
type Tampering = ReturnType<typeof tamperings>[number] extends fc.Arbitrary<infer T> ? T : never;

const EDITED = [
  'at',
  'actor',
  'actor_person_id',
  'what',
  'person_id',
  'integration_id',
  'run_id',
  'detail',
  'salt',
  'content_hash',
  'seq',
] as const;
const RELINKED = ['hash', 'sealed_at', 'link', 'entry_id'] as const;

/** Each kind of change, of each column, at random places. */
const tamperings = (entries: number, links: number) => {
  const entry = fc.nat(entries - 1);
  const link = fc.nat(links - 1);
  const isOther = ({ at, other }: { readonly at: number; readonly other: number }) => at !== other;
  const kind = <const K extends string>(name: K) => fc.constant(name);
  return [
    ...EDITED.map((column) =>
      fc.record({ kind: kind('edit'), at: entry, column: fc.constant(column) }),
    ),
    fc.record({ kind: kind('drop'), at: entry }),
    fc.record({ kind: kind('empty'), at: entry }),
    fc.record({ kind: kind('insert'), seq: fc.integer({ min: 1, max: links + 3 }) }),
    fc.record({ kind: kind('insert-late') }),
    fc.record({ kind: kind('swap'), at: entry, other: entry }).filter(isOther),
    fc.record({ kind: kind('swap-links'), at: link, other: link }).filter(isOther),
    ...RELINKED.map((column) =>
      fc.record({ kind: kind('relink'), at: link, column: fc.constant(column) }),
    ),
    fc.record({ kind: kind('unlink'), at: link }),
    fc.record({ kind: kind('truncate'), keep: link }),
    fc.record({ kind: kind('restore-erased') }),
  ];
};

/** Links before the one that the first entry of a pack follows, since two entries were purged. */
const BEFORE_PACK = 2;

/** A pack has entries of its scope only, so one that is missing, or claims a place after the head, is none of its scope. */
function isInPack(change: Tampering, links: number): boolean {
  switch (change.kind) {
    case 'edit':
      return change.column !== 'seq';
    case 'insert':
      return change.seq <= links;
    case 'drop':
    case 'empty':
    case 'insert-late':
    case 'restore-erased':
      return false;
    case 'relink':
    case 'unlink':
      return change.at >= BEFORE_PACK;
    case 'swap-links':
      return Math.min(change.at, change.other) >= BEFORE_PACK;
    case 'swap':
    case 'truncate':
      return true;
    default:
      return unreachable(change);
  }
}

/** @returns the first place that it touches */
async function tamper(db: Knex, change: Tampering, { log, chain }: Tables): Promise<number> {
  const rowAt = (rows: readonly Row[], index: number): Row => {
    const row = rows[index];
    if (!row) throw new RangeError('No such row');
    return row;
  };
  switch (change.kind) {
    case 'edit': {
      const row = rowAt(log, change.at);
      const before = row[change.column];
      const value =
        change.column === 'at'
          ? Number(before) + 1
          : change.column === 'seq'
            ? 1_000_000 // No chain has it.
            : change.column === 'detail'
              ? '{"number":99}'
              : `${before ?? ''}x`;
      await db('audit_log')
        .where({ id: row['id'] })
        .update({ [change.column]: value });
      return ['what', 'detail'].includes(change.column)
        ? firstDropped(row, log)
        : Number(row['seq']);
    }
    case 'drop': {
      const row = rowAt(log, change.at);
      await db('audit_log').where({ id: row['id'] }).delete();
      return firstDropped(row, log);
    }
    case 'empty': {
      const row =
        log.find(({ detail }) => detail !== null && detail !== undefined) ?? rowAt(log, 0);
      const target = rowAt(log, change.at)['detail'] === null ? row : rowAt(log, change.at);
      await db('audit_log').where({ id: target['id'] }).update({ detail: null, salt: null });
      return firstDropped(target, log);
    }
    case 'insert':
      await db('audit_log').insert({ ...rowAt(log, 0), id: newId(), seq: change.seq });
      return change.seq;
    case 'insert-late':
      await db('audit_log').insert({
        ...rowAt(log, 0),
        id: newId(),
        at: NOW.getTime() - 3 * DAY,
        seq: null,
      });
      return chain.length + 1;
    case 'swap': {
      const [one, other] = [rowAt(log, change.at), rowAt(log, change.other)];
      await db('audit_log').where({ id: one['id'] }).update({ seq: other['seq'] });
      await db('audit_log').where({ id: other['id'] }).update({ seq: one['seq'] });
      return Math.min(Number(one['seq']), Number(other['seq']));
    }
    case 'swap-links': {
      const [one, other] = [rowAt(chain, change.at), rowAt(chain, change.other)];
      const places = [one['seq'] ?? 0, other['seq'] ?? 0];
      await db('audit_chain').whereIn('seq', places).delete();
      await db('audit_chain').insert([
        { ...one, seq: other['seq'] },
        { ...other, seq: one['seq'] },
      ]);
      return Math.min(...places.map(Number));
    }
    case 'relink': {
      const row = rowAt(chain, change.at);
      const value =
        change.column === 'sealed_at' ? Number(row['sealed_at']) + 1 : `${row[change.column]}x`;
      await db('audit_chain')
        .where({ seq: row['seq'] })
        .update({ [change.column]: value });
      return Number(row['seq']);
    }
    case 'unlink': {
      const row = rowAt(chain, change.at);
      await db('audit_chain').where({ seq: row['seq'] }).delete();
      return Number(row['seq']);
    }
    case 'truncate':
      await db('audit_log').where('seq', '>', change.keep).delete();
      await db('audit_chain').where('seq', '>', change.keep).delete();
      return firstMissed(change.keep, log);
    case 'restore-erased': {
      const row = log.find(({ salt }) => salt === null);
      await db('audit_log').where({ id: row?.['id'] }).update({ detail: '{}', salt: 'x' });
      return Number(row?.['seq']);
    }
    default:
      return unreachable(change);
  }
}

/** Where an entry that names others is lost, the first that it names is missed, too. */
function firstDropped(row: Row, log: readonly Row[]): number {
  if (row['what'] === 'audit.purged') return 1;
  if (row['what'] === 'audit.erased') return Number(log.find(({ salt }) => salt === null)?.['seq']);
  return Number(row['seq']);
}

/** Of a log that was cut off there. Entries that say what was deleted come at its end. */
function firstMissed(keep: number, log: readonly Row[]): number {
  const purged = Number(log.find(({ what }) => what === 'audit.purged')?.['seq']);
  return keep < purged ? 1 : keep + 1;
}

async function restore(db: Knex, { log, chain }: Tables): Promise<void> {
  await db('audit_log').delete();
  await db('audit_chain').delete();
  await db.batchInsert('audit_log', [...log], 50);
  await db.batchInsert('audit_chain', [...chain], 50);
}
