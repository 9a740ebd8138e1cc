import type { Knex } from 'knex';

/** How often in a row a step was begun and never ended, apart from how often it was sent: polls are sent many times. */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table run_steps add column interruptions integer');
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table run_steps drop column interruptions');
}
