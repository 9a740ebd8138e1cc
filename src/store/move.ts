/** Copies everything of one database into another of the other kind: SQLite into PostgreSQL, or back. */
import type { Knex } from 'knex';
import { newId } from '../core/ids.ts';
import type { Actor } from '../engine/people/directory.ts';
import type { AliveSpan } from '../engine/ports/upkeep-stores.ts';
import { dialectOf, inTransaction } from './database.ts';
import { databaseCode } from './database-trouble.ts';
import { migrate, migrationsOf, refuseUnknown } from './migrations.ts';
import { createJobDriver } from './queue/job-driver.ts';
import { beatsOf } from './queue/workers.ts';
import { sealedColumns } from './vault/sealed-columns.ts';
import { AUDIT_LOG, createAuditStore } from './work/audit.ts';
import { insertRows } from './work/insert-rows.ts';
import { countOf } from './work/total.ts';

/** Rows in memory at once. Rows with large texts are fewer; `sealedColumns` says how many. */
const ROWS_AT_ONCE = 200;

/** Each database has its own: what Knex notes there, and jobs, which are pushed again. */
const NOT_COPIED = ['jobs', 'lost_jobs'];

export interface Move {
  /** Nobody else may write to it: the whole move holds its locks. */
  readonly from: Knex;
  /** Must hold no rows. It gets its tables when it has none. */
  readonly to: Knex;
  readonly actor: Actor;
  readonly now: Date;
  /** Workers with a heartbeat of this time are alive. Looked up when the locks are held, which may take long. */
  readonly alive: () => AliveSpan;
}

export type MoveOutcome =
  | {
      readonly kind: 'moved';
      /** In the order in which they were copied; without tables that have no rows. */
      readonly tables: readonly { readonly table: string; readonly rows: number }[];
      readonly jobs: number;
    }
  /** A Latchkey works on the source. */
  | { readonly kind: 'running' }
  /** The source lacks these migrations, so the tables differ. */
  | { readonly kind: 'outdated'; readonly pending: readonly string[] }
  /** The target has rows, in this table and perhaps in others. */
  | {
      readonly kind: 'not-empty';
      readonly table: string;
      /** An earlier move has filled it, perhaps one that was killed before it could say so. */
      readonly isMoved: boolean;
    };

/**
 * One transaction on each side: the target gets everything or nothing, and the source changes neither during the move nor
 * by it. Sealed texts stay as they are, so the same keys open them. Jobs that wait are pushed again, with their keys and due
 * times; those that failed for good stay behind.
 * @throws {NewerDatabase | UnreleasedDatabase}
 * @throws {MoveMismatch} when the target doesn't hold what the source holds; then it holds nothing
 */
export async function moveDatabase({ from, to, actor, now, alive }: Move): Promise<MoveOutcome> {
  for (const db of [from, to]) await refuseUnknown(db);
  const { pending } = await migrationsOf(from);
  if (pending.length > 0) return { kind: 'outdated', pending };
  const sqlite = dialectOf(from) === 'sqlite' ? from : to;
  // Before anything changes there: someone may use that database.
  const taken = await firstWithRows(to, await tablesInOrder(sqlite));
  if (taken !== undefined) return notEmpty(to, taken);
  await migrate(to);
  const ordered = await tablesInOrder(sqlite);

  return inTransaction(from, async (source) => {
    await lockTables(source, ordered);
    const living: unknown = await source('workers')
      .whereBetween('beat_at', beatsOf(alive()))
      .first('id');
    if (living !== undefined) return { kind: 'running' };
    return inTransaction(to, async (target) => {
      await lockTables(target, ordered);
      const late = await firstWithRows(target, ordered);
      if (late !== undefined) return notEmpty(target, late);
      const copied = [];
      for (const table of ordered) {
        const rows = await copyTable(table, source, target);
        if (rows > 0) copied.push({ table, rows });
      }
      const jobs = await copyJobs(source, target, now);
      await createAuditStore(target).add({
        id: newId(),
        at: now,
        actor,
        what: MOVED,
        detail: { from: dialectOf(source), to: dialectOf(target) },
      });
      return { kind: 'moved', tables: copied, jobs };
    });
  });
}

/** The tables with the rows that both databases have, each after those that it refers to. @param db SQLite */
async function tablesInOrder(db: Knex): Promise<readonly string[]> {
  const found: readonly { readonly name: string; readonly parent: string | null }[] = await db.raw(
    `select tables.name, "table" as parent
     from sqlite_master as tables left join pragma_foreign_key_list(tables.name)
     where tables.type = 'table' and tables.name not like 'knex%' and tables.name not like 'sqlite%'
     order by tables.rowid`,
  );
  const waiting = new Map<string, Set<string>>();
  for (const { name, parent } of found) {
    if (NOT_COPIED.includes(name)) continue;
    const parents = waiting.get(name) ?? new Set();
    if (parent !== null && parent !== name) parents.add(parent);
    waiting.set(name, parents);
  }
  const ordered: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, parents]) => [...parents].every((it) => !waiting.has(it)));
    if (!ready)
      throw new TypeError(`These tables refer to each other: ${[...waiting.keys()].join(', ')}`);
    ordered.push(ready[0]);
    waiting.delete(ready[0]);
  }
  return ordered;
}

/** A table that isn't there has no rows. */
async function firstWithRows(db: Knex, tables: readonly string[]): Promise<string | undefined> {
  for (const table of tables)
    if ((await db.schema.hasTable(table)) && (await db(table).first()) !== undefined) return table;
  return undefined;
}

const MOVED = 'database.moved';

async function notEmpty(db: Knex, table: string): Promise<MoveOutcome> {
  const isMoved =
    (await db.schema.hasTable(AUDIT_LOG)) &&
    (await db(AUDIT_LOG).where({ what: MOVED }).first('id')) !== undefined;
  return { kind: 'not-empty', table, isMoved };
}

/**
 * SQLite's transaction has locked out other writers already (see `database.ts`). The table of heartbeats is the last one: a worker
 * that could store none while this waits would count as dead.
 */
async function lockTables(tx: Knex, tables: readonly string[]): Promise<void> {
  if (dialectOf(tx) === 'sqlite') return;
  const last = tables.filter((table) => table === 'workers');
  const names = [...tables.filter((table) => table !== 'workers'), ...last];
  await tx.raw(`lock table ${names.map(() => '??').join(', ')} in exclusive mode`, names);
}

/** @returns how many rows both have now */
async function copyTable(table: string, from: Knex, to: Knex): Promise<number> {
  for await (const rows of batchesOf(table, from)) await insertOrName(to, table, rows);
  const [here, there] = [await countOf(from(table)), await countOf(to(table))];
  if (here !== there) throw new MoveMismatch(table, here, there);
  return there;
}

/**
 * SQLite keeps a text in a column of numbers, which PostgreSQL doesn't.
 * @throws {RefusedRow} that names the first row that isn't taken
 */
async function insertOrName(to: Knex, table: string, rows: readonly Row[]): Promise<void> {
  const tryOut = (some: readonly Row[]): Promise<void> =>
    to.transaction((savepoint) => insertRows(savepoint, table, some));
  try {
    await tryOut(rows);
  } catch (error) {
    if (!isOfData(error)) throw error;
    for (const row of rows)
      await tryOut([row]).catch((cause: unknown) => {
        throw isOfData(cause) ? new RefusedRow(table, row, cause) : cause;
      });
  }
}

/** PostgreSQL's classes of wrong values and broken constraints, and SQLite's. */
const isOfData = (error: unknown): boolean =>
  /^(?:2[23]...$|SQLITE_CONSTRAINT|SQLITE_MISMATCH)/.test(databaseCode(error) ?? '');

type Row = Readonly<Record<string, string | number | boolean | null>>;

function batchesOf(table: string, db: Knex): AsyncGenerator<readonly Row[]> {
  const most = Math.min(
    ...Object.values(sealedColumns).flatMap((column) =>
      column.table === table && 'atOnce' in column ? [column.atOnce] : [],
    ),
    ROWS_AT_ONCE,
  );
  return dialectOf(db) === 'sqlite' ? byRowId(table, db, most) : byCursor(table, db, most);
}

const ROW_ID = 'row_id_of_move';

async function* byRowId(table: string, db: Knex, most: number): AsyncGenerator<readonly Row[]> {
  let last = 0;
  for (;;) {
    const found: readonly Row[] = await db(table)
      .select('*', db.raw('rowid as ??', [ROW_ID]))
      .where('rowid', '>', last)
      .orderBy('rowid')
      .limit(most);
    if (found.length === 0) return;
    last = Number(found.at(-1)?.[ROW_ID]);
    yield found.map(withoutRowId);
  }
}

const withoutRowId = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([column]) => column !== ROW_ID));

/** A cursor needs no key to go by, and lives in the transaction. */
async function* byCursor(table: string, tx: Knex, most: number): AsyncGenerator<readonly Row[]> {
  await tx.raw('declare moving no scroll cursor for select * from ??', [table]);
  for (;;) {
    const { rows } = await tx.raw<{ readonly rows: readonly Row[] }>(`fetch ${most} from moving`);
    if (rows.length === 0) break;
    yield rows;
  }
  await tx.raw('close moving');
}

/** @returns how many jobs wait in the target */
async function copyJobs(from: Knex, to: Knex, now: Date): Promise<number> {
  const source = createJobDriver(from);
  const target = createJobDriver(to);
  const queue = target.createQueue(to, () => now);
  const keys = new Set<string>();
  let expected = 0;
  let last = 0;
  for (;;) {
    const jobs = await source.waiting({ after: last, limit: ROWS_AT_ONCE });
    for (const { id, name, payload, lane, dueAt, key } of jobs) {
      await queue.push(name, payload, { lane, dueAt, key });
      // A job that a dead worker had begun may wait beside a newer one of the same key. They become one.
      if (key === undefined || !keys.has(key)) expected += 1;
      if (key !== undefined) keys.add(key);
      last = id;
    }
    if (jobs.length < ROWS_AT_ONCE) break;
  }
  const depths = await target.depths(now);
  const waiting = depths.reduce((sum, { due, later }) => sum + due + later, 0);
  if (waiting !== expected) throw new MoveMismatch('jobs', expected, waiting);
  return waiting;
}

/** Its message names no value: that may be a secret. */
export class RefusedRow extends Error {
  readonly code = 'refused-row';
  constructor(table: string, { id, key }: Row, cause: unknown) {
    const row = id ?? key;
    super(
      `nothing was moved: ${row === undefined || row === null ? `a row of ${table}` : `the row ${row} of ${table}`} holds something that Latchkey did not write, and the new database does not take it (${databaseCode(cause) ?? 'unknown reason'}). Restore that row from a backup, then move again`,
      { cause },
    );
    this.name = 'RefusedRow';
  }
}

class MoveMismatch extends Error {
  readonly code = 'move-mismatch';
  constructor(table: string, here: number, there: number) {
    super(`${table} has ${here} rows here and ${there} in the new database`);
    this.name = 'MoveMismatch';
  }
}
