import type { Knex } from 'knex';
import type { OccurrenceStore } from '../../engine/ports/upkeep-stores.ts';
import { time } from './columns.ts';

interface OccurrenceRow {
  readonly subject: string;
  readonly at: number;
}

export function createOccurrenceStore(db: Knex): OccurrenceStore {
  const occurrences = () => db<OccurrenceRow>('occurrences');
  return {
    async claim(subject, at) {
      const claimed = await occurrences()
        .insert({ subject, at: at.getTime() })
        .onConflict(['subject', 'at'])
        .ignore()
        .returning('subject');
      return claimed.length === 1;
    },

    async insert(subject, at) {
      await occurrences().insert({ subject, at: at.getTime() });
    },

    async isClaimed(subject, at) {
      const found = await occurrences().where({ subject, at: at.getTime() }).first('at');
      return found !== undefined;
    },

    async lastClaimed(subject, at, limit) {
      const last = await occurrences()
        .where({ subject })
        .where('at', '<=', at.getTime())
        .orderBy('at', 'desc')
        .limit(limit)
        .select('at');
      return last.map((each) => time(each.at));
    },

    async deleteBefore(before) {
      await occurrences().where('at', '<', before.getTime()).delete();
    },
  };
}
