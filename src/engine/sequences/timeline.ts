/** The planned items of one person: what has happened, and what has yet to happen. */
import type { Removal } from '../access/removals/removal.ts';
import type { Delivery } from '../messages/delivery.ts';
import type { Person } from '../people/directory.ts';
import type { Page } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';
import type { Task } from '../tasks/task.ts';
import { renderText, scopeOf } from '../templates/render.ts';
import { missingFacts } from './missing-facts.ts';
import { isOpen, isPending, type PlannedItem } from './planned-item.ts';
import { variablesFor } from './send-message.ts';
import type { ItemEffect, Sequence, SequenceAssignment, SequenceItem } from './sequence.ts';
import { isHeldUp } from './waiting.ts';

export interface TimelineEntry {
  readonly planned: PlannedItem;
  readonly item: SequenceItem;
  readonly sequence: Sequence;
  /** With the title of a task or the subject of a message rendered for this person. */
  readonly does: ItemEffect;
  /** What it started, as it is now. */
  readonly run?: Run;
  readonly task?: Task;
  readonly removal?: Removal;
  readonly delivery?: Delivery;
  /** Labels of the facts that someone has to answer before it can happen. */
  readonly asks: readonly string[];
  /** The title of the task that it still waits for, rendered for this person. */
  readonly waitsFor?: string;
}

export interface Timeline {
  readonly entries: readonly TimelineEntry[];
  readonly total: number;
}

/** Read at once. */
const ASSIGNMENTS = 50;

/** Sorted by time; items without a time come last. */
export async function timelineOf(stores: Stores, person: Person, page: Page): Promise<Timeline> {
  const all: Pick<TimelineEntry, 'planned' | 'item' | 'sequence'>[] = [];
  for (let offset = 0, total = 1; offset < total; offset += ASSIGNMENTS) {
    const read = await stores.assignments.ofPerson(person.id, { offset, limit: ASSIGNMENTS });
    for (const assignment of read.assignments) all.push(...(await entriesOf(stores, assignment)));
    ({ total } = read);
  }
  const sorted = all.toSorted(
    (a, b) => timeOf(a.planned) - timeOf(b.planned) || a.item.position - b.item.position,
  );
  const shown = sorted.slice(page.offset, page.offset + page.limit);
  return {
    entries: await Promise.all(shown.map((entry) => withStarted(stores, entry, person))),
    total: sorted.length,
  };
}

async function entriesOf(stores: Stores, { id, sequenceId }: SequenceAssignment) {
  const sequence = await stores.sequences.find(sequenceId);
  if (!sequence) return [];
  const entries = [];
  for (const planned of await stores.plannedItems.ofAssignment(id)) {
    const item = await stores.sequences.findItem(planned.itemId);
    if (item) entries.push({ planned, item, sequence });
  }
  return entries;
}

function timeOf(planned: PlannedItem): number {
  const at = planned.state === 'fired' ? planned.endedAt : planned.dueAt;
  return at?.getTime() ?? Number.POSITIVE_INFINITY;
}

async function withStarted(
  stores: Stores,
  entry: Pick<TimelineEntry, 'planned' | 'item' | 'sequence'>,
  person: Person,
): Promise<TimelineEntry> {
  const { runId, taskId, removalId, deliveryId } = entry.planned;
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const task = taskId === undefined ? undefined : await stores.tasks.find(taskId);
  const removal = removalId === undefined ? undefined : await stores.removals.find(removalId);
  const delivery = deliveryId === undefined ? undefined : await stores.deliveries.find(deliveryId);
  const does = await forPerson(entry.item.does, person, stores);
  const facts = isPending(entry.planned) ? await missingFacts(stores, entry.item, person) : [];
  const waitsFor = isOpen(entry.planned) ? await awaitedBy(entry, person, stores) : undefined;
  return {
    ...entry,
    does,
    asks: facts.map(({ name }) => name),
    waitsFor,
    run,
    task,
    removal,
    delivery,
  };
}

/** @returns undefined if it waits for nothing, or no longer */
async function awaitedBy(
  { planned, item }: Pick<TimelineEntry, 'planned' | 'item'>,
  person: Person,
  stores: Stores,
): Promise<string | undefined> {
  if (!(await isHeldUp(stores, planned))) return undefined;
  const awaited = await stores.sequences.findItem(item.waitsForItemId ?? '');
  const does = awaited && (await forPerson(awaited.does, person, stores));
  return does?.kind === 'task' ? does.title : undefined;
}

/** Rendered for the person. A text that can't be rendered stays as it was written. */
export async function forPerson(
  does: ItemEffect,
  person: Person,
  stores: Stores,
): Promise<ItemEffect> {
  if (does.kind !== 'task' && does.kind !== 'message') return does;
  const text = does.kind === 'task' ? does.title : does.subject;
  const rendered = renderText(text, scopeOf(await variablesFor(stores, person, text)));
  if (!rendered.ok) return does;
  return does.kind === 'task'
    ? { ...does, title: rendered.value }
    : { ...does, subject: rendered.value };
}
