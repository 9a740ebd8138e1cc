import type { Knex } from 'knex';
import { unreachable } from '../../core/unreachable.ts';
import type {
  OpenItemFilter,
  PlannedItemStore,
  SequenceAssignmentStore,
} from '../../engine/ports/sequence-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import {
  isOpen,
  type OpenItem,
  openStates,
  type PlannedFacts,
  type PlannedItem,
  plannedMoves,
} from '../../engine/sequences/planned-item.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import {
  msOrNull,
  oneOf,
  present,
  type RowOf,
  stateIs,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { findManyById } from '../work/find-by.ts';
import { rowsReturned } from '../work/many-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { eachReadable } from '../work/readable.ts';
import { actor, date, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { countBy, pageOf, totalOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';

type AssignmentRow = RowOf<typeof toAssignmentRow>;

type PlannedRow = RowOf<typeof toRow>;

export function createSequenceAssignmentStore(db: Knex): SequenceAssignmentStore {
  const assignments = () => db<AssignmentRow>('sequence_assignments');
  const countsOf = (ids: readonly string[]) =>
    countBy(assignments().whereNull('ended_at').whereIn('sequence_id', ids), 'sequence_id');
  return {
    async insert(assignment) {
      return insertUnlessTaken(
        assignments(),
        toAssignmentRow(assignment),
        db.raw('(sequence_id, person_id) where ended_at is null'),
      );
    },

    async hold(id) {
      const row = await assignments().where({ id }).first().forNoKeyUpdate(); // SQLite has one writer at a time anyway.
      return row && toAssignment(row);
    },

    findMany: findManyById(assignments, toAssignment),

    async ofPerson(personId, page) {
      const { rows, total } = await pageOf(
        () => assignments().where({ person_id: personId }),
        page,
        newestFirst('assigned_at'),
      );
      return { assignments: rows.map(toAssignment), total };
    },

    countCurrent: async (sequenceId) => (await countsOf([sequenceId])).get(sequenceId) ?? 0,
    countsOf,

    ...savedRows(assignments, 'sequence assignment', {
      toRow: toAssignmentRow,
      fromRow: toAssignment,
    }),
  };
}

/** The next check finds the rest. */
const DUE_AT_ONCE = 500;

export function createPlannedItemStore(db: Knex): PlannedItemStore {
  const planned = () => db<PlannedRow>('planned_items');

  const matching = (filter: OpenItemFilter) => {
    const { personId, personIds, assignmentId, sequenceId, itemIds } = filter;
    const query = planned().whereIn('state', [...openStates]);
    if (personId !== undefined) query.where({ person_id: personId });
    if (personIds !== undefined) query.whereIn('person_id', [...personIds]);
    if (assignmentId !== undefined) query.where({ assignment_id: assignmentId });
    if (itemIds !== undefined) query.whereIn('item_id', itemIds);
    if (sequenceId !== undefined)
      query.whereIn(
        'assignment_id',
        db('sequence_assignments').select('id').where({ sequence_id: sequenceId }),
      );
    return query;
  };

  return {
    async insertMany(items) {
      for (const item of items) await planned().insert(toRow(item));
    },

    async saveMoved(items) {
      const saved = await saveMoved(db, items);
      const stale = items.find(({ id }) => !saved.has(id));
      if (stale) throw new StaleWrite('planned item', stale.id, stale.version);
      return items.map((item) => ({ ...item, version: item.version + 1 }));
    },

    async ofAssignment(assignmentId) {
      return (await planned().where({ assignment_id: assignmentId })).map(toPlanned);
    },

    async openOf(filter) {
      const rows = await matching(filter).orderByRaw('due_at is null, due_at, id');
      return rows.map(toPlanned).filter(isOpen);
    },

    async due(now, offset = 0) {
      const rows = await planned()
        .select('planned_items.*')
        .join('sequence_items', 'sequence_items.id', 'planned_items.item_id')
        .whereRaw(`planned_items.${stateIs('planned')}`)
        .where('planned_items.due_at', '<=', now.getTime())
        .orderBy(['planned_items.due_at', 'sequence_items.position', 'planned_items.id'])
        .offset(offset)
        .limit(DUE_AT_ONCE);
      return eachReadable(rows, toPlanned);
    },

    async startedBy(what) {
      const row = await planned()
        .where(
          'runId' in what
            ? { run_id: what.runId }
            : 'taskId' in what
              ? { task_id: what.taskId }
              : { removal_id: what.removalId },
        )
        .first();
      return row && toPlanned(row);
    },

    peopleWithOpen: (afterId, limit) =>
      matching({})
        .where('person_id', '>', afterId)
        .distinct('person_id')
        .orderBy('person_id')
        .limit(limit)
        .pluck('person_id'),

    async stuck({ offset, limit }) {
      const theirs = () =>
        planned()
          .whereRaw(stateIs('past', 'failed'))
          .whereExists(
            db('people')
              .select(db.raw('1'))
              .whereRaw('people.id = planned_items.person_id')
              .where({ active: true }),
          );
      const rows = await theirs()
        .orderByRaw('due_at is null, due_at, id')
        .offset(offset)
        .limit(limit);
      const total = await totalOf({ offset, limit }, rows.length, theirs);
      return { items: rows.map(toPlanned), total };
    },

    ...savedRows(planned, 'planned item', { toRow, fromRow: toPlanned }),
  };
}

/** One statement: a holiday moves items of thousands of people. @returns ids of those that nobody has changed */
async function saveMoved(db: Knex, items: readonly OpenItem[]): Promise<ReadonlySet<string>> {
  const given = JSON.stringify(
    items.map(({ id, version, state, dueAt }) => ({ id, version, state, due_at: msOrNull(dueAt) })),
  );
  const rows = await rowsReturned<SavedId>(db, SAVE_MOVED, given);
  return new Set(rows.map(({ id }) => id));
}

const SAVE_MOVED = {
  sqlite: `update planned_items set state = given.value ->> 'state', due_at = given.value ->> 'due_at', version = planned_items.version + 1
    from json_each(?) as given
    where planned_items.id = given.value ->> 'id' and planned_items.version = given.value ->> 'version'
    returning id`,
  postgres: `update planned_items set state = given.state, due_at = given.due_at, version = given.version + 1
    from json_to_recordset(?) as given(id text, version integer, state text, due_at bigint)
    where planned_items.id = given.id and planned_items.version = given.version
    returning planned_items.id`,
} as const;

type SavedId = Pick<PlannedRow, 'id'>;

const { toRow: toAssignmentRow, fromRow: toAssignment } = rowMapper('sequence_assignments', {
  id: text,
  version: number,
  sequenceId: text,
  personId: text,
  assignedBy: actor,
  assignedAt: date,
  endedAt: optional(date),
});

const { toRow: toFacts, fromRow: factsOf } = rowMapper('planned_items', {
  id: text,
  version: number,
  assignmentId: text,
  itemId: text,
  personId: text,
  dueAt: optional(date),
  runId: optional(text),
  taskId: optional(text),
  removalId: optional(text),
  deliveryId: optional(text),
});

const toRow = (item: PlannedItem) => ({
  ...toFacts(item),
  state: item.state,
  ended_at: 'endedAt' in item ? item.endedAt.getTime() : null,
  by_id: ('byId' in item && item.byId) || null,
  why: ('why' in item && item.why) || null,
});

function toPlanned(row: PlannedRow): PlannedItem {
  const facts: PlannedFacts = factsOf(row);
  const state = oneOf(plannedMoves, row.state, 'planned_items.state');
  const endedAt = () => time(present(row.ended_at, 'planned_items.ended_at'));
  switch (state) {
    case 'planned':
    case 'past':
    case 'waiting':
      return { ...facts, state };
    case 'fired':
      return {
        ...facts,
        state,
        endedAt: endedAt(),
        ...withoutNulls({ byId: row.by_id, why: row.why }),
      };
    case 'skipped':
      return { ...facts, state, endedAt: endedAt(), ...withoutNulls({ byId: row.by_id }) };
    case 'failed':
    case 'cancelled':
      return { ...facts, state, endedAt: endedAt(), why: present(row.why, 'planned_items.why') };
    default:
      return unreachable(state);
  }
}
