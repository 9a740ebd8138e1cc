import type { Knex } from 'knex';
import type { Conversation, ConversationStore } from '../../engine/ports/chat-stores.ts';
import { oneOf, platforms, time } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

export interface ConversationRow {
  readonly person_id: string;
  readonly platform: string;
  readonly address_key: string;
  readonly last_wrote_at: number;
}

/** Stands for a conversation in which the person has never written. */
const NEVER = 0;

export function createConversationStore(db: Knex): ConversationStore {
  const conversations = () => db<ConversationRow>('conversations');

  return {
    async put({ personId, address, lastWroteAt }) {
      const row = {
        person_id: personId,
        platform: address.platform,
        address_key: address.key,
        last_wrote_at: lastWroteAt.getTime(),
      };
      await putRows(conversations(), [row], ['person_id', 'platform']);
    },

    async meet({ personId, address }) {
      await conversations()
        .insert({
          person_id: personId,
          platform: address.platform,
          address_key: address.key,
          last_wrote_at: NEVER,
        })
        .onConflict(['person_id', 'platform'])
        .merge(['address_key']);
    },

    async latest(personId) {
      const row = await conversations()
        .where({ person_id: personId })
        .orderBy([{ column: 'last_wrote_at', order: 'desc' }, 'platform'])
        .first();
      return row && toConversation(row);
    },

    async on(personId, platform) {
      const row = await conversations().where({ person_id: personId, platform }).first();
      return row && toConversation(row);
    },

    async delete(personId, platform) {
      await conversations().where({ person_id: personId, platform }).delete();
    },
  };
}

export function toConversation(row: ConversationRow): Conversation {
  return {
    personId: row.person_id,
    address: {
      platform: oneOf(platforms, row.platform, 'conversations.platform'),
      key: row.address_key,
    },
    lastWroteAt: time(row.last_wrote_at),
  };
}
