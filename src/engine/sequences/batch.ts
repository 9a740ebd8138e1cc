/**
 * Assigns a sequence to many people: those that an import has added. An admin confirms the *batch* first. Then each
 * transaction assigns it to a few people, so that no click waits for hundreds. If the process dies, another one continues.
 */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { fullName, type Person } from '../people/directory.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database, Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Zoned } from '../work/due.ts';
import type { Woken } from '../work/leased.ts';
import { batchTopic, invalidate } from '../work/topics.ts';
import { assignSequence } from './assign.ts';
import { calendarOf, whenDue } from './plan.ts';
import type { Sequence } from './sequence.ts';
import type { BatchCounts, ImportSource, SequenceBatch, Whom } from './sequence-batch.ts';

const MAX_REASONS = 5;

/** People in one transaction: each is a few rows for each item of the sequence. */
const AT_ONCE = 20;
const PAUSE_MS = 5;
/** People whose ids are looked up at once, outside of a transaction. */
const READ_AHEAD = 1000;
/** People whose past items are counted before an admin confirms. More of them would take too long to show. */
export const LOOKED_AT = 1000;

/** How many people these are, and the ids of the first ones. */
export async function peopleIn(
  stores: Stores,
  whom: Whom,
  limit: number,
): Promise<{ readonly ids: readonly string[]; readonly total: number }> {
  if (whom.kind === 'people')
    return { ids: whom.personIds.slice(0, limit), total: whom.personIds.length };
  if (!(await isDone(stores, whom))) return { ids: [], total: 0 };
  const importId = importIdOf(whom);
  return {
    ids: await stores.people.addedBy(importId, '', limit),
    total: await stores.people.countAddedBy(importId),
  };
}

/** The ids of the next people. */
async function nextIn(
  stores: Stores,
  { whom, next, lastPersonId = '' }: SequenceBatch,
): Promise<readonly string[]> {
  if (whom === 'unread') return [];
  if (whom.kind === 'people') return whom.personIds.slice(next, next + READ_AHEAD);
  return (await isDone(stores, whom))
    ? stores.people.addedBy(importIdOf(whom), lastPersonId, READ_AHEAD)
    : [];
}

const importIdOf = (source: ImportSource): string =>
  source.kind === 'sync' ? source.runId : source.importId;

/** False while the import is running, and if it is no longer stored. */
async function isDone(stores: Stores, source: ImportSource): Promise<boolean> {
  if (source.kind === 'sync') return (await stores.syncRuns.find(source.runId))?.state === 'done';
  return (await stores.fileImports.find(source.importId))?.progress.state === 'done';
}

export interface BatchOutlook {
  readonly people: number;
  /** People with past items, and how many such items there are in all. */
  readonly late: number;
  readonly pastItems: number;
  /** True if only the first `LOOKED_AT` people were counted. */
  readonly isPartly: boolean;
}

/** What the batch would do, for the admin who has to confirm it. */
export async function outlookOf(
  stores: Stores,
  { sequence, whom }: { readonly sequence: Sequence; readonly whom: Whom },
  at: Zoned & { readonly now: Date },
): Promise<BatchOutlook> {
  const { ids, total } = await peopleIn(stores, whom, LOOKED_AT);
  const looked = await stores.people.findMany(ids);
  const items = await stores.sequences.items(sequence.id);
  const calendar = await calendarOf(stores);
  const { now } = at;
  const pastOf = (person: Person): number =>
    items.filter((item) => {
      const about = { sequence, assignment: { assignedAt: now }, person };
      const due = whenDue(item, about, { calendar, ...at });
      return due !== undefined && due < now;
    }).length;
  const past = looked.map(pastOf);
  return {
    people: total,
    late: past.filter((count) => count > 0).length,
    pastItems: past.reduce((sum, count) => sum + count, 0),
    isPartly: total > LOOKED_AT,
  };
}

/** An admin has confirmed it. @returns false if it was already confirmed or dropped */
export async function beginBatch(tx: Transaction, batchId: string, now: Date): Promise<boolean> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'asked' || batch.whom === 'unread') return false;
  await tx.sequenceBatches.save({ ...batch, state: 'running', movedAt: now });
  await invalidate(tx, batchTopic(batchId));
  await batchWork.wake(tx, batch, tx.now);
  return true;
}

export const batchWork: Woken<Pick<SequenceBatch, 'id'>> = {
  store: ({ sequenceBatches }) => sequenceBatches,
  wake: (tx, { id: batchId }, dueAt) =>
    tx.queue.push(
      'sequence.batch',
      { batchId },
      { lane: 'imports', dueAt, key: `batch:${batchId}` },
    ),
};

export async function dropBatch(tx: Transaction, batchId: string, now: Date): Promise<void> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'asked') return;
  await tx.sequenceBatches.save({ ...batch, state: 'dropped', endedAt: now });
  await invalidate(tx, batchTopic(batchId));
}

/** Continues the batch until it ends. */
export async function advanceBatch(batchId: string, deps: Database & Time): Promise<void> {
  for (;;) {
    const batch = await deps.stores.sequenceBatches.find(batchId);
    if (batch?.state !== 'running') return;
    const ids = await nextIn(deps.stores, batch);
    const isLast = ids.length < READ_AHEAD;
    for (let from = 0; from === 0 || from < ids.length; from += AT_ONCE) {
      const part = {
        ids: ids.slice(from, from + AT_ONCE),
        from: batch.next + from,
        isLast: isLast && from + AT_ONCE >= ids.length,
      };
      await giveToAllOf(batchId, part, deps);
      await deps.pause(PAUSE_MS);
    }
  }
}

interface Part {
  readonly ids: readonly string[];
  /** How many people come before. */
  readonly from: number;
  readonly isLast: boolean;
}

/** If it can't be assigned to one of them, the others get it one by one, and that person counts as refused. */
async function giveToAllOf(batchId: string, part: Part, deps: Database & Time): Promise<void> {
  const { ids, from, isLast } = part;
  const give = (some: Part, failed = false) =>
    deps.transact((tx) => giveToSome(tx, batchId, { ...some, failed }));
  try {
    await give(part);
  } catch (error) {
    if (ids.length === 0) throw error;
    for (const [index, id] of ids.entries()) {
      const one = { ids: [id], from: from + index, isLast: isLast && index === ids.length - 1 };
      await give(one).catch(() => give(one, true));
    }
  }
}

/**
 * Does nothing if another process was faster, or the batch is over.
 * @param failed it can't be assigned to the only person of this part: they are counted as refused
 */
async function giveToSome(
  tx: Transaction,
  batchId: string,
  { failed, ids, from, isLast }: Part & { readonly failed: boolean },
): Promise<void> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'running' || batch.next !== from) return;
  const sequence = await tx.sequences.find(batch.sequenceId);
  let { counts } = batch;
  if (batch.whom === 'unread') counts = { ...counts, reasons: [sayUnread(), ...counts.reasons] };
  if (failed) counts = refused(counts, await whyFailed(tx, ids));
  else
    for (const person of sequence ? await tx.people.findMany(ids) : [])
      counts = await giveToOne(tx, batch, { sequence, person, counts });
  const isOver = isLast || !sequence;
  const lastPersonId = ids.at(-1);
  await tx.sequenceBatches.save({
    ...batch,
    counts,
    next: from + ids.length,
    ...(lastPersonId !== undefined && { lastPersonId }),
    movedAt: tx.now,
    ...(isOver && { state: 'done', endedAt: tx.now }),
  });
  await invalidate(tx, batchTopic(batchId));
}

const sayUnread = (): string =>
  t`For whom it was to start can't be read any more, so some people may not have it. Start it again: no one gets it twice.`;

async function whyFailed(tx: Transaction, [id = '']: readonly string[]): Promise<string> {
  const person = await tx.people.find(id).catch(() => undefined); // Their row itself may be broken.
  const name = person ? fullName(person) : t`someone`;
  return t`Nothing could be planned for ${name}. Check their dates, then assign the sequence again.`;
}

async function giveToOne(
  tx: Transaction,
  { past, askedBy: actor }: SequenceBatch,
  {
    sequence,
    person,
    counts,
  }: {
    readonly sequence: Sequence | undefined;
    readonly person: Person;
    readonly counts: BatchCounts;
  },
): Promise<BatchCounts> {
  if (!sequence) return counts;
  const assigned = await assignSequence(tx, { sequence, person, actor, past });
  switch (assigned.kind) {
    case 'assigned':
      return { ...counts, assigned: counts.assigned + 1 };
    case 'has-it':
      return { ...counts, hadIt: counts.hadIt + 1 };
    case 'refused':
      return refused(counts, assigned.why);
    default:
      return unreachable(assigned);
  }
}

const refused = (counts: BatchCounts, why: string): BatchCounts => ({
  ...counts,
  refused: counts.refused + 1,
  reasons: [...new Set([...counts.reasons, why])].slice(0, MAX_REASONS),
});
