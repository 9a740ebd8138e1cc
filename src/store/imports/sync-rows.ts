import type { Knex } from 'knex';
import { withSpellings } from '../../core/fold.ts';
import { type JsonObject, stringifyJson } from '../../core/json.ts';
import { type RowDetails, rowDetails } from '../../engine/imports/row-details.ts';
import { rowStates, type SyncRow } from '../../engine/imports/sync-run.ts';
import type { SyncRowFilter, SyncRowStore } from '../../engine/ports/import-stores.ts';
import type { Unread } from '../../engine/work/unread.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import {
  jsonColumn,
  oneOf,
  type RowOf,
  readJsonObject,
  readOrUnread,
  withWords,
} from '../work/columns.ts';
import { insertRows } from '../work/insert-rows.ts';
import { type LookedUp, lookUp } from '../work/look-up.ts';
import { manyRows } from '../work/many-rows.ts';
import { countOf, pageOf } from '../work/total.ts';

type RowRow = RowOf<typeof toRow>;

export const detailsColumn = jsonColumn('sync_rows.details', rowDetails);

/** The states of people that the source has, without those that were left out. */
const OF_PEOPLE = ['new', 'existing', 'left', 'fill', 'missing'];

/** A second row of the same person would be a duplicate. */
const OF_THOSE_HERE = ['existing', 'fill'] as const satisfies readonly SyncRow['state'][];

/** Of several rows with one address, the later ones are duplicates. */
const OF_ONE_PERSON = [
  'new',
  'left',
  'fill',
  'existing',
  'ignored',
] as const satisfies readonly SyncRow['state'][];

/** What a search looks in. */
const SEARCHED =
  "coalesce(search_text, lower(first_name || ' ' || last_name || ' ' || coalesce(email, '')))";

export function createSyncRowStore(db: Knex): SyncRowStore {
  const rows = () => db<RowRow>('sync_rows');

  function matching(runId: string, { states, isChosen, search = '' }: SyncRowFilter) {
    const query = rows().where({ run_id: runId });
    if (states) query.whereIn('state', [...states]);
    if (isChosen !== undefined) query.where({ chosen: isChosen });
    return withWords(query, SEARCHED, search);
  }

  const count = (runId: string, filter: SyncRowFilter): Promise<number> =>
    countOf(matching(runId, filter));

  /** By the column's index: with the states or an order as well, SQLite would rather read all rows of the run. */
  const having = async (
    runId: string,
    column: 'email' | 'employee_id',
    values: readonly string[],
  ): Promise<readonly RowRow[]> =>
    values.length === 0
      ? []
      : rows()
          .where({ run_id: runId })
          .whereIn(column, [...values]);

  /** Neither database has a DELETE with a limit. */
  const deleteFirst = (which: Knex.QueryBuilder, limit: number): Promise<number> =>
    rows()
      .whereIn(['run_id', 'seq'], which.select('run_id', 'seq').orderBy('seq').limit(limit))
      .delete();

  return {
    async find(runId, seq) {
      const row = await rows().where({ run_id: runId, seq }).first();
      return row && toSyncRow(row);
    },

    async insertMany(many) {
      await insertRows(db, 'sync_rows', many.map(toRow));
    },

    async list(runId, filter, page) {
      const { rows: found, total } = await pageOf(() => matching(runId, filter), page, ['seq']);
      return { rows: found.map(toSyncRow), total };
    },

    count,

    async known(runId, emails) {
      const where = { run_id: runId };
      return addressesAmong(db, { table: 'sync_rows', where }, emails);
    },

    async ofPeople(runId, { emails, employeeIds }) {
      const found = [
        ...(await having(runId, 'email', emails)),
        ...(await having(runId, 'employee_id', employeeIds)),
      ];
      return inStates(OF_THOSE_HERE, found);
    },

    async chosenBetween(runId, { from, below, states }, limit) {
      const query = rows()
        .where({ run_id: runId, chosen: true })
        .where('seq', '>=', from)
        .where('seq', '<', below)
        .whereIn('state', [...states])
        .orderBy('seq')
        .limit(limit);
      const known = { runId, chosen: true, note: null };
      return (await manyRows<WhoIsMeant>(db, query, WHO_IS_MEANT)).map((row) =>
        withKnown(row, known),
      );
    },

    async between(runId, { from, below, state }, limit) {
      const found = await rows()
        .where({ run_id: runId, state })
        .where('seq', '>=', from)
        .where('seq', '<', below)
        .orderBy('seq')
        .limit(limit);
      return found.map(toSyncRow);
    },

    async newAmong(runId, emails) {
      const of = { table: 'sync_rows', where: { run_id: runId }, only: { state: 'new' } };
      return addressesAmong(db, of, emails);
    },

    async sharedEmployeeIds(runId, limit) {
      const ids = await rows()
        .where({ run_id: runId })
        .whereNotNull('employee_id')
        .whereIn('state', [...OF_ONE_PERSON])
        .groupBy('employee_id')
        .havingRaw('count(*) > 1')
        .orderBy('employee_id')
        .limit(limit)
        .pluck('employee_id');
      return ids.flatMap((id) => id ?? []);
    },

    async withEmployeeIds(runId, ids) {
      return inStates(OF_ONE_PERSON, await having(runId, 'employee_id', ids));
    },

    async leaveOutId(runId, employeeId, { state, note }) {
      const theirs = () =>
        rows()
          .where({ run_id: runId, employee_id: employeeId })
          .whereIn('state', [...OF_ONE_PERSON]);
      const counted: { state: string; many: number | string }[] = await theirs()
        .groupBy('state')
        .select('state')
        .count({ many: '*' });
      await theirs().update({ state, note, chosen: false });
      return new Map(
        counted.map((each) => [oneOf(rowStates, each.state, 'sync_rows.state'), Number(each.many)]),
      );
    },

    async leaveOut(runId, seq, { state, note }) {
      await rows()
        .where({ run_id: runId, seq })
        .update({ state, note: note ?? null, chosen: false });
    },

    async setNote(runId, seq, note) {
      await rows().where({ run_id: runId, seq }).update({ note });
    },

    async setState(runId, emails, state) {
      return rows()
        .where({ run_id: runId })
        .whereIn('email', [...emails])
        .where({ state: 'new' })
        .update({ state, chosen: false });
    },

    async choose(runId, emails, chosen) {
      await rows()
        .where({ run_id: runId })
        .whereIn('email', [...emails])
        .whereIn('state', ['new', 'left'])
        .update({ chosen });
    },

    async chooseBetween(runId, { from, below, search }, chosen) {
      await matching(runId, { states: ['new'], search })
        .where('seq', '>=', from)
        .where('seq', '<', below)
        .whereNot({ chosen })
        .update({ chosen });
    },

    async goneSince({ before, runId, afterEmail, limit }) {
      const found: readonly RowRow[] = await db('sync_rows as old')
        .join('people', 'people.email', 'old.email')
        .where({ 'old.run_id': before, 'people.active': true })
        .where('old.email', '>', afterEmail)
        .whereIn('old.state', OF_PEOPLE)
        .whereNotExists(
          db('sync_rows as now')
            .select('now.seq')
            .where({ 'now.run_id': runId })
            .whereRaw('now.email = old.email'),
        )
        // Whatever became of their address.
        .whereNotExists(
          db('sync_rows as renamed')
            .select('renamed.seq')
            .where({ 'renamed.run_id': runId })
            .whereRaw('renamed.employee_id = people.employee_id'),
        )
        .orderBy('old.email')
        .limit(limit)
        .select('old.*');
      return found.map(toSyncRow);
    },

    deleteFrom: (runId, seq, limit) =>
      deleteFirst(rows().where({ run_id: runId }).where('seq', '>=', seq), limit),

    thin: (runId, limit) =>
      deleteFirst(
        rows()
          .where({ run_id: runId })
          .where((others) => {
            others.whereNot({ state: 'new' }).orWhere({ chosen: false });
          }),
        limit,
      ),
  };
}

/** Each of them once, in reading order. */
function inStates(states: readonly string[], found: readonly RowRow[]): readonly SyncRow[] {
  const bySeq = new Map(found.map((row) => [row.seq, row]));
  return [...bySeq.values()]
    .filter(({ state }) => states.includes(state))
    .toSorted((one, other) => one.seq - other.seq)
    .map(toSyncRow);
}

/** Which of these addresses the table has. */
export async function addressesAmong(
  db: Knex,
  of: Pick<LookedUp, 'table' | 'where' | 'only'>,
  emails: readonly string[],
): Promise<ReadonlySet<string>> {
  const by = { ...of, column: 'email', columns: ['email'] };
  const found = await lookUp<{ readonly email: string }>(db, by, emails);
  return new Set(found.map(({ email }) => email));
}

function toRow(row: SyncRow) {
  return {
    run_id: row.runId,
    seq: row.seq,
    email: row.email ?? null,
    first_name: row.firstName,
    last_name: row.lastName,
    details: row.details ? stringifyJson(row.details) : null,
    employee_id: row.details?.employeeId ?? null,
    state: row.state,
    chosen: row.chosen,
    note: row.note ?? null,
    /** Name and email, as `withSpellings` has them. Null when it equals their lower case. */
    search_text: searchTextOf(row),
  };
}

/** Databases lower-case only these letters reliably. */
const PLAIN = /^[\x20-\x7e]*$/;

function searchTextOf({ firstName, lastName, email }: SyncRow): string | null {
  const text = `${firstName} ${lastName} ${email ?? ''}`;
  return PLAIN.test(text) ? null : withSpellings(text);
}

/** Stored values keep every digit. */
function readDetails(text: string): RowDetails | Unread {
  const read = readOrUnread<RowDetails>(detailsColumn, text);
  if (read === 'unread' || read.stored === undefined) return read;
  const { stored } = readJsonObject(text, 'sync_rows.details');
  return { ...read, stored: stored as JsonObject };
}

/** Who a row is about, and what it says of them. */
type WhoIsMeant = Pick<RowRow, 'seq' | 'email' | 'first_name' | 'last_name' | 'details' | 'state'>;
const WHO_IS_MEANT = ['seq', 'email', 'first_name', 'last_name', 'details', 'state'] as const;

const toSyncRow = (row: RowRow): SyncRow =>
  withKnown(row, { runId: row.run_id, chosen: Boolean(row.chosen), note: row.note });

function withKnown(
  row: WhoIsMeant,
  known: { readonly runId: string; readonly chosen: boolean; readonly note: string | null },
): SyncRow {
  const read = row.details === null ? null : readDetails(row.details);
  // Nothing of one that can't be read is taken.
  const isUnread = read === 'unread';
  const made: { -readonly [K in keyof SyncRow]: SyncRow[K] } = {
    runId: known.runId,
    seq: row.seq,
    firstName: row.first_name,
    lastName: row.last_name,
    state: isUnread ? 'invalid' : oneOf(rowStates, row.state, 'sync_rows.state'),
    chosen: known.chosen,
  };
  const note = isUnread ? cannotBeRead() : known.note;
  if (row.email !== null) made.email = row.email;
  if (read !== null && !isUnread) made.details = read;
  if (note !== null) made.note = note;
  return made;
}
