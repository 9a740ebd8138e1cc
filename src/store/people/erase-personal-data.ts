/** Erases a person from the database: deletes their rows, and replaces their address in all other texts. */
import type { Knex } from 'knex';
import { z } from 'zod';
import { type AuditEntry, fullName, type Person, SYSTEM } from '../../engine/people/directory.ts';
import type { PersonalData } from '../../engine/ports/people-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { inTransaction } from '../database.ts';
import { dropSecret, findSecretOfOurs, keepSecret } from '../vault/pepper.ts';
import { identityIn, sealedColumns } from '../vault/sealed-columns.ts';
import { keyOf, replaceSealed, sealedRows } from '../vault/sealed-rows.ts';
import type { Vault } from '../vault/vault.ts';
import { AUDIT_LOG, createAuditStore } from '../work/audit.ts';
import { eraseContents, type Mentioning } from '../work/audit-chain.ts';
import { readJson } from '../work/columns.ts';
import { collectRows, opened, sealedIn } from './collect-personal-data.ts';
import { keepErased } from './erased-addresses.ts';
import { formerEmailsOf, importedEmailsOf, namedBy } from './named-by.ts';
import { createPeopleStore } from './people.ts';
import {
  impersonalTables,
  importedUnder,
  type PersonInRows,
  personalTables,
  type Row,
  textColumns,
} from './personal-data.ts';

/** Replaces an address or a user's id. */
export const ERASED = 'erased-person';

/**
 * We delete these whole: with a part replaced they would be useless, and they last a week at most. They also go where they name the
 * person by id alone: what someone else wrote or was shown about them.
 */
const GOES_WHOLE = new Set(['form_sessions', 'drafts', 'deliveries']);
/** We don't search files from apps. We don't search secrets either, since they contain no personal data. */
export const NOT_LOOKED_THROUGH: ReadonlySet<string> = new Set([
  'secrets',
  'oauth_tokens',
  'peppers',
  'chat_tokens',
  'hooks',
  'event_endpoints',
  'run_files',
  'options_cache',
]);

export function createPersonalData(db: Knex, vault: Vault): PersonalData {
  return {
    async collect(personId, since) {
      const people = createPeopleStore(db);
      const person = await people.find(personId);
      if (!person) return undefined;
      const rows = await collectRows(db, vault, { ...(await namedBy(db, person)), since });
      // An erasure is one transaction. Where it came between two tables, the rows are a part only.
      return (await people.find(personId)) && rows;
    },

    /**
     * We open the sealed texts before the transaction, since that takes long. The transaction only writes. What others have stored
     * in the meantime is found afterwards: by then only texts that mention the person are left.
     */
    async erase(person, entry) {
      const now = await namedBy(db, person);
      const others = [await formerEmailsOf(db, person), await importedEmailsOf(db, person)];
      const named = { ...now, emails: [...new Set([...now.emails, ...others.flat()])] };
      const needles = needlesOf(named);
      const sought = { personId: person.id, needles, said: await saidOf(db, person) };
      const by = { ...byOf(entry), vault };
      const found = await mentionsOf(db, vault, sought);
      await inTransaction(db, async (tx) => {
        if (!(await isStillThere(tx, person, entry.at))) return;
        await deleteRows(tx, named); // First, so that we don't change rows that we delete.
        await remove(tx, found, by);
        for (const email of named.emails) await keepErased(tx, vault, { email, at: entry.at });
        await tx('people').where({ id: person.id }).delete();
        await tx('options_cache').delete();
        const { unopened } = found;
        await createAuditStore(tx).add(unopened > 0 ? { ...entry, detail: { unopened } } : entry);
        const left = { needles, said: sought.said, held: await heldRows(tx) };
        await keepSecret(tx, vault, { name: leftOf(person.id), value: JSON.stringify(left) });
      });
      return lookAgain(person.id, entry.at);
    },

    lookAgain,
  };

  async function lookAgain(personId: string, at: Date): Promise<boolean> {
    const text = await findSecretOfOurs(db, vault, leftOf(personId));
    if (text === undefined) return true;
    const { held, ...sought } = readJson(leftSchema, text, 'peppers.value');
    const now = new Set(await heldRows(db));
    if (held.some((row) => now.has(row))) return false;
    // Whole, before their address is replaced in it: it has their name, too.
    await importedUnder(db('sync_rows'), sought.needles, db('people')).delete();
    const by = { actor: SYSTEM, personId, at, vault } as const;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const late = await mentionsOf(db, vault, { personId, ...sought });
      if (isNothing(late)) break;
      await inTransaction(db, (tx) => remove(tx, late, by));
    }
    await dropSecret(db, leftOf(personId));
    return true;
  }
}

/** The first one nearly always finds nothing. */
const MAX_PASSES = 3;

/** What is needed to look again, sealed: a process may die before it has. It is deleted then. */
const leftSchema = z.object({
  needles: z.array(z.string()),
  said: z.array(z.string()),
  held: z.array(z.string()),
});
const leftOf = (personId: string): string => `erasing:${personId}`;

const LEASED = ['runs', 'deliveries', 'sync_runs', 'account_rounds'] as const;

/** The rows that workers hold, and by which one: it stores what it has read of them, whatever was changed since. */
async function heldRows(db: Knex): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const table of LEASED)
    for (const { id, worker_id: worker } of await db(table)
      .whereNotNull('worker_id')
      .select<{ readonly id: string; readonly worker_id: string }[]>('id', 'worker_id'))
      rows.push(`${table} ${id} ${worker}`);
  // A worker may hold one on and on. What it read before is stored with the next version.
  for (const { id, version } of await db('event_endpoints')
    .whereNotNull('worker_id')
    .select<{ readonly id: string; readonly version: number }[]>('id', 'version'))
    rows.push(`event_endpoints ${id} ${version}`);
  return rows;
}

/** Where texts mention a person, and what becomes of each. */
interface Mentions {
  readonly changes: readonly Change[];
  /** How many texts no key opens: nobody can look through these. */
  readonly unopened: number;
  readonly audit: Mentioning;
}

interface Sought {
  readonly personId: string;
  /** Replaced in every text. */
  readonly needles: readonly string[];
  /** Sought in the audit log alone: in other texts it may mean someone else. */
  readonly said: readonly string[];
}

async function mentionsOf(db: Knex, vault: Vault, sought: Sought): Promise<Mentions> {
  const { changes, unopened } = await sealedMentions(db, vault, sought);
  return {
    changes: [...changes, ...(await plainMentions(db, sought.needles))],
    unopened,
    audit: await auditMentions(db, sought),
  };
}

const isNothing = ({ changes, audit }: Mentions): boolean =>
  changes.length + audit.inDetail.length + audit.inActor.length === 0;

async function remove(
  tx: Knex,
  { changes, audit }: Mentions,
  by: Parameters<typeof eraseContents>[2],
): Promise<void> {
  for (const change of changes) await change(tx);
  await eraseContents(tx, audit, by);
}

/**
 * Looking through all texts takes long. Locked: who comes back, or a removal that begins, comes before or after.
 * @returns false where another process has erased them
 * @throws {StaleWrite} they had left, and are back
 */
async function isStillThere(
  tx: Knex,
  { id, version, active }: Person,
  since: Date,
): Promise<boolean> {
  const now = await createPeopleStore(tx).hold(id);
  if (!now || active) return now !== undefined;
  const begun: unknown = await tx('removals')
    .where({ person_id: id, ended_at: null })
    .where('began_at', '>', since.getTime())
    .first('id');
  if (now.active || begun) throw new StaleWrite('person', id, version);
  return true;
}

const byOf = ({ at, actor, personId }: AuditEntry) => ({ at, actor, personId });

/** Shorter ids of chat users, and numbers of an office's telephones, would match unrelated texts. */
const isLong = ({ length }: string): boolean => length >= 8;

/** The addresses as they are written, and as they are encoded in URLs. */
function needlesOf({ emails, chatUsers }: PersonInRows): readonly string[] {
  const users = chatUsers.map(({ user_id }) => user_id);
  const plain = [...emails, ...users.filter(isLong)];
  return [...new Set([...plain, ...plain.map(encodeURIComponent)])];
}

/** Their name and phone number as entries of the audit log have them, unless someone else has the same. */
async function saidOf(db: Knex, person: Person): Promise<readonly string[]> {
  const { firstName, lastName, phone = '' } = person;
  const others = () => db('people').whereNot({ id: person.id });
  const hasBoth = firstName !== '' && lastName !== '';
  const isOnlyOne = !(await others().where({ first_name: firstName, last_name: lastName }).first());
  const said = [
    ...(hasBoth && isOnlyOne ? [fullName(person)] : []),
    ...(isLong(phone) && !(await others().where({ phone }).first()) ? [phone] : []),
  ];
  return said.map((text) => JSON.stringify(text).slice(1, -1));
}

type Change = (tx: Knex) => Promise<unknown>;

/** Other people's sealed texts that contain the person, and the change for each. */
async function sealedMentions(
  db: Knex,
  vault: Vault,
  { needles, personId }: Pick<Sought, 'needles' | 'personId'>,
): Promise<Pick<Mentions, 'changes' | 'unopened'>> {
  const changes: Change[] = [];
  let unopened = 0;
  for (const sealed of Object.values(sealedColumns)) {
    if (NOT_LOOKED_THROUGH.has(sealed.table)) continue;
    const goesWhole = GOES_WHOLE.has(sealed.table);
    const texts = goesWhole ? [...needles, personId] : needles;
    for await (const rows of sealedRows(db, sealed))
      for (const row of rows) {
        const text = await opened(sealed, row, vault);
        if (text === undefined) unopened += 1;
        const scrubbed = text && scrub(text, texts);
        if (scrubbed === undefined || scrubbed === text) continue;
        if (goesWhole) {
          changes.push((tx) => tx(sealed.table).where(keyOf(sealed, row)).delete());
        } else {
          const value = await vault.seal(identityIn(sealed, row), scrubbed);
          const moved = await moving(db, sealed.table);
          // The next call checks a text that is newer by then.
          changes.push((tx) => replaceSealed(tx, sealed, { row, value, moved: moved(tx) }));
        }
      }
  }
  return { changes, unopened };
}

/** Ignores case, since people write addresses either way. Matches whole addresses only: `ann@x.io` is not in `joann@x.io`. */
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

/** Plain texts in other rows, such as addresses of managers in imports. */
async function plainMentions(db: Knex, needles: readonly string[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const tables = [...personalTables.map(({ table }) => table), ...Object.keys(impersonalTables)];
  const texts = await textColumns(db);
  for (const table of tables) {
    if (table === 'people' || table === AUDIT_LOG) continue;
    const columns = (texts.get(table) ?? []).filter((column) => !sealedIn(table, column));
    // Nearly every table has none, so all its columns are looked at together first.
    if (
      columns.length === 0 ||
      !(await containing(db, table, { columns, needles }).first(db.raw('1')))
    )
      continue;
    const moved = await moving(db, table);
    for (const column of columns) {
      const rows: readonly Row[] = await containing(db, table, {
        columns: [column],
        needles,
      }).distinct<Row[]>(column);
      for (const row of rows) {
        const text = String(row[column]);
        const scrubbed = scrub(text, needles);
        if (scrubbed !== text)
          changes.push((tx) =>
            tx(table)
              .where({ [column]: text })
              .update({ [column]: scrubbed, ...moved(tx) }),
          );
      }
    }
  }
  return changes;
}

/**
 * The next version of a changed row: a process that has read the text before can't store it again. A row that a worker leases keeps its
 * version, since the worker would lose its work: `lookAgain` waits for it.
 */
async function moving(db: Knex, table: string): Promise<(tx: Knex) => Readonly<Row>> {
  const columns = await db(table).columnInfo();
  const isMoved = 'version' in columns && !('worker_id' in columns);
  return (tx) => (isMoved ? { version: tx.raw('version + 1') } : {});
}

const containing = (
  db: Knex,
  table: string,
  {
    columns,
    needles,
  }: { readonly columns: readonly string[]; readonly needles: readonly string[] },
): Knex.QueryBuilder => {
  const text = columns.map(() => "coalesce(??, '')").join(" || ' ' || ");
  return db(table).where((either) => {
    for (const needle of needles)
      either.orWhereRaw(String.raw`lower(${text}) like ? escape '\'`, [
        ...columns,
        likeText(needle),
      ]);
  });
};

/** Entries of the audit log are sealed, so their texts are deleted and never replaced. */
async function auditMentions(db: Knex, { needles, said }: Sought): Promise<Mentioning> {
  const ids = async (column: string, texts: readonly string[]): Promise<readonly string[]> => {
    const rows: readonly Row[] = await containing(db, AUDIT_LOG, {
      columns: [column],
      needles: texts,
    }).select('id', column);
    return rows
      .filter((row) => scrub(String(row[column]), texts) !== String(row[column]))
      .map((row) => String(row['id']));
  };
  return {
    inDetail: await ids('detail', [...needles, ...said]),
    inActor: await ids('actor', needles),
  };
}

/** Databases lower-case only letters of ASCII reliably, so any text may stand for the others. `scrub` looks again. */
const likeText = (needle: string): string =>
  `%${needle
    .toLowerCase()
    .replaceAll(/[\\%_]/g, String.raw`\$&`)
    .replaceAll(/[^ -~]+/g, '%')}%`;
