import type { Knex } from 'knex';

/** Deliveries are sent: who sends which, how often it was tried, what became of it. Links that reveal something once. */
export async function up(db: Knex): Promise<void> {
  // Nothing has been sent so far, and what waited was of another form.
  await db('deliveries').delete();
  await db.schema.alterTable('deliveries', (table) => {
    table.integer('version').notNullable().defaultTo(1);
    table.integer('attempts').notNullable().defaultTo(0);
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    table.text('via');
    table.text('body').notNullable().defaultTo('kept');
    table.text('recipient_id');
    table.index(['worker_id'], 'deliveries_by_worker');
    table.index(['body', 'finished_at'], 'deliveries_with_body');
  });
  // What the sweep looks for every few seconds.
  await db.raw(
    'create index deliveries_overdue on deliveries (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('links', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('purpose').notNullable();
    table.text('subject').notNullable();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.text('state').notNullable();
    // The browser that opened it: a keyed hash of its cookie, when, and the number that it shows.
    table.text('browser');
    table.bigInteger('opened_at');
    table.text('code');
    table.integer('openings').notNullable();
    table.index(['expires_at'], 'links_by_age');
    table.index(['person_id'], 'links_by_person');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('links');
  await db.raw('drop index deliveries_overdue');
  await db.schema.alterTable('deliveries', (table) => {
    table.dropIndex(['body', 'finished_at'], 'deliveries_with_body');
    table.dropIndex(['worker_id'], 'deliveries_by_worker');
    table.dropColumns(
      'version',
      'attempts',
      'due_at',
      'worker_id',
      'leased_until',
      'finished_at',
      'via',
      'body',
      'recipient_id',
    );
  });
}
