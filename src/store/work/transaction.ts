import { randomBytes as randomBytesOfMachine } from 'node:crypto';
import { newId } from '../../core/ids.ts';
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
  const tx: Transaction = {
    ...stores,
    queue: puttingOff(queue, putOff, now),
    get now() {
      return now();
    },
    newId,
    randomBytes,
    timeZone,
    invalidated: new Set(),
    putOff,
    emit: async (event) => onEvent?.(tx, event),
    audit: (what, about) => tx.auditAll([{ ...about, what }]),
    auditAll: (notes) => stores.auditLog.addMany(notes.map(entryOf)),
  };
  return tx;
}
