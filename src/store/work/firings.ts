import type { Knex } from 'knex';
import type { FiringStore } from '../../engine/ports/upkeep-stores.ts';

interface FiringRow {
  readonly subject: string;
  readonly at: number;
}

export function createFiringStore(db: Knex): FiringStore {
  const firings = () => db<FiringRow>('firings');
  return {
    async claim(subject, at) {
      const claimed = await firings()
        .insert({ subject, at: at.getTime() })
        .onConflict(['subject', 'at'])
        .ignore()
        .returning('subject');
      return claimed.length === 1;
    },

    async isClaimed(subject, at) {
      const found = await firings().where({ subject, at: at.getTime() }).first('at');
      return found !== undefined;
    },

    async deleteBefore(before) {
      await firings().where('at', '<', before.getTime()).delete();
    },
  };
}
