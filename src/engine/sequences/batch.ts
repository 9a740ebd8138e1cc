/**
 * A sequence for many people at once: those whom an import has added. A *batch* is asked about first, then given to a few
 * people in each transaction, so that nobody's click waits for hundreds; a process that dies leaves it to the next.
 */
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type AuditEntry, fullName, type Person } from '../people/directory.ts';
import type { Queue } from '../ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { Zoned } from '../work/due.ts';
import { batchSubject, touch } from '../work/subjects.ts';
import { assignSequence } from './assign.ts';
import { calendarOf, whenDue } from './plan.ts';
import type { Sequence } from './sequence.ts';
import type { BatchCounts, ImportSource, SequenceBatch, Whom } from './sequence-batch.ts';

const MAX_REASONS = 5;

/** People in one transaction: each is a few rows for each item of the sequence. */
const AT_ONCE = 20;
const PAUSE_MS = 5;
/** People whose ids are looked up at once, outside of a transaction: the way to them leads over all who came before. */
const READ_AHEAD = 1000;
/** Of the people whose past is looked at before somebody confirms: beyond this it would take too long to show. */
export const LOOKED_AT = 1000;

/** Their ids, in an order that stays; at most `limit` from `offset` on. */
export async function peopleIn(
  stores: Stores,
  whom: Whom,
  offset: number,
  limit: number,
): Promise<readonly string[]> {
  if (whom.kind === 'people') return whom.personIds.slice(offset, offset + limit);
  const span = await spanOf(stores, whom);
  if (!span) return [];
  const found: string[] = [];
  let skipped = 0;
  for (let page = 0; found.length < limit; page += LOG_PAGE) {
    const entries = await stores.auditLog.list({ offset: page, limit: LOG_PAGE }, span);
    for (const entry of entries) {
      if (!isOf(entry, whom) || entry.personId === undefined) continue;
      if (skipped < offset) skipped += 1;
      else if (found.length < limit) found.push(entry.personId);
    }
    if (entries.length < LOG_PAGE) break;
  }
  return found;
}

const LOG_PAGE = 250;

const isOf = ({ detail }: AuditEntry, source: ImportSource): boolean =>
  source.kind === 'sync'
    ? detail?.['syncId'] === source.runId
    : detail?.['import'] === source.importId;

/** When they were added; undefined while the import is at work, or no longer kept. */
async function spanOf(stores: Stores, source: ImportSource) {
  const what = 'person.added';
  if (source.kind === 'sync') {
    const run = await stores.syncRuns.find(source.runId);
    return run?.state === 'done'
      ? { what, from: run.createdAt, before: after(run.finishedAt) }
      : undefined;
  }
  const file = await stores.fileImports.find(source.importId);
  return file?.progress.state === 'done'
    ? { what, from: file.createdAt, before: after(file.progress.finishedAt) }
    : undefined;
}

const after = (time: Date): Date => new Date(time.getTime() + 1);

export interface BatchOutlook {
  readonly people: number;
  /** Those of whom something is past already, and how many items that is in all. */
  readonly late: number;
  readonly pastItems: number;
  /** Whether not everybody was looked at. */
  readonly isPartly: boolean;
}

/** What it would mean, before somebody confirms it. */
export async function outlookOf(
  stores: Stores,
  { whom }: Pick<SequenceBatch, 'whom'>,
  sequence: Sequence,
  at: Zoned & { readonly now: Date },
): Promise<BatchOutlook> {
  const ids = await peopleIn(stores, whom, 0, Number.POSITIVE_INFINITY);
  const looked = await stores.people.findMany(ids.slice(0, LOOKED_AT));
  const items = await stores.sequences.items(sequence.id);
  const calendar = await calendarOf(stores);
  const { now } = at;
  const pastOf = (person: Person): number =>
    items.filter((item) => {
      const about = { sequence, assignment: { assignedAt: now }, person };
      const due = whenDue(item, about, calendar, at);
      return due !== undefined && due < now;
    }).length;
  const past = looked.map(pastOf);
  return {
    people: ids.length,
    late: past.filter((count) => count > 0).length,
    pastItems: past.reduce((sum, count) => sum + count, 0),
    isPartly: ids.length > looked.length && ids.length > LOOKED_AT,
  };
}

export interface Advancing {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** An admin has confirmed it. @returns false where it was confirmed or dropped already */
export async function beginBatch(tx: Transaction, batchId: string, now: Date): Promise<boolean> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'asked') return false;
  await tx.sequenceBatches.save({ ...batch, state: 'running', movedAt: now });
  await touch(tx, batchSubject(batchId));
  await wakeBatch(tx.queue, batchId);
  return true;
}

/** One wake-up per batch. */
export const wakeBatch = (queue: Queue, batchId: string): Promise<void> =>
  queue.push('sequence.batch', { batchId }, { lane: 'imports', key: `batch:${batchId}` });

export async function dropBatch(tx: Transaction, batchId: string, now: Date): Promise<void> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'asked') return;
  await tx.sequenceBatches.save({ ...batch, state: 'dropped', endedAt: now });
  await touch(tx, batchSubject(batchId));
}

/** Goes on where it stands, to its end. */
export async function advanceBatch(batchId: string, parts: Advancing): Promise<void> {
  for (;;) {
    const batch = await parts.stores.sequenceBatches.find(batchId);
    if (batch?.state !== 'running') return;
    const ids = await peopleIn(parts.stores, batch.whom, batch.next, READ_AHEAD);
    const isLast = ids.length < READ_AHEAD;
    for (let from = 0; from === 0 || from < ids.length; from += AT_ONCE) {
      const part = {
        ids: ids.slice(from, from + AT_ONCE),
        from: batch.next + from,
        isLast: isLast && from + AT_ONCE >= ids.length,
      };
      await giveToAllOf(batchId, part, parts);
      await parts.pause(PAUSE_MS);
    }
  }
}

interface Part {
  readonly ids: readonly string[];
  /** How many people come before. */
  readonly from: number;
  readonly isLast: boolean;
}

/** Where one of them can't be given it, the others are given it one by one, and that one counts as refused. */
async function giveToAllOf(batchId: string, part: Part, parts: Advancing): Promise<void> {
  const { ids, from, isLast } = part;
  const give = (some: Part, failed = false) =>
    parts.transact((tx) => giveToSome(tx, batchId, some, failed));
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
 * Does nothing where another process was faster, or the batch is over.
 * @param failed it can't be given to the one who is left of them: they are counted
 */
async function giveToSome(
  tx: Transaction,
  batchId: string,
  { ids, from, isLast }: Part,
  failed: boolean,
): Promise<void> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'running' || batch.next !== from) return;
  const sequence = await tx.sequences.find(batch.sequenceId);
  let { counts } = batch;
  if (failed) counts = refused(counts, await whyFailed(tx, ids));
  else
    for (const person of sequence ? await tx.people.findMany(ids) : [])
      counts = await giveToOne(tx, batch, sequence, person, counts);
  const isOver = isLast || !sequence;
  await tx.sequenceBatches.save({
    ...batch,
    counts,
    next: from + ids.length,
    movedAt: tx.now,
    ...(isOver && { state: 'done', endedAt: tx.now }),
  });
  await touch(tx, batchSubject(batchId));
}

async function whyFailed(tx: Transaction, [id = '']: readonly string[]): Promise<string> {
  const person = await tx.people.find(id).catch(() => undefined); // What is broken may be their row itself.
  const name = person ? fullName(person) : say`someone`;
  return say`Nothing could be planned for ${name}. Look at their dates, and assign it to them again.`;
}

async function giveToOne(
  tx: Transaction,
  { past, askedBy: actor }: SequenceBatch,
  sequence: Sequence | undefined,
  person: Person,
  counts: BatchCounts,
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
