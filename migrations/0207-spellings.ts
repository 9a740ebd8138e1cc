import type { Knex } from 'knex';
import { withSpellings } from '../src/core/fold.ts';

interface Row {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly search_text: string;
}

/** Rows in one statement, whose parameter is a text. */
const AT_ONCE = 500;
/** The address of someone who has none, which no search finds. */
const NO_ADDRESS = '@left.invalid';

/**
 * What people are found by has each spelling of their names: `Joerg` finds Jörg. A process of the version before writes one of
 * them, and finds by it as it did; their next change adds the others.
 */
export async function up(db: Knex): Promise<void> {
  const isPostgres = db.client.driverName === 'pg';
  const name = "first_name || ' ' || last_name || ' ' || email";
  const beyond = isPostgres ? `${name} ~ '[^ -~]'` : `${name} glob '*[^ -~]*'`;
  const rows: readonly Row[] = await db('people')
    .whereRaw(beyond)
    .select('id', 'first_name', 'last_name', 'email', 'search_text');
  const changed = rows
    .map((row) => ({ id: row.id, search_text: searchTextOf(row), before: row.search_text }))
    .filter(({ search_text, before }) => search_text !== before);
  const given = isPostgres
    ? 'json_to_recordset(?) as given(id text, search_text text, before text)'
    : "(select value ->> 'id' as id, value ->> 'search_text' as search_text, value ->> 'before' as before from json_each(?)) as given";
  // Whom a process of the version before has just renamed keeps the new name.
  const unchanged = 'people.id = given.id and people.search_text = given.before';
  for (let start = 0; start < changed.length; start += AT_ONCE)
    await db.raw(
      `update people set search_text = given.search_text from ${given} where ${unchanged}`,
      [JSON.stringify(changed.slice(start, start + AT_ONCE))],
    );
}

const searchTextOf = ({ first_name, last_name, email }: Row): string =>
  withSpellings(`${first_name} ${last_name} ${email.endsWith(NO_ADDRESS) ? '' : email}`.trim());
