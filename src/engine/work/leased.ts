/**
 * Durable work: it continues where it stopped, whichever process dies.
 *
 * Words. An *item* is one row of work: a run, an import from an app, a delivery. A *worker* is one process that works on
 * items. A worker *takes* an item and then *holds* it by a *lease*: its name and a time, in the item's row. It *renews* the
 * lease each time that it stores something. It *loses* the lease when that time has passed, or when another process finds the
 * worker dead. A *wake-up* is a job that says "check this item". It carries only an id, so a wake-up too many does no harm.
 * An item is *open* while a worker may still take it. It is *due* from a time on. It is *overdue* when it was due a while ago and
 * no worker has taken it: then its wake-up was lost.
 *
 * | state   | in the row                   | who may take it                               | what comes next              |
 * |---------|------------------------------|-----------------------------------------------|------------------------------|
 * | waiting | `dueAt`                      | any worker, from then on                      | held                         |
 * | held    | `workerId` and `leasedUntil` | its worker; any other once the lease runs out | waiting, held by another, ended |
 * | ended   | neither                      | no worker                                     |                              |
 *
 * Each kind of work has its own names for these states: a delivery that is held is `sending`, and a run that waits is `waiting`
 * or `retrying`. The types `Open` and `Held` read them from the kind's own type.
 *
 * What every kind can rely on:
 * - One worker at a time. A worker stores nothing for an item that it no longer holds (`stillHeld` or `whileHeld`, in the
 *   transaction that stores). When a lease ran out by mistake and no other worker took the item, its worker still holds it.
 * - One job at a time within a process, too (`alone`), because there the lease can't tell two jobs apart.
 * - No wake-up is lost. A wake-up that comes too early is moved to when the item is due (`takeable`). One that comes while the
 *   process works on the item comes again (`alone`). Each sweep wakes what is overdue (`wakeOverdue`).
 * - The items of a dead worker are free at once (`freed`). Otherwise an item is free when its lease runs out.
 * - A worker takes an item again without waiting when it holds the item and no job of its works on it: the item broke down there.
 *
 * What keeps failing, and who counts it:
 * - A *breakdown* is an exception: a bug, or a database that doesn't answer. The item continues after a pause. An item that breaks
 *   down again and again ends, and says `brokeDown()`. Runs count breakdowns in memory (`breakdowns`), because their rows don't
 *   say which step caused it. A file import counts in its row. So does an import from an app, per page, and includes workers
 *   that died. A delivery counts every sending that begins.
 * - The queue counts jobs whose worker died (`store/queue/trials.ts`), because a worker that dies can't count. After two deaths
 *   the work ends with a sentence: `give-up.ts`.
 *
 * Work without a lease. File imports, batches of a sequence, events that start one, and removals don't wait for an app between two
 * transactions: all their work is in the database. Each step is one transaction, fenced by the version of a row or by a lock, so
 * two workers at one item cost time and do no harm. Batches and events use only `wakeOverdue`. The tick wakes removals
 * (`access/due-access.ts`), because one event may begin hundreds. A file import is not woken again: its job is tried for half an
 * hour, and the import is given up before that ends.
 */
import { chunksOf } from '../../core/batches.ts';
import { t } from '../../core/translate.ts';
import { BUSY_PAUSE_MS } from '../calls/limits.ts';
import { type LeasedStore, StaleWrite } from '../ports/store.ts';
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
  /** Ids of the items that it works on now. Leases alone don't tell, because one runs out during the work when the clock jumps. */
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
 * Does `work` unless this process works on the item already. In that case the wake-up comes again later. The running work may
 * itself have queued this wake-up and committed without having returned yet: a database that reports jobs at once lets another
 * slot be that fast.
 */
export async function alone<T extends Item, R>(
  { kind, id }: { readonly kind: Kind<T>; readonly id: string },
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
 * The item, if this worker may take it now: it is due, or it broke down in this worker and not even that could be stored.
 * Call it within `alone`.
 */
export async function takeable<T extends Item>(
  tx: Transaction,
  { kind, item }: { readonly kind: Kind<T>; readonly item: T },
  worker: Pick<Worker, 'workerId'>,
): Promise<Open<T> | undefined> {
  if (!isOpen(item)) return undefined;
  if (dueOf(item) <= tx.now || isHeldBy(item, worker)) return item;
  // The queue may have merged a needed wake-up into this early one, so this may be the last one.
  await kind.wake(tx, item, dueOf(item));
  return undefined;
}

/** The fence: the item as it is now, if this worker still holds it. */
export async function stillHeld<T extends Item>(
  tx: Transaction,
  { kind, id }: { readonly kind: Kind<T>; readonly id: string },
  worker: Pick<Worker, 'workerId'>,
): Promise<Held<T> | undefined> {
  const item = await kind.store(tx).find(id);
  return item && isHeldBy(item, worker) ? item : undefined;
}

/**
 * Does the work in one transaction, if this worker still holds the item. The item's version fences the work: it is read only
 * where another process has changed it, after which the transaction runs again. So `work` saves the item.
 * @param known as this worker stored it last
 * @returns undefined when another worker has taken it
 */
export function whileHeld<T extends Item, R>(
  { kind, known }: { readonly kind: Kind<T>; readonly known: Held<T> & Item },
  worker: Pick<Worker, 'workerId'> & { readonly transact: UnitOfWork },
  work: (tx: Transaction, item: Held<T>) => Promise<R>,
): Promise<R | undefined> {
  let first: Held<T> | undefined = known;
  return worker.transact(async (tx) => {
    const item = first ?? (await stillHeld(tx, { kind, id: known.id }, worker));
    first = undefined;
    return item && work(tx, item);
  });
}

/**
 * The same for work that writes many rows before it saves the item. Another worker that has the item may have written them already, so
 * they may refuse what this one writes. So where anything fails at first, the item is read, and the transaction runs again.
 * @param held `lost` makes what is thrown when another worker has taken it
 */
export async function whileHeldOrLost<T extends Item, R>(
  held: {
    readonly kind: Kind<T>;
    readonly known: Held<T> & Item;
    readonly lost: (id: string) => Error;
  },
  worker: Pick<Worker, 'workerId'> & { readonly transact: UnitOfWork },
  work: (tx: Transaction, item: Held<T>) => Promise<R>,
): Promise<R> {
  const { id } = held.known;
  let isFirst = true;
  const done = await whileHeld<T, { readonly result: R }>(held, worker, async (tx, item) => {
    const mayBeStale = isFirst;
    isFirst = false;
    try {
      return { result: await work(tx, item) };
    } catch (error) {
      throw mayBeStale && !(error instanceof StaleWrite)
        ? Object.assign(new StaleWrite('item', id), { cause: error })
        : error;
    }
  });
  if (!done) throw held.lost(id);
  return done.result;
}

const isHeldBy = <T extends object>(
  item: T,
  { workerId }: Pick<Worker, 'workerId'>,
): item is Held<T> => isHeld(item) && item.workerId === workerId;

/** Long enough for a database that was busy. */
export const BREAKDOWN_PAUSE_MS = 5000;

/** An unsteady database has recovered by then, so an item that still breaks is broken itself. */
export const MAX_BREAKDOWNS = 5;

export const brokeDown = (): string =>
  t`Something went wrong in Latchkey, not in the app. Tell your Latchkey admin; the log says what it was.`;

/**
 * Frees the items of a dead worker at once. They are read first and stored later. When an item has changed in between, the worker
 * is alive, and `StaleWrite` says so.
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

/** A transaction with all wake-ups of a backlog would lock rows of the queue that workers need. */
const WOKEN_AT_ONCE = 10;

/** Wakes items that were due before then and that no worker has taken. */
export async function wakeOverdue<T>(
  { store, wake }: Woken<T>,
  before: Date,
  { stores, transact }: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const late = await store(stores).overdue(before);
  for (const some of chunksOf(late, WOKEN_AT_ONCE))
    await transact(async (tx) => {
      for (const item of some) await wake(tx, item, tx.now);
    });
}
