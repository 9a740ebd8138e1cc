/**
 * The sealer. It gives each audit entry its place in the chain, a few hundred in one transaction of its own, so no other
 * transaction waits for a hash. Each worker's sweep looks for entries without a place and queues one job; the lock on the entries
 * and the key of the chain keep two sealers apart.
 */
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../ports/unit-of-work.ts';
import type { Woken } from './leased.ts';

/** In one transaction, as everywhere. */
export const SEALED_AT_ONCE = 250;
/** A click's write waits for at most one batch. */
const PAUSE_MS = 5;
/** In one job. After an upgrade the whole log waits; the next sweep goes on. */
const MAX_BATCHES = 200;

/** Wakes the sealer when entries wait for it. */
export const sealWork: Woken<'audit'> = {
  store: ({ auditChain }) => ({
    overdue: async () => ((await auditChain.hasUnsealed()) ? ['audit'] : []),
  }),
  wake: (tx) => tx.queue.push('audit.seal', {}, { lane: 'background', key: 'audit.seal' }),
};

export interface Sealing extends Pick<Time, 'pause'> {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

/** @returns how many it sealed */
export async function sealAudit({ stores, transact, pause }: Sealing): Promise<number> {
  let sealed = 0;
  for (let batch = 0; batch < MAX_BATCHES && (await stores.auditChain.hasUnsealed()); batch += 1) {
    if (batch > 0) await pause(PAUSE_MS);
    sealed += await transact((tx) => tx.auditChain.sealSome(SEALED_AT_ONCE, tx.now));
  }
  return sealed;
}
