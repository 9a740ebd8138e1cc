import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Accounts as apps list them: the last round of each app, one row for each account, and what they show. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('account_rounds', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'integration_id', 'integrations');
    table.text('manifest_version_id').notNullable();
    oneOf(table, 'state', ['waiting', 'running', 'done', 'failed']).notNullable();
    oneOf(table, 'phase', [
      'reading',
      'matching',
      'facts',
      'identities',
      'judging',
      'missing',
      'tidying',
    ]).notNullable();
    // The row after which the phase goes on; empty at its beginning.
    table.text('after_id').notNullable();
    // How the list was read; null while it is.
    oneOf(table, 'list', ['complete', 'cut']);
    table.bigInteger('started_at').notNullable();
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    // The last complete list.
    table.bigInteger('complete_at');
    table.integer('complete_count').notNullable();
    // JSON of counts, and when the page was first requested.
    table.text('progress').notNullable();
    // Sealed: where the next page is, and why the list isn't complete.
    table.text('cursor');
    table.text('why');
    table.unique(['integration_id']);
    table.index(['worker_id'], 'account_rounds_by_worker');
  });
  await db.raw(
    'create index account_rounds_overdue on account_rounds (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('account_pages', (table) => {
    belongsTo(table, 'round_id', 'account_rounds');
    // A hash: addresses may hold tokens.
    table.text('address').notNullable();
    table.primary(['round_id', 'address']);
  });

  await db.schema.createTable('listed_accounts', (table) => {
    key(table);
    belongsTo(table, 'integration_id', 'integrations');
    // How the app names it from one night to the next.
    table.text('account_key').notNullable();
    table.text('email');
    table.text('name').notNullable();
    // What is compared with the fact in `match`, as it is and in lower case.
    table.text('fact');
    table.text('fact_key');
    // Null where the app doesn't say.
    table.bigInteger('last_login');
    table.bigInteger('first_seen_at').notNullable();
    table.bigInteger('last_seen_at').notNullable();
    // The last round that read it, which may be over.
    table.text('round_id').notNullable();
    // Null: nobody's.
    table.text('person_id').references('id').inTable('people').onDelete('SET NULL');
    table.boolean('is_adopted').notNullable();
    table.unique(['integration_id', 'account_key']);
    table.index(['round_id', 'id'], 'listed_accounts_by_round');
    table.index(['round_id', 'email'], 'listed_accounts_by_email');
    table.index(['round_id', 'fact_key'], 'listed_accounts_by_fact');
    table.index(['person_id'], 'listed_accounts_by_person');
  });

  await db.schema.createTable('findings', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'integration_id', 'integrations');
    // The account or the person: there is one finding of each.
    table.text('subject').notNullable();
    oneOf(table, 'kind', ['found', 'left-behind', 'orphan', 'missing', 'unused']).notNullable();
    oneOf(table, 'state', ['open', 'removing', 'service', 'ignored', 'resolved']).notNullable();
    table.text('account_id');
    table.text('person_id').references('id').inTable('people').onDelete('CASCADE');
    table.text('label').notNullable();
    table.bigInteger('last_login');
    table.bigInteger('found_at').notNullable();
    table.bigInteger('seen_at').notNullable();
    table.text('round_id').notNullable();
    table.text('decided_by');
    table.bigInteger('decided_at');
    table.text('owner_id').references('id').inTable('people').onDelete('SET NULL');
    // ISO date.
    table.text('look_again_on');
    table.unique(['integration_id', 'subject']);
    table.index(['state', 'found_at'], 'findings_by_state');
    table.index(['person_id'], 'findings_by_person');
  });

  await db.schema.createTable('former_emails', (table) => {
    belongsTo(table, 'person_id', 'people');
    table.text('email').notNullable();
    table.bigInteger('until').notNullable();
    table.primary(['person_id', 'email']);
    table.index(['email'], 'former_emails_by_email');
  });
}
