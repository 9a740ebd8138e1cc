import { fold } from '../../core/fold.ts';
import type { PeopleStore } from '../../engine/ports/people-stores.ts';
import type {
  OpenItemFilter,
  PlannedItemStore,
  SequenceAssignmentStore,
  SequenceStore,
} from '../../engine/ports/sequence-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { isOpen, type PlannedItem } from '../../engine/sequences/planned-item.ts';
import {
  integrationOf,
  isTaskOf,
  type Sequence,
  type SequenceAssignment,
  type SequenceItem,
} from '../../engine/sequences/sequence.ts';
import { createTable, type Journal, keyOf, type Table } from './table.ts';

/** Compare-and-set, as every versioned row has it. */
function saveIn<T extends { readonly id: string; readonly version: number }>(
  table: Table<T>,
  row: T,
  what: string,
): T {
  if (table.get(row.id)?.version !== row.version) throw new StaleWrite(what, row.id, row.version);
  const next = { ...row, version: row.version + 1 };
  table.put(row.id, next);
  return next;
}

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

export function createSequenceStore(journal: Journal): SequenceStore {
  const sequences = createTable<Sequence>('sequences', journal);
  const items = createTable<SequenceItem>('sequence_items', journal);

  const current = (): readonly Sequence[] =>
    sequences
      .rows()
      .filter(({ deletedAt }) => !deletedAt)
      .toSorted((a, b) => compare(fold(a.name), fold(b.name)));
  const named = (name: string) => current().find((each) => fold(each.name) === fold(name.trim()));

  return {
    async insert(sequence) {
      if (named(sequence.name)) return 'taken';
      sequences.insert(sequence.id, sequence);
      return 'inserted';
    },
    find: async (id) => sequences.get(id),
    findByName: async (name) => named(name),
    save: async (sequence) => saveIn(sequences, sequence, 'sequence'),
    async list(text, { offset, limit }) {
      const words = fold(text).split(/\s+/).filter(Boolean);
      const found = current().filter(({ name }) =>
        words.every((word) => fold(name).includes(word)),
      );
      return { sequences: found.slice(offset, offset + limit), total: found.length };
    },
    forEveryHire: async () =>
      current().filter(({ isOn, isForEveryHire }) => isOn && isForEveryHire),
    insertItem: async (item) => items.insert(item.id, item),
    findItem: async (id) => items.get(id),
    saveItem: async (item) => saveIn(items, item, 'sequence item'),
    items: async (sequenceId) =>
      items
        .rows()
        .filter((item) => item.sequenceId === sequenceId && !item.removedAt)
        .toSorted((a, b) => compare(a.position, b.position) || compare(a.id, b.id)),
    itemsAt: async (integrationId) =>
      items.rows().filter((item) => integrationOf(item) === integrationId),
    tasksOf: async (personId) =>
      items
        .rows()
        .filter((item) => isTaskOf(item, personId))
        .toSorted((a, b) => compare(a.id, b.id)),
  };
}

export function createSequenceAssignmentStore(journal: Journal): SequenceAssignmentStore {
  const assignments = createTable<SequenceAssignment>('sequence_assignments', journal);
  return {
    async insert(assignment) {
      const taken = assignments
        .rows()
        .some(
          (each) =>
            !each.endedAt &&
            each.sequenceId === assignment.sequenceId &&
            each.personId === assignment.personId,
        );
      if (taken) return 'taken';
      assignments.insert(assignment.id, assignment);
      return 'inserted';
    },
    find: async (id) => assignments.get(id),
    findMany: async (ids) => ids.flatMap((id) => assignments.get(id) ?? []),
    save: async (assignment) => saveIn(assignments, assignment, 'sequence assignment'),
    async ofPerson(personId, { offset, limit }) {
      const found = assignments
        .rows()
        .filter((each) => each.personId === personId)
        .toSorted((a, b) => b.assignedAt.getTime() - a.assignedAt.getTime() || compare(b.id, a.id));
      return { assignments: found.slice(offset, offset + limit), total: found.length };
    },
    countCurrent: async (sequenceId) =>
      assignments.rows().filter((each) => each.sequenceId === sequenceId && !each.endedAt).length,
  };
}

/** What is due beyond these is found at the next look. */
const DUE_AT_ONCE = 500;

export function createPlannedItemStore(
  journal: Journal,
  others: {
    readonly people: PeopleStore;
    readonly sequences: SequenceStore;
    readonly assignments: SequenceAssignmentStore;
  },
): PlannedItemStore {
  const planned = createTable<PlannedItem>('planned_items', journal);
  const byPlan = createTable<string>('planned_items_once', journal);

  async function matches(item: PlannedItem, filter: OpenItemFilter): Promise<boolean> {
    const { personId, personIds, assignmentId, sequenceId, itemIds } = filter;
    if (personIds !== undefined && !personIds.includes(item.personId)) return false;
    if (personId !== undefined && item.personId !== personId) return false;
    if (assignmentId !== undefined && item.assignmentId !== assignmentId) return false;
    if (itemIds !== undefined && !itemIds.includes(item.itemId)) return false;
    if (sequenceId === undefined) return true;
    return (await others.assignments.find(item.assignmentId))?.sequenceId === sequenceId;
  }

  const dueMs = ({ dueAt }: PlannedItem): number => dueAt?.getTime() ?? Number.POSITIVE_INFINITY;

  return {
    async insertMany(items) {
      for (const item of items) {
        byPlan.insert(keyOf(item.assignmentId, item.itemId), item.id);
        planned.insert(item.id, item);
      }
    },
    find: async (id) => planned.get(id),
    async save(item) {
      if (planned.get(item.id)?.version !== item.version)
        throw new StaleWrite('planned item', item.id, item.version);
      const next = { ...item, version: item.version + 1 };
      planned.put(item.id, next);
      return next;
    },
    ofAssignment: async (assignmentId) =>
      planned.rows().filter((each) => each.assignmentId === assignmentId),
    async openOf(filter) {
      const found = [];
      for (const item of planned.rows())
        if (isOpen(item) && (await matches(item, filter))) found.push(item);
      return found.toSorted((a, b) => compare(dueMs(a), dueMs(b)) || compare(a.id, b.id));
    },
    async due(now) {
      const found = [];
      for (const item of planned.rows())
        if (item.state === 'planned' && dueMs(item) <= now.getTime()) {
          const { position = 0 } = (await others.sequences.findItem(item.itemId)) ?? {};
          found.push({ item, position });
        }
      return found
        .toSorted(
          (a, b) =>
            compare(dueMs(a.item), dueMs(b.item)) ||
            compare(a.position, b.position) ||
            compare(a.item.id, b.item.id),
        )
        .slice(0, DUE_AT_ONCE)
        .map(({ item }) => item);
    },
    startedBy: async (what) =>
      planned
        .rows()
        .find((each) =>
          'runId' in what
            ? each.runId === what.runId
            : 'taskId' in what
              ? each.taskId === what.taskId
              : each.removalId === what.removalId,
        ),
    async peopleWithOpen(afterId, limit) {
      const ids = planned.rows().flatMap((each) => (isOpen(each) ? [each.personId] : []));
      return [...new Set(ids)]
        .filter((id) => id > afterId)
        .toSorted(compare)
        .slice(0, limit);
    },
    async stuck({ offset, limit }) {
      const found = [];
      for (const item of planned.rows())
        if (item.state === 'past' || item.state === 'failed')
          if ((await others.people.find(item.personId))?.active) found.push(item);
      const sorted = found.toSorted((a, b) => compare(dueMs(a), dueMs(b)) || compare(a.id, b.id));
      return { items: sorted.slice(offset, offset + limit), total: found.length };
    },
  };
}
