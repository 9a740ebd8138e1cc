/** What starting a run needs besides the transaction. */
import type { Clock, NewId, RandomBytes } from '../ports/time-and-chance.ts';

export interface Starting {
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}
