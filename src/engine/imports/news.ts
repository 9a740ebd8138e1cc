/** What is said of sync runs that nobody waits for. */
import type { Transaction } from '../ports/unit-of-work.ts';
import type { EndedSync, SyncIn } from './sync-run.ts';

/** Told in the transaction of the change. */
export interface SyncNews {
  /**
   * A scheduled run has ended, and there is something to say. Of several that failed alike only the first is told: its notice
   * (subject `syncSubject(run.noticeRunId)`) is refreshed with each of the others.
   */
  ended(tx: Transaction, run: EndedSync): Promise<void>;
  /** A scheduled import would make so many people that it waits for an admin. */
  held(tx: Transaction, run: SyncIn<'ready'>): Promise<void>;
}
