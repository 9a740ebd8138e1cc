import type { Knex } from 'knex';
import { z } from 'zod';
import type { SequenceBatchStore } from '../../engine/ports/sequence-stores.ts';
import {
  type BatchCounts,
  nothingAssigned,
  type SequenceBatch,
  type Whom,
} from '../../engine/sequences/sequence-batch.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  type RowOf,
  readActor,
  readColumnOr,
  readOrUnread,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { firstReadable } from '../work/readable.ts';
import { saveVersioned } from '../work/save-versioned.ts';

type BatchRow = RowOf<typeof toRow>;

const whom: z.ZodType<Whom> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sync'), runId: z.string() }),
  z.object({ kind: z.literal('file'), importId: z.string() }),
  z.object({ kind: z.literal('people'), personIds: z.array(z.string()) }),
]);
const counts: z.ZodType<BatchCounts> = z.object({
  assigned: z.number(),
  hadIt: z.number(),
  refused: z.number(),
  reasons: z.array(z.string()),
});
export const whomColumn = jsonColumn('sequence_batches.whom', whom);
export const countsColumn = jsonColumn('sequence_batches.counts', counts);

export const states: Record<SequenceBatch['state'], true> = {
  asked: true,
  running: true,
  done: true,
  dropped: true,
};
/** The next sweep finds the rest. */
const AT_ONCE = 20;

export const pasts: Record<SequenceBatch['past'], true> = { hold: true, fire: true };

export function createSequenceBatchStore(db: Knex): SequenceBatchStore {
  const batches = () => db<BatchRow>('sequence_batches');
  return {
    async insert(batch) {
      await batches().insert(toRow(batch));
    },

    find: findBy('id', batches, toBatch),

    save: (batch) => saveVersioned(batches(), 'sequence batch', batch, toRow),

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
  };
}

const toRow = (batch: SequenceBatch) => ({
  id: batch.id,
  version: batch.version,
  sequence_id: batch.sequenceId,
  ...(batch.whom !== 'unread' && { whom: JSON.stringify(batch.whom) }), // What can't be read stays as it is.
  past: batch.past,
  asked_by: JSON.stringify(batch.askedBy),
  created_at: batch.createdAt.getTime(),
  moved_at: batch.movedAt.getTime(),
  state: batch.state,
  next: batch.next,
  last_person_id: batch.lastPersonId ?? null,
  counts: JSON.stringify(batch.counts),
  ended_at: msOrNull(batch.endedAt),
});

const toBatch = (row: BatchRow): SequenceBatch =>
  withoutNulls({
    id: row.id,
    version: row.version,
    sequenceId: row.sequence_id,
    whom: readOrUnread(whomColumn, row.whom),
    past: oneOf(pasts, row.past, 'sequence_batches.past'),
    askedBy: readActor(row.asked_by, 'sequence_batches.asked_by'),
    createdAt: time(row.created_at),
    movedAt: time(row.moved_at),
    state: oneOf(states, row.state, 'sequence_batches.state'),
    next: row.next,
    lastPersonId: row.last_person_id,
    counts: readColumnOr(countsColumn, row.counts, nothingAssigned),
    endedAt: timeOrNull(row.ended_at),
  });
