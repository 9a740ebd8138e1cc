import type { Knex } from 'knex';

/** In both an address stands once. */
const TABLES = ['people', 'ignored_emails'];

/**
 * 0.2.0 stored an address with its accents as they came; now they are composed. Where both forms of one are there, each stays as it
 * is: it is a row of its own.
 */
export async function up(db: Knex): Promise<void> {
  const beyond = db.client.driverName === 'pg' ? "email ~ '[^ -~]'" : "email glob '*[^ -~]*'";
  for (const table of TABLES) {
    const found: readonly string[] = await db(table).whereRaw(beyond).pluck('email');
    const all = new Set(found);
    for (const email of found) {
      const composed = email.normalize('NFC');
      if (!all.has(composed)) await db(table).where({ email }).update({ email: composed });
    }
  }
}
