/**
 * Durable work: what goes on where it stood, whichever process dies.
 *
 * Words. An *item* is one row of work: a run, an import from an app, a delivery. A *worker* is one process that works on
 * items. A worker *takes* an item and then *holds* it by a *lease*: its name and a time, in the item's row. It *renews* the
 * lease with all that it stores, and *loses* it when the time is over, or when another process finds the worker dead. A
 * *wake-up* is a job that says "look at this item"; it carries an id and nothing else, so a wake-up too many does no
 * harm. An item is *open* while a worker may still take it, *due* from a time on, and *overdue* when it was due a while ago
 * and no worker has come: then its wake-up was lost.
 *
 * | state   | in the row                   | who may take it                               | what comes next              |
 * |---------|------------------------------|-----------------------------------------------|------------------------------|
 * | waiting | `dueAt`                      | any worker, from then on                      | held                         |
 * | held    | `workerId` and `leasedUntil` | its worker; any other once the lease runs out | waiting, held by another, ended |
 * | ended   | neither                      | no worker                                     |                              |
 *
 * A kind of work has its own names for these states (a delivery that is held is `sending`) and more than one for some
 * (`waiting` and `retrying` of a run). The types `Open` and `Held` read them from the kind's own type.
 *
 * What every kind can rely on:
 * - One worker at a time. A worker stores nothing for an item that it no longer holds (`stillHeld`, in the transaction that
 *   stores). A lease that was lost by mistake, and that no other worker has taken, is still its worker's.
 * - One at a time within a process, too (`alone`), since there the lease can't tell two apart.
 * - No wake-up is lost. One that comes too early is put off to when the item is due (`takeable`), one that comes while the
 *   item is worked on comes again (`alone`), and what is overdue is woken by each sweep (`wakeOverdue`).
 * - What a dead worker held is free at once (`freed`); else it is free when its lease runs out.
 * - An item that its own worker holds, and that nothing in it works on, is taken again without waiting: it broke down here.
 *
 * What keeps failing, and who counts it:
 * - A *breakdown* is an exception: a bug, or a database that is away. The item goes on after a pause; what breaks down again
 *   and again ends, and says `brokeDown()`. Runs and file imports count in memory (`breakdowns`), as nothing in their rows
 *   says which step was to blame. An import from an app counts in its row, for each page by itself, together with the
 *   workers that died over it. A delivery counts every sending that it begins.
 * - A job whose worker died twice is counted by the queue (`store/queue/trials.ts`), since the worker that dies can't count.
 *   It ends with a sentence: `give-up.ts`.
 *
 * Work without a lease. File imports, batches of a sequence, events that start one, and removals wait for no app between two
 * transactions: all that they do is in the database. Each step is one transaction, fenced by the version of a row or by a lock,
 * so two workers at one item cost time and do no harm. Batches and events use `wakeOverdue` alone. Removals, of which one
 * event may begin hundreds, are woken by the tick (`access/due-access.ts`). A file import is not woken again: its job is
 * tried for half an hour, and before that ends the import is given up.
 */
import { t } from '../../core/translate.ts';
import { BUSY_PAUSE_MS } from '../calls/limits.ts';
import type { LeasedStore } from '../ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { dueOf, type Held, isHeld, isOpen, loseLease, type Open } from './lease.ts';

interface Item {
  readonly id: string;
}

/** Work whose wake-up may be lost. */
export interface Woken<T> {
  readonly store: (stores: Stores) => { overdue(before: Date): Promise<readonly T[]> };
  /** At most one wake-up of an item waits: the earliest. */
  readonly wake: (tx: Transaction, item: T, dueAt: Date) => Promise<void>;
}

/** One kind of work that workers lease. */
export interface Kind<T extends Item> extends Woken<Open<T>> {
  readonly store: (stores: Stores) => LeasedStore<T>;
}

/** A worker process, as leases and counts know it. */
export interface Worker {
  readonly workerId: string;
  /** Ids of the items that it works on now: a lease runs out under its own hands where the clock jumps. */
  readonly underWay: Set<string>;
  /** How often in a row each of its items has broken down. */
  readonly breakdowns: Map<string, number>;
}

export const newWorker = (workerId: string): Worker => ({
  workerId,
  underWay: new Set(),
  breakdowns: new Map(),
});

/**
 * Does `work` unless this process works on the item already. Then its wake-up comes again: what is under way may have
 * woken the item itself, and have committed without having returned yet. With a database that tells of jobs at once
 * another slot is that fast.
 */
export async function alone<T extends Item, R>(
  kind: Kind<T>,
  id: string,
  { underWay, transact }: Pick<Worker, 'underWay'> & { readonly transact: UnitOfWork },
  work: () => Promise<R>,
): Promise<R | undefined> {
  if (underWay.has(id)) {
    await transact(async (tx) => {
      const item = await kind.store(tx).find(id);
      const soon = new Date(tx.now.getTime() + BUSY_PAUSE_MS);
      if (item && isOpen(item)) await kind.wake(tx, item, dueOf(item) > soon ? dueOf(item) : soon);
    });
    return undefined;
  }
  underWay.add(id);
  try {
    return await work();
  } finally {
    underWay.delete(id);
  }
}

/**
 * The item, where this worker may take it now: it is due, or it broke down in this worker while not even that could be
 * stored. To be called within `alone`.
 */
export async function takeable<T extends Item>(
  tx: Transaction,
  kind: Kind<T>,
  item: T,
  worker: Pick<Worker, 'workerId'>,
): Promise<Open<T> | undefined> {
  if (!isOpen(item)) return undefined;
  if (dueOf(item) <= tx.now || isHeldBy(item, worker)) return item;
  // A wake-up may have been merged into an earlier one that was superfluous: then this is the last one.
  await kind.wake(tx, item, dueOf(item));
  return undefined;
}

/** The fence: the item as it is now, where this worker still holds it. */
export async function stillHeld<T extends Item>(
  tx: Transaction,
  kind: Kind<T>,
  id: string,
  worker: Pick<Worker, 'workerId'>,
): Promise<Held<T> | undefined> {
  const item = await kind.store(tx).find(id);
  return item && isHeldBy(item, worker) ? item : undefined;
}

const isHeldBy = <T extends object>(
  item: T,
  { workerId }: Pick<Worker, 'workerId'>,
): item is Held<T> => isHeld(item) && item.workerId === workerId;

/** Long enough for a database that was busy. */
export const BREAKDOWN_PAUSE_MS = 5000;

/** A database that comes and goes has come to stay by then; what still breaks is broken. */
export const MAX_BREAKDOWNS = 5;

export const brokeDown = (): string =>
  t`Something went wrong inside Latchkey, not at the other side. Tell your Latchkey admin; the log says what it was.`;

/**
 * What a worker held becomes free at once. The items are read now and stored later: where one has changed in between, the
 * worker lives, and `StaleWrite` says so.
 */
export async function freed<T extends Item>(
  kind: Kind<T>,
  workerId: string,
  stores: Stores,
): Promise<(tx: Transaction) => Promise<void>> {
  const held = await kind.store(stores).leasedBy(workerId);
  return async (tx) => {
    for (const item of held) {
      const lost = await kind.store(tx).save(loseLease(item, tx.now));
      await kind.wake(tx, lost, tx.now);
    }
  };
}

/** The wake-ups of a backlog in one transaction would keep those rows of the queue from the workers that want them. */
const WOKEN_AT_ONCE = 10;

/** Wakes what was due before then and that no worker has taken. */
export async function wakeOverdue<T>(
  { store, wake }: Woken<T>,
  before: Date,
  { stores, transact }: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const late = await store(stores).overdue(before);
  for (let start = 0; start < late.length; start += WOKEN_AT_ONCE)
    await transact(async (tx) => {
      for (const item of late.slice(start, start + WOKEN_AT_ONCE)) await wake(tx, item, tx.now);
    });
}
