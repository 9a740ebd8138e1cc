import type { Knex } from 'knex';
import { placeIn } from '../../core/message.ts';
import type { LiveMessage, MessageStore } from '../../engine/ports/chat-stores.ts';
import {
  holdTopic,
  removalTopic,
  requestTopic,
  runTopic,
  taskTopic,
} from '../../engine/work/topics.ts';
import { dialectOf } from '../database.ts';
import { oneOf, platforms, type RowOf, time } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { putRows } from '../work/put-rows.ts';

type MessageRow = RowOf<typeof toRow>;

/** What follows one person's access to one app: the table, and the topic of its rows. */
const ABOUT_ACCESS: readonly (readonly [table: string, prefix: string])[] = [
  ['runs', runTopic('')],
  ['holds', holdTopic('')],
  ['removals', removalTopic('')],
  ['access_requests', requestTopic('')],
  ['tasks', taskTopic('')],
];
/** For each access. A request may have a card for each of a hundred approvers. */
const MAX_ABOUT = 250;

export function createMessageStore(db: Knex): MessageStore {
  const messages = () => db<MessageRow>('messages');
  // As `placeIn`, and as the index has it.
  const isPostgres = dialectOf(db) === 'postgres';
  const find = isPostgres ? 'strpos' : 'instr';
  const place = `substr(address_key, ${find}(address_key, ',"channel":'))`;

  return {
    find: findBy('id', messages, toMessage),

    async findByAddress(address) {
      const row = await messages()
        .where({ platform: address.platform })
        .whereRaw(`${place} = ?`, [placeIn(address)])
        .orderBy(newestFirst('posted_at'))
        .first();
      return row && toMessage(row);
    },

    async byTopics(topics) {
      const rows = await messages()
        .whereIn('topic', [...topics])
        .orderBy(newestFirst('posted_at'));
      return rows.map(toMessage);
    },

    async about(accesses) {
      const pairs = accesses.map(({ personId, integrationId }) => [personId, integrationId]);
      const topicsOf = ([table, prefix]: readonly [string, string]) =>
        db(table)
          .select(db.raw('cast(? as text) || ??', [prefix, 'id']))
          .whereIn(['person_id', 'integration_id'], pairs);
      const topics = db.unionAll(ABOUT_ACCESS.map(topicsOf));
      const rows = await messages()
        // As an array: where PostgreSQL has yet to count the rows, it would take the topics for many, and read all messages.
        .whereRaw(isPostgres ? 'topic = any(array ?)' : 'topic in ?', [topics])
        .orderBy(newestFirst('posted_at'))
        .limit(MAX_ABOUT * accesses.length)
        .select('id');
      return rows.map(({ id }) => id);
    },

    async put(message) {
      await putRows(messages(), [toRow(message)], ['id']);
    },

    async delete(id) {
      await messages().where({ id }).delete();
    },

    async deleteOf(readerId, platform) {
      await messages().where({ reader_id: readerId, platform }).delete();
    },
  };
}

function toMessage(row: MessageRow): LiveMessage {
  return {
    id: row.id,
    card: { view: row.view, payload: row.payload, topic: row.topic },
    readerId: row.reader_id,
    address: {
      platform: oneOf(platforms, row.platform, 'messages.platform'),
      key: row.address_key,
    },
    shown: row.shown,
    postedAt: time(row.posted_at),
    ...(row.for_everybody && { forEverybody: true }),
  };
}

function toRow(message: LiveMessage) {
  return {
    id: message.id,
    view: message.card.view,
    payload: message.card.payload,
    topic: message.card.topic,
    reader_id: message.readerId,
    platform: message.address.platform,
    address_key: message.address.key,
    shown: message.shown,
    posted_at: message.postedAt.getTime(),
    for_everybody: message.forEverybody ?? false,
  };
}
