import { newId } from '../../core/ids.ts';
import type { Queue } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { AuditNote, Stores, Transaction } from '../../engine/ports/unit-of-work.ts';

/** What work in a transaction gets, whatever keeps the rows. */
export function asTransaction(stores: Stores, queue: Queue, clock: Clock): Transaction {
  const entryOf = (note: AuditNote) => ({ ...note, id: newId(), at: clock() });
  return {
    ...stores,
    queue,
    get now() {
      return clock();
    },
    newId,
    audit: (what, about) => stores.auditLog.add(entryOf({ ...about, what })),
    auditAll: (notes) => stores.auditLog.addMany(notes.map(entryOf)),
  };
}
