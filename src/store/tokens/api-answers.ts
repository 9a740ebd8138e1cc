import type { Knex } from 'knex';
import type { ApiAnswerStore } from '../../engine/ports/token-stores.ts';

interface AnswerRow {
  readonly token_id: string;
  readonly key: string;
  readonly asked: string;
  readonly answer: string | null;
  readonly created_at: number;
}

export function createApiAnswerStore(db: Knex): ApiAnswerStore {
  const answers = () => db<AnswerRow>('api_answers');
  return {
    async find({ tokenId: token_id, key }, notBefore) {
      const row = await answers()
        .where({ token_id, key })
        .where('created_at', '>=', notBefore.getTime())
        .whereNotNull('answer')
        .first();
      return row && { asked: row.asked, answer: row.answer ?? '' };
    },

    async claim({ tokenId: token_id, key }, { asked, now, notBefore }) {
      const own = { token_id, key };
      await answers().where(own).where('created_at', '<', notBefore.getTime()).delete();
      // PostgreSQL waits here for another transaction that claims the same.
      const row = { ...own, asked, answer: null, created_at: now.getTime() };
      const claimed = await answers()
        .insert(row)
        .onConflict(['token_id', 'key'])
        .ignore()
        .returning('key');
      return claimed.length === 1;
    },

    async put({ tokenId, key }, answer) {
      await answers().where({ token_id: tokenId, key }).update({ answer });
    },

    async release({ tokenId, key }) {
      await answers().where({ token_id: tokenId, key }).delete();
    },
  };
}
