import { newId } from '../../core/ids.ts';
import type { Queue } from '../../engine/ports/jobs.ts';
import type { AuditNote, Stores, Transaction } from '../../engine/ports/unit-of-work.ts';

/** What work in a transaction gets, whatever keeps the rows. @param now when it began */
export function asTransaction(stores: Stores, queue: Queue, now: Date): Transaction {
  const entryOf = (note: AuditNote) => ({ ...note, id: newId(), at: now });
  return {
    ...stores,
    queue,
    now,
    newId,
    audit: (what, about) => stores.auditLog.add(entryOf({ ...about, what })),
    auditAll: (notes) => stores.auditLog.addMany(notes.map(entryOf)),
  };
}
