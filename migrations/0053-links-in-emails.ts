import type { Knex } from 'knex';

/**
 * Deliveries may go out by email as a link from here on (`via`), and be stopped (`body`); links may belong to those
 * (`purpose`). No row changes. An older Latchkey can't read such rows: by this migration it refuses them all at its start.
 */
export async function up(): Promise<void> {}

/** What waits behind a link stays there until its body goes: an older Latchkey has no page for it. */
export async function down(db: Knex): Promise<void> {
  await db('links').where({ purpose: 'emailed' }).delete();
  await db('deliveries').where({ via: 'email-link' }).update({ via: 'email' });
  await db('deliveries').where({ body: 'stopped' }).update({ body: 'dropped' });
}
