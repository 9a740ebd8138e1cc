/** Stores of sequences, their assignments, their planned items, and what starts them automatically. */
import type {
  ChangeOccasion,
  Occasion,
  SequenceEvent,
  WatchedField,
} from '../sequences/events/event.ts';
import type { Hook, HookCall } from '../sequences/hooks/hook.ts';
import type { OpenItem, PlannedItem } from '../sequences/planned-item.ts';
import type { Sequence, SequenceAssignment, SequenceItem } from '../sequences/sequence.ts';
import type { SequenceBatch } from '../sequences/sequence-batch.ts';
import type { NamedStore, Page, VersionedStore } from './store.ts';

/** A search looks at the name. */
export interface SequenceStore extends Omit<NamedStore<Sequence>, 'findMany'> {
  /** `find`, and locks it against changes, also of its items, until this transaction ends. Several transactions may hold it at once. */
  hold(id: string): Promise<Sequence | undefined>;
  /** Those that are turned on and that every new hire gets, by name. */
  forEveryHire(): Promise<readonly Sequence[]>;
  insertItem(item: SequenceItem): Promise<void>;
  /** Also one that was removed. */
  findItem(id: string): Promise<SequenceItem | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  saveItem(item: SequenceItem): Promise<SequenceItem>;
  /** Those that were not removed, in their order. */
  items(sequenceId: string): Promise<readonly SequenceItem[]>;
  /** How many there are of each, by the sequence's id; those without one are left out. */
  countItems(sequenceIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Those about an integration. Includes removed ones, because they may still be planned for someone. */
  itemsAt(integrationId: string): Promise<readonly SequenceItem[]>;
  /** Tasks with this person as assignee; includes removed ones. */
  tasksOf(personId: string): Promise<readonly SequenceItem[]>;
}

export interface SequenceAssignmentStore extends VersionedStore<SequenceAssignment> {
  /** @returns 'taken' when that person has that sequence and it has not ended (a database constraint decides). */
  insert(assignment: SequenceAssignment): Promise<'inserted' | 'taken'>;
  /** `find`, and locks it until this transaction ends. */
  hold(id: string): Promise<SequenceAssignment | undefined>;
  /** Those that exist, in no order; at most a few hundred ids. */
  findMany(ids: readonly string[]): Promise<readonly SequenceAssignment[]>;
  /** The newest first. */
  ofPerson(
    personId: string,
    page: Page,
  ): Promise<{ readonly assignments: readonly SequenceAssignment[]; readonly total: number }>;
  /** How many people have it now. */
  countCurrent(sequenceId: string): Promise<number>;
  /** The same of many, by the sequence's id; those that no one has are left out. */
  countsOf(sequenceIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** Only items that have not happened yet. Values that are left out match everything. */
export interface OpenItemFilter {
  readonly personId?: string;
  readonly personIds?: readonly string[];
  readonly assignmentId?: string;
  readonly sequenceId?: string;
  readonly itemIds?: readonly string[];
}

export interface PlannedItemStore {
  insertMany(items: readonly PlannedItem[]): Promise<void>;
  find(id: string): Promise<PlannedItem | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save<P extends PlannedItem>(item: P): Promise<P>;
  /** The same for open items of which only the state and the due time have changed. */
  saveMoved(items: readonly OpenItem[]): Promise<readonly OpenItem[]>;
  /** All of an assignment, in no order. */
  ofAssignment(assignmentId: string): Promise<readonly PlannedItem[]>;
  /** Items that have not happened yet, by due time. */
  openOf(filter: OpenItemFilter): Promise<readonly OpenItem[]>;
  /** Those that are `planned` and due by now: the longest due first, then in the order of their sequence; at most 500. Undefined: it can't be read. */
  due(now: Date, offset?: number): Promise<readonly (PlannedItem | undefined)[]>;
  /** The one that started a run or opened a task. */
  startedBy(
    what: { readonly runId: string } | { readonly taskId: string } | { readonly removalId: string },
  ): Promise<PlannedItem | undefined>;
  /** Ids of people with an item that has not happened yet, after that id, in order. */
  peopleWithOpen(afterId: string, limit: number): Promise<readonly string[]>;
  /** Items of active people that wait for someone's decision or could not begin; the longest due first. */
  stuck(page: Page): Promise<{ readonly items: readonly PlannedItem[]; readonly total: number }>;
}

/** The occasions on which sequences start automatically. */
export interface SequenceStartStore {
  of(sequenceId: string): Promise<readonly Occasion[]>;
  /** Replaces the earlier ones. */
  put(sequenceId: string, occasions: readonly Occasion[]): Promise<void>;
  /** Ids of the sequences that start then, in order. */
  startingOn(occasion: Exclude<Occasion, ChangeOccasion>): Promise<readonly string[]>;
  /** The same, for a field that has this value now. @param to its names: of a manager each address that they have or had */
  startingOnChange(field: WatchedField, to: readonly string[]): Promise<readonly string[]>;
}

export interface SequenceEventStore extends VersionedStore<SequenceEvent> {
  insertMany(events: readonly SequenceEvent[]): Promise<void>;
  /** The newest first. */
  ofSequence(sequenceId: string, page: Page): Promise<readonly SequenceEvent[]>;
  /** Those that have waited since before then, the oldest first; at most 100. */
  overdue(before: Date): Promise<readonly SequenceEvent[]>;
  /** The event that started this assignment. Undefined when a person did. */
  behind(assignmentId: string): Promise<SequenceEvent | undefined>;
}

export interface SequenceBatchStore extends VersionedStore<SequenceBatch> {
  insert(batch: SequenceBatch): Promise<void>;
  /** Running ones without progress since then; at most 20. */
  overdue(before: Date): Promise<readonly SequenceBatch[]>;
}

/** Secrets are encrypted at rest. */
export interface HookStore extends VersionedStore<Hook> {
  insert(hook: Hook): Promise<void>;
  /** `find`, and locks the hook against changes until this transaction ends. */
  hold(id: string): Promise<Hook | undefined>;
  /** Those that are not deleted, the oldest first. */
  ofSequence(sequenceId: string): Promise<readonly Hook[]>;
}

export interface HookCallStore {
  insert(call: HookCall): Promise<void>;
  findByFingerprint(hookId: string, fingerprint: string): Promise<HookCall | undefined>;
  /** The time of the call with exactly `newer` calls after it. Undefined when there are not that many. */
  timeOf(hookId: string, newer: number): Promise<Date | undefined>;
  /** At most twenty, the newest first. */
  newest(hookId: string): Promise<readonly HookCall[]>;
  /** Deletes those before that time, except the newest twenty. */
  trim(hookId: string, before: Date): Promise<void>;
}
