import type { Knex } from 'knex';
import type { SequenceBatchStore } from '../../engine/ports/sequence-stores.ts';
import {
  type BatchCounts,
  batchCounts,
  batchStates,
  nothingAssigned,
  type SequenceBatch,
  whomSchema,
} from '../../engine/sequences/sequence-batch.ts';
import { jsonColumn, type RowOf } from '../work/columns.ts';
import { firstReadable } from '../work/readable.ts';
import {
  actor,
  date,
  json,
  jsonOrUnread,
  number,
  optional,
  rowMapper,
  text,
  word,
} from '../work/row-mapper.ts';
import { versionedRows } from '../work/versioned-rows.ts';

type BatchRow = RowOf<typeof toRow>;

export const whomColumn = jsonColumn('sequence_batches.whom', whomSchema);
export const countsColumn = jsonColumn('sequence_batches.counts', batchCounts);

/** The next sweep finds the rest. */
const AT_ONCE = 20;

export const pasts: Record<SequenceBatch['past'], true> = { hold: true, fire: true };

export function createSequenceBatchStore(db: Knex): SequenceBatchStore {
  const batches = () => db<BatchRow>('sequence_batches');
  return {
    async overdue(before) {
      const page = (offset: number) =>
        batches()
          .where({ state: 'running' })
          .where('moved_at', '<', before.getTime())
          .orderBy(['moved_at', 'id'])
          .offset(offset)
          .limit(AT_ONCE);
      return firstReadable(AT_ONCE, page, toBatch);
    },

    ...versionedRows(batches, 'sequence batch', { toRow, fromRow: toBatch }),
  };
}

const { toRow, fromRow: toBatch } = rowMapper('sequence_batches', {
  id: text,
  version: number,
  sequenceId: text,
  whom: jsonOrUnread(whomColumn),
  past: word(pasts),
  askedBy: actor,
  createdAt: date,
  movedAt: date,
  state: word(batchStates),
  next: number,
  lastPersonId: optional(text),
  counts: json<BatchCounts>(countsColumn, nothingAssigned),
  endedAt: optional(date),
});
