import type { Knex } from 'knex';
import type { AliveSpan, WorkerStore } from '../../engine/ports/upkeep-stores.ts';
import { time } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

interface WorkerRow {
  readonly id: string;
  readonly beat_at: number;
}

export function createWorkerStore(db: Knex): WorkerStore {
  const workers = () => db<WorkerRow>('workers');

  return {
    async beat(workerId, now) {
      await putRows(workers(), [{ id: workerId, beat_at: now.getTime() }], ['id']);
    },

    async remove(workerId) {
      await workers().where({ id: workerId }).delete();
    },

    async silent(alive) {
      const rows = await workers().whereNotBetween('beat_at', beatsOf(alive)).orderBy('id');
      return rows.map(({ id }) => id);
    },

    async living(alive) {
      const row = await workers()
        .whereBetween('beat_at', beatsOf(alive))
        .count({ total: '*' })
        .first();
      return Number(row?.['total'] ?? 0);
    },

    async lastBeat() {
      const row = await workers().orderBy('beat_at', 'desc').first();
      return row && time(row.beat_at);
    },

    async beatOf(workerId) {
      const row = await workers().where({ id: workerId }).first();
      return row && time(row.beat_at);
    },
  };
}

/** What `beat_at` is of a worker that is alive. */
export const beatsOf = ({ from, to }: AliveSpan): [from: number, to: number] => [
  from.getTime(),
  to.getTime(),
];
