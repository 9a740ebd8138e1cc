import { randomBytes as randomBytesOfMachine } from 'node:crypto';
import { newId } from '../../core/ids.ts';
import { onceFor } from '../../core/once-for.ts';
import type { Clock, RandomBytes } from '../../engine/ports/time-and-chance.ts';
import type { AuditNote, Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import type { OnEvent } from '../../engine/work/on-event.ts';
import { PutOff } from '../../engine/work/put-off.ts';
import { refreshInvalidated } from '../../engine/work/topics.ts';
import { type JobStore, puttingOff } from '../queue/stored-queue.ts';

export interface TransactionDeps {
  readonly now: Clock;
  /** An IANA name. Default: UTC. */
  readonly timeZone?: string;
  /** Default: the machine's. */
  readonly randomBytes?: RandomBytes;
  /** Default: none. */
  readonly onEvent?: OnEvent;
}

/** Does the work of a transaction with any stores, and what follows from it. */
export async function workIn<T>(
  {
    stores,
    queue,
    ...deps
  }: TransactionDeps & { readonly stores: Stores; readonly queue: JobStore },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const tx = asTransaction(stores, queue, deps);
  const result = await work(tx);
  await refreshInvalidated(tx);
  await tx.putOff.end();
  return result;
}

function asTransaction(
  stores: Stores,
  queue: JobStore,
  { now, timeZone = 'UTC', randomBytes = randomBytesOfMachine, onEvent }: TransactionDeps,
): Transaction {
  const entryOf = (note: AuditNote) => ({ ...note, id: newId(), at: now() });
  const putOff = new PutOff();
  const own: Own = {
    queue: puttingOff(queue, putOff, now),
    newId,
    randomBytes,
    timeZone,
    invalidated: new Set(),
    putOff,
    emit: async (event) => onEvent?.(tx, event),
    audit: (what, about) => tx.auditAll([{ ...about, what }]),
    auditAll: (notes) => stores.auditLog.addMany(notes.map(entryOf)),
  };
  const tx: Transaction = Object.defineProperty(
    Object.assign({ ...unfilled(stores) }, own) as typeof own & Stores & { readonly now: Date },
    'now',
    { enumerable: true, configurable: true, get: now },
  );
  return tx;
}

/** What a transaction has beside the stores and the time. */
type Own = Omit<Transaction, keyof Stores | 'now'>;

const NOTHING: Record<keyof Own, undefined> = {
  queue: undefined,
  newId: undefined,
  randomBytes: undefined,
  timeZone: undefined,
  invalidated: undefined,
  putOff: undefined,
  emit: undefined,
  audit: undefined,
  auditAll: undefined,
};

/** V8 copies an object of so many properties at once. Adding the last ones to a copy of the stores takes eight times as long. */
const unfilled = onceFor((stores: Stores) => ({ ...stores, ...NOTHING }));
