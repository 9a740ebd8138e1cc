import type { Knex } from 'knex';
import { z } from 'zod';
import { chunksOf } from '../../core/batches.ts';
import { isSameName } from '../../core/fold.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { SequenceEventStore, SequenceStartStore } from '../../engine/ports/sequence-stores.ts';
import {
  aboutOf,
  type ChangeOccasion,
  type EventCause,
  type Occasion,
  type SequenceEvent,
  watchedFields,
} from '../../engine/sequences/events/event.ts';
import {
  jsonColumn,
  oneOf,
  present,
  type RowOf,
  readColumnOr,
  time,
  wordsOf,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { firstReadable } from '../work/readable.ts';
import { date, number, rowMapper, text } from '../work/row-mapper.ts';
import { savedRows } from '../work/versioned-rows.ts';

interface StartRow {
  readonly sequence_id: string;
  readonly kind: string;
  readonly about: string;
}

type PlainOccasion = Exclude<Occasion, ChangeOccasion>;

export const occasionKinds: Record<PlainOccasion['kind'], true> = {
  'person-created': true,
  'access-granted': true,
  'run-failed': true,
};

interface ChangeStartRow {
  readonly sequence_id: string;
  readonly field: string;
  readonly new_value: string;
}

export const changeFields = wordsOf(watchedFields);

export function createSequenceStartStore(db: Knex): SequenceStartStore {
  const starts = () => db<StartRow>('sequence_starts');
  const onChange = () => db<ChangeStartRow>('sequence_change_starts');
  return {
    async of(sequenceId) {
      const where = { sequence_id: sequenceId };
      const rows = await starts().where(where).orderBy(['kind', 'about']);
      const changes = await onChange().where(where).orderBy('field');
      return [
        ...rows.map(({ kind, about }) => occasionOf(kind, about)),
        ...changes.map(changeOccasionOf),
      ];
    },

    async put(sequenceId, occasions) {
      await starts().where({ sequence_id: sequenceId }).delete();
      await onChange().where({ sequence_id: sequenceId }).delete();
      for (const occasion of occasions)
        if (occasion.kind === 'field-changed') {
          const { field, to } = occasion;
          await onChange().insert({ sequence_id: sequenceId, field, new_value: to });
        } else
          await starts().insert({
            sequence_id: sequenceId,
            kind: occasion.kind,
            about: aboutOf(occasion),
          });
    },

    async startingOnChange(field, to) {
      const rows = await onChange().where({ field }).orderBy('sequence_id');
      // Compared here, since each database folds other letters.
      const fits = ({ new_value: wanted }: ChangeStartRow) =>
        wanted === '' || to.some((each) => isSameName(wanted, each));
      return rows.filter(fits).map(({ sequence_id }) => sequence_id);
    },

    startingOn: (occasion) =>
      starts()
        .where({ kind: occasion.kind, about: aboutOf(occasion) })
        .orderBy('sequence_id')
        .pluck('sequence_id'),
  };
}

const changeOccasionOf = ({ field, new_value: to }: ChangeStartRow): ChangeOccasion => ({
  kind: 'field-changed',
  field: oneOf(changeFields, field, 'sequence_change_starts.field'),
  to,
});

function occasionOf(stored: string, about: string): Occasion {
  const kind = oneOf(occasionKinds, stored, 'sequence_starts.kind');
  return kind === 'person-created' ? { kind } : { kind, integrationId: about };
}

type EventRow = RowOf<typeof toRow>;

const cause: z.ZodType<Exclude<EventCause, { readonly kind: 'unread' }>> = z.discriminatedUnion(
  'kind',
  [
    z.object({ kind: z.literal('person-created') }),
    z.object({ kind: z.literal('access-granted'), integrationId: z.string() }),
    z.object({ kind: z.literal('run-failed'), integrationId: z.string() }),
    z.object({ kind: z.literal('field-changed'), field: z.enum(watchedFields) }),
    z.object({ kind: z.literal('hook'), hookId: z.string() }),
  ],
);
export const causeColumn = jsonColumn('sequence_events.cause', cause);

export const states: Record<SequenceEvent['state'], true> = {
  waiting: true,
  started: true,
  refused: true,
};

/** Rows that every database takes in one statement. */
const AT_ONCE = 50;
/** The next sweep finds the rest. */
const OVERDUE_AT_ONCE = 100;

export function createSequenceEventStore(db: Knex): SequenceEventStore {
  const events = () => db<EventRow>('sequence_events');
  return {
    async insertMany(all) {
      for (const some of chunksOf(all, AT_ONCE)) await events().insert(some.map(toRow));
    },

    async ofSequence(sequenceId, { offset, limit }) {
      const rows = await events()
        .where({ sequence_id: sequenceId })
        .orderBy(newestFirst('at'))
        .offset(offset)
        .limit(limit);
      return rows.map(toEvent);
    },

    async overdue(before) {
      const page = (offset: number) =>
        events()
          .whereNull('ended_at')
          .where('at', '<', before.getTime())
          .orderBy(['at', 'id'])
          .offset(offset)
          .limit(OVERDUE_AT_ONCE);
      return firstReadable(OVERDUE_AT_ONCE, page, toEvent);
    },

    behind: findBy('assignment_id', events, toEvent),

    ...savedRows(events, 'sequence event', { toRow, fromRow: toEvent }),
  };
}

const { toRow: toFacts, fromRow: factsOf } = rowMapper('sequence_events', {
  id: text,
  version: number,
  sequenceId: text,
  personId: text,
  at: date,
});

const toRow = (event: SequenceEvent) => ({
  ...toFacts(event),
  ...(event.cause.kind !== 'unread' && { cause: JSON.stringify(event.cause) }), // What can't be read stays as it is.
  state: event.state,
  ended_at: event.state === 'waiting' ? null : event.endedAt.getTime(),
  assignment_id: event.state === 'started' ? event.assignmentId : null,
  why: event.state === 'refused' ? event.why : null,
});

function toEvent(row: EventRow): SequenceEvent {
  const facts = {
    ...factsOf(row),
    cause: readColumnOr(causeColumn, row.cause, { kind: 'unread' as const }),
  };
  const state = oneOf(states, row.state, 'sequence_events.state');
  if (state === 'waiting') return { ...facts, state };
  const endedAt = time(present(row.ended_at, 'sequence_events.ended_at'));
  switch (state) {
    case 'started': {
      const assignmentId = present(row.assignment_id, 'sequence_events.assignment_id');
      return { ...facts, state, endedAt, assignmentId };
    }
    case 'refused':
      return { ...facts, state, endedAt, why: present(row.why, 'sequence_events.why') };
    default:
      return unreachable(state);
  }
}
