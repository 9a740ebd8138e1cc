import type { Knex } from 'knex';
import type { InboxStore } from '../engine/ports/chat-stores.ts';

interface InboxRow {
  readonly key: string;
  readonly accepted_at: number;
}

/** Platforms deliver again for minutes, some for hours, never for days. */
const MEMORY_MS = 24 * 60 * 60 * 1000;

export function createInboxStore(db: Knex): InboxStore {
  const inbox = () => db<InboxRow>('inbox');

  return {
    async accept(key, now) {
      // An index lookup that finds few rows, so the table never needs a sweep of its own.
      await inbox()
        .where('accepted_at', '<', now.getTime() - MEMORY_MS)
        .delete();
      const inserted = await inbox()
        .insert({ key, accepted_at: now.getTime() })
        .onConflict('key')
        .ignore()
        .returning('key');
      return inserted.length === 1;
    },
  };
}
