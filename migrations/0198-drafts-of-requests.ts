import type { Knex } from 'knex';

const BEFORE = ['manifest', 'people'];
const NOW = [...BEFORE, 'request'];

/** A draft may be what a program wrote into someone's request. A process of the version before reads none: it has no button for one. */
export async function up(db: Knex): Promise<void> {
  await allowKinds(db, BEFORE, NOW);
}

/** As 0125 does for roles. */
async function allowKinds(
  db: Knex,
  before: readonly string[],
  now: readonly string[],
): Promise<void> {
  if (db.client.config.client !== 'sqlite3') {
    await db.raw('alter table drafts drop constraint drafts_kind_check');
    await db.raw(
      `alter table drafts add constraint drafts_kind_check check (kind in (${quoted(now)}))`,
    );
    return;
  }
  const [schema] = await db.raw<{ readonly schema_version: number }[]>('pragma schema_version');
  await db.raw('pragma writable_schema = on');
  const changed = await db('sqlite_master')
    .where({ type: 'table', name: 'drafts' })
    .whereLike('sql', `%(${quoted(before)})%`)
    .update({ sql: db.raw('replace(sql, ?, ?)', [`(${quoted(before)})`, `(${quoted(now)})`]) });
  if (changed !== 1)
    throw new Error('The table "drafts" has other kinds than those of the version before');
  await db.raw(`pragma schema_version = ${Number(schema?.schema_version) + 1}`);
  await db.raw('pragma writable_schema = off');
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(',');
