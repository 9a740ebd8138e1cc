import type { Knex } from 'knex';

/** The address from where it says which place it is. */
const place = ({ client }: Knex): string =>
  `substr(address_key, ${client.driverName === 'pg' ? 'strpos' : 'instr'}(address_key, ',"channel":'))`;

/** Teams may serve a conversation from another server than when a message was posted there. It is the same message. */
export async function up(db: Knex): Promise<void> {
  await db.raw('drop index messages_by_address');
  await db.raw(`create index messages_by_place on messages (platform, ${place(db)})`);
}
