import { randomBytes as randomBytesOfMachine } from 'node:crypto';
import { newId } from '../../core/ids.ts';
import { onceFor } from '../../core/once-for.ts';
import type { AccessIds } from '../../engine/people/directory.ts';
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
  const changedAccess = new Map<string, AccessIds>();
  const own: Own = {
    ...noting(stores, ({ personId, integrationId }) => {
      if (integrationId !== undefined)
        changedAccess.set(`${personId} ${integrationId}`, { personId, integrationId });
    }),
    changedAccess,
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

/** Whose rows say what there is about one person's access to one app, and which cards show. A run has topics of its own. */
type AboutAccess = 'holds' | 'removals' | 'requests' | 'tasks';

interface ChangedRow {
  readonly personId: string;
  readonly integrationId?: string | undefined;
}

/** The stores that note what they write: who writes need not know which cards show it. */
function noting(
  { holds, removals, requests, tasks }: Stores,
  note: (row: ChangedRow) => void,
): Pick<Stores, AboutAccess> {
  const noted = <R extends ChangedRow>(row: R): R => {
    note(row);
    return row;
  };
  return {
    holds: {
      ...holds,
      insert: (hold) => holds.insert(noted(hold)),
      save: (hold) => holds.save(noted(hold)),
      setEnd: (some, endsAt) => holds.setEnd(some.map(noted), endsAt),
    },
    removals: {
      ...removals,
      insert: (removal) => removals.insert(noted(removal)),
      save: (removal) => removals.save(noted(removal)),
    },
    requests: {
      ...requests,
      insert: (request, content) => requests.insert(noted(request), content),
      save: (request) => requests.save(noted(request)),
    },
    tasks: {
      ...tasks,
      insert: (task) => tasks.insert(noted(task)),
      save: (task) => tasks.save(noted(task)),
    },
  };
}

/** What a transaction has beside the stores and the time. */
type Own = Omit<Transaction, Exclude<keyof Stores, AboutAccess> | 'now'>;

const NOTHING: Record<keyof Own, undefined> = {
  queue: undefined,
  newId: undefined,
  randomBytes: undefined,
  timeZone: undefined,
  invalidated: undefined,
  changedAccess: undefined,
  holds: undefined,
  removals: undefined,
  requests: undefined,
  tasks: undefined,
  putOff: undefined,
  emit: undefined,
  audit: undefined,
  auditAll: undefined,
};

/** V8 copies an object of so many properties at once. Adding the last ones to a copy of the stores takes eight times as long. */
const unfilled = onceFor((stores: Stores) => ({ ...stores, ...NOTHING }));
