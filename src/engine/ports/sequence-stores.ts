/** Sequences, to whom they are assigned, what is planned of them, and what starts them by itself. */

import type { Occasion, SequenceEvent } from '../sequences/events/event.ts';
import type { Hook, HookCall } from '../sequences/hooks/hook.ts';
import type { OpenItem, PlannedItem } from '../sequences/planned-item.ts';
import type { Sequence, SequenceAssignment, SequenceItem } from '../sequences/sequence.ts';
import type { SequenceBatch } from '../sequences/sequence-batch.ts';
import type { Page } from './store.ts';

export interface SequenceStore {
  /** @returns 'taken' where another has that name, in any case */
  insert(sequence: Sequence): Promise<'inserted' | 'taken'>;
  /** Also one that was deleted. */
  find(id: string): Promise<Sequence | undefined>;
  /** In any case; none that was deleted. */
  findByName(name: string): Promise<Sequence | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(sequence: Sequence): Promise<Sequence>;
  /** Those that are not deleted and whose name contains every word of `text`, by name. */
  list(
    text: string,
    page: Page,
  ): Promise<{ readonly sequences: readonly Sequence[]; readonly total: number }>;
  /** Those that are on and that everybody who is hired has, by name. */
  forEveryHire(): Promise<readonly Sequence[]>;
  insertItem(item: SequenceItem): Promise<void>;
  /** Also one that was removed. */
  findItem(id: string): Promise<SequenceItem | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  saveItem(item: SequenceItem): Promise<SequenceItem>;
  /** Those that were not removed, in their order. */
  items(sequenceId: string): Promise<readonly SequenceItem[]>;
  /** Those about an integration, also removed ones, which may still be planned for somebody. */
  itemsAt(integrationId: string): Promise<readonly SequenceItem[]>;
  /** Tasks that name this person as the one who does them, also removed ones. */
  tasksOf(personId: string): Promise<readonly SequenceItem[]>;
}

export interface SequenceAssignmentStore {
  /** @returns 'taken' where that person has that sequence and it has not ended (a database constraint decides). */
  insert(assignment: SequenceAssignment): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<SequenceAssignment | undefined>;
  /** Those that there are, in no order; at most a few hundred ids. */
  findMany(ids: readonly string[]): Promise<readonly SequenceAssignment[]>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(assignment: SequenceAssignment): Promise<SequenceAssignment>;
  /** The newest first. */
  ofPerson(
    personId: string,
    page: Page,
  ): Promise<{ readonly assignments: readonly SequenceAssignment[]; readonly total: number }>;
  /** How many people have it and it has not ended for them. */
  countCurrent(sequenceId: string): Promise<number>;
}

/** What is left out doesn't narrow; all of it is about what has not happened yet. */
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
  /** All of an assignment, in no order. */
  ofAssignment(assignmentId: string): Promise<readonly PlannedItem[]>;
  /** What has not happened yet; by when it is due. */
  openOf(filter: OpenItemFilter): Promise<readonly OpenItem[]>;
  /** Those that are `planned` and due by now; the longest due first, and then in the order of their sequence; at most 500. */
  due(now: Date): Promise<readonly PlannedItem[]>;
  /** The one that started a run or opened a task. */
  startedBy(
    what: { readonly runId: string } | { readonly taskId: string } | { readonly removalId: string },
  ): Promise<PlannedItem | undefined>;
  /** Ids of people of whom something has yet to happen, after that id, in their order. */
  peopleWithOpen(afterId: string, limit: number): Promise<readonly string[]>;
  /** Of active people: those that wait for somebody's word, and those that could not begin; the longest due first. */
  stuck(page: Page): Promise<{ readonly items: readonly PlannedItem[]; readonly total: number }>;
}

/** The occasions on which sequences start by themselves. */
export interface SequenceStartStore {
  of(sequenceId: string): Promise<readonly Occasion[]>;
  /** In place of what was there. */
  put(sequenceId: string, occasions: readonly Occasion[]): Promise<void>;
  /** Ids of the sequences that start then, in order. */
  startingOn(occasion: Occasion): Promise<readonly string[]>;
}

export interface SequenceEventStore {
  insertMany(events: readonly SequenceEvent[]): Promise<void>;
  find(id: string): Promise<SequenceEvent | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(event: SequenceEvent): Promise<SequenceEvent>;
  /** The newest first. */
  ofSequence(sequenceId: string, page: Page): Promise<readonly SequenceEvent[]>;
  /** Those that wait since before then, the oldest first; at most 100. */
  overdue(before: Date): Promise<readonly SequenceEvent[]>;
  /** The one that has started this assignment; undefined where somebody did. */
  behind(assignmentId: string): Promise<SequenceEvent | undefined>;
}

export interface SequenceBatchStore {
  insert(batch: SequenceBatch): Promise<void>;
  find(id: string): Promise<SequenceBatch | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(batch: SequenceBatch): Promise<SequenceBatch>;
  /** Those that run and have not gone on since before then; at most 20. */
  overdue(before: Date): Promise<readonly SequenceBatch[]>;
}

/** Secrets are encrypted at rest. */
export interface HookStore {
  insert(hook: Hook): Promise<void>;
  /** Also one that was deleted. */
  find(id: string): Promise<Hook | undefined>;
  /** `find`, and nobody else changes the hook before this transaction has ended. */
  hold(id: string): Promise<Hook | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(hook: Hook): Promise<Hook>;
  /** Those that are not deleted, the oldest first. */
  ofSequence(sequenceId: string): Promise<readonly Hook[]>;
}

export interface HookCallStore {
  insert(call: HookCall): Promise<void>;
  findByFingerprint(hookId: string, fingerprint: string): Promise<HookCall | undefined>;
  /** When the call came that `newer` have come after; undefined where there are no more than those. */
  timeOf(hookId: string, newer: number): Promise<Date | undefined>;
  /** At most twenty, the newest first. */
  newest(hookId: string): Promise<readonly HookCall[]>;
  /** Deletes those before that time, but for the newest twenty. */
  trim(hookId: string, before: Date): Promise<void>;
}
