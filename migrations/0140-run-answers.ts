import type { Knex } from 'knex';
import { belongsTo, key } from './columns.ts';

/** What an app last answered to a run, for evidence. A purge of the run writes it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('run_answers', (table) => {
    key(table, 'run_id');
    belongsTo(table, 'person_id', 'people').index();
    table.bigInteger('ended_at').notNullable().index();
    // Sealed JSON.
    table.text('content').notNullable();
  });
}
