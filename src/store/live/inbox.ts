import type { Knex } from 'knex';
import type { InboxStore } from '../../engine/ports/chat-stores.ts';

interface InboxRow {
  readonly key: string;
  readonly accepted_at: number;
}

export function createInboxStore(db: Knex): InboxStore {
  const inbox = () => db<InboxRow>('inbox');

  return {
    async accept(key, now) {
      const inserted = await inbox()
        .insert({ key, accepted_at: now.getTime() })
        .onConflict('key')
        .ignore()
        .returning('key');
      return inserted.length === 1;
    },
  };
}
