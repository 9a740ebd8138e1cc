/** Takes a person out of the database: their rows go, and their address goes out of every other text. */
import type { Knex } from 'knex';
import type { AuditEntry, Person } from '../../engine/people/directory.ts';
import type { PersonalData } from '../../engine/ports/people-stores.ts';
import { inTransaction } from '../database.ts';
import { identityOf, type SealedColumn, sealedColumns } from '../vault/sealed-columns.ts';
import type { Vault } from '../vault/vault.ts';
import { createAuditStore } from '../work/audit.ts';
import { keepErased } from './erased-addresses.ts';
import { createPeopleStore } from './people.ts';
import {
  collectRows,
  impersonalTables,
  namedBy,
  opened,
  type PersonInRows,
  personalTables,
  type Row,
  sealedIn,
  textColumns,
} from './personal-data.ts';

/** What stands where an address or a user's id stood. */
export const ERASED = 'erased-person';
/** Sealed texts that are read at once. */
const ROWS_AT_ONCE = 250;
const FILES_AT_ONCE = 16;

/** Texts that are replaced row by row would be of no use any more: they wait for someone for a week at most. */
const GOES_WHOLE = new Set(['form_sessions', 'drafts', 'deliveries']);
/** What a third party sent as a file is not looked through; neither are secrets, which are no texts of people. */
const NOT_LOOKED_THROUGH = new Set([
  'secrets',
  'oauth_tokens',
  'peppers',
  'hooks',
  'run_files',
  'options_cache',
]);

export function createPersonalData(db: Knex, vault: Vault): PersonalData {
  return {
    async collect(personId, since) {
      const person = await createPeopleStore(db).find(personId);
      return person && collectRows(db, vault, { ...(await namedBy(db, person)), since });
    },
    erase: (person, entry) => erase(db, vault, person, entry),
  };
}

/**
 * Everything that opens sealed texts happens before the transaction, since it takes its time; the transaction then writes
 * only. What is written about the person in between is found by calling it again.
 */
async function erase(db: Knex, vault: Vault, person: Person, entry: AuditEntry): Promise<void> {
  const named = await namedBy(db, person);
  const needles = needlesOf(named);
  const changes = [...(await mentions(db, vault, needles)), ...(await plainMentions(db, needles))];
  await inTransaction(db, async (tx) => {
    await deleteRows(tx, named); // First: what goes need not be changed.
    for (const change of changes) await change(tx);
    await keepErased(tx, vault, person.email, entry.at);
    await tx('people').where({ id: person.id }).delete();
    await tx('options_cache').delete();
    await createAuditStore(tx).add(entry);
  });
}

/** Short ids of chat users would be found in what has nothing to do with them; the platforms' own are longer. */
const SHORTEST_NEEDLE = 8;

/** As it is written, and as it stands in addresses of the web. */
function needlesOf({ person, chatUsers }: PersonInRows): readonly string[] {
  const users = chatUsers.map(({ user_id }) => user_id);
  const plain = [person.email, ...users.filter(({ length }) => length >= SHORTEST_NEEDLE)];
  return [...new Set([...plain, ...plain.map(encodeURIComponent)])];
}

type Change = (tx: Knex) => Promise<unknown>;

/** Sealed texts of others in which the person stands, and what becomes of each. */
async function mentions(
  db: Knex,
  vault: Vault,
  needles: readonly string[],
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const sealed of Object.values(sealedColumns)) {
    if (NOT_LOOKED_THROUGH.has(sealed.table)) continue;
    for await (const row of sealedRows(db, sealed)) {
      const text = await opened(sealed, row, vault);
      const scrubbed = scrub(text, needles);
      if (scrubbed === text) continue;
      changes.push(
        GOES_WHOLE.has(sealed.table)
          ? (tx) => tx(sealed.table).where(keyOf(sealed, row)).delete()
          : await replaced(sealed, row, scrubbed, vault),
      );
    }
  }
  return changes;
}

async function replaced(
  sealed: SealedColumn,
  row: Row,
  text: string,
  vault: Vault,
): Promise<Change> {
  const identity = identityOf(sealed, ...sealed.key.map((part) => row[part] as string | number));
  const value = await vault.seal(identity, text);
  // Only while it holds what was read: what has been written since is newer, and is looked at the next time.
  const where = { ...keyOf(sealed, row), [sealed.column]: row[sealed.column] };
  return (tx) =>
    tx(sealed.table)
      .where(where)
      .update({ [sealed.column]: value });
}

const keyOf = ({ key }: SealedColumn, row: Row): Record<string, unknown> =>
  Object.fromEntries(key.map((part) => [part, row[part]]));

async function* sealedRows(db: Knex, { table, column, key }: SealedColumn): AsyncGenerator<Row> {
  const limit = table === 'drafts' ? FILES_AT_ONCE : ROWS_AT_ONCE;
  let last: Row | undefined;
  for (;;) {
    const query = db(table)
      .select<Row[]>(...key, column)
      .whereNotNull(column)
      .orderBy([...key])
      .limit(limit);
    if (last !== undefined) {
      const after = last;
      const names = key.map(() => '??').join(', ');
      const values = key.map(() => '?').join(', ');
      query.whereRaw(`(${names}) > (${values})`, [
        ...key,
        ...key.map((part) => after[part] as string | number),
      ]);
    }
    const rows = await query;
    yield* rows;
    if (rows.length < limit) return;
    last = rows.at(-1);
  }
}

/** In any case, since addresses are written as people like, and only as a whole: `ann@x.io` is not in `joann@x.io`. */
function scrub(text: string, needles: readonly string[]): string {
  let scrubbed = text;
  for (const needle of needles)
    scrubbed = scrubbed.replaceAll(
      new RegExp(String.raw`(?<![\w.+-])${literally(needle)}(?![\w-]|\.\w)`, 'gi'),
      ERASED,
    );
  return scrubbed;
}

const literally = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

async function deleteRows(tx: Knex, named: PersonInRows): Promise<void> {
  for (const { table, theirs, onErasure } of personalTables)
    if (onErasure === 'deleted') await theirs(tx(table), named, tx).delete();
}

/** Plain texts of other rows: addresses of managers in imports, details in the audit log. */
async function plainMentions(db: Knex, needles: readonly string[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const tables = [...personalTables.map(({ table }) => table), ...Object.keys(impersonalTables)];
  for (const table of tables)
    for (const column of await textColumns(db, table)) {
      if (table === 'people' || sealedIn(table, column)) continue;
      const rows: readonly Row[] = await db(table)
        .where((either) => {
          for (const needle of needles)
            either.orWhereRaw(String.raw`lower(??) like ? escape '\'`, [column, likeText(needle)]);
        })
        .distinct<Row[]>(column);
      for (const row of rows) {
        const text = String(row[column]);
        const scrubbed = scrub(text, needles);
        if (scrubbed !== text)
          changes.push((tx) =>
            tx(table)
              .where({ [column]: text })
              .update({ [column]: scrubbed }),
          );
      }
    }
  return changes;
}

const likeText = (needle: string): string =>
  `%${needle.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
