import type { Knex } from 'knex';

const BEFORE = ['admin', 'manager', 'new_hire', 'other'];
const NOW = ['admin', 'auditor', 'helpdesk', 'manager', 'new_hire', 'other'];

/** Two roles beside admin: who reads everything, and who helps people with what failed. */
export async function up(db: Knex): Promise<void> {
  await allowRoles(db, BEFORE, NOW);
}

async function allowRoles(
  db: Knex,
  before: readonly string[],
  now: readonly string[],
): Promise<void> {
  if (db.client.config.client !== 'sqlite3') {
    await db.raw('alter table people drop constraint people_role_check');
    await db.raw(
      `alter table people add constraint people_role_check check (role in (${quoted(now)}))`,
    );
    return;
  }
  // Changes nothing in the rows, so the text of the table may be changed in place (sqlite.org/lang_altertable.html, "otheralter").
  const [schema] = await db.raw<{ readonly schema_version: number }[]>('pragma schema_version');
  await db.raw('pragma writable_schema = on');
  const changed = await db('sqlite_master')
    .where({ type: 'table', name: 'people' })
    .whereLike('sql', `%(${quoted(before)})%`)
    .update({ sql: db.raw('replace(sql, ?, ?)', [`(${quoted(before)})`, `(${quoted(now)})`]) });
  if (changed !== 1)
    throw new Error('The table "people" has other roles than those of the version before');
  await db.raw(`pragma schema_version = ${Number(schema?.schema_version) + 1}`);
  await db.raw('pragma writable_schema = off');
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(',');
