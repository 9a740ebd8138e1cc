/** Changes that an admin makes, such as those of a sequence or a rule. */

import type { ChangedBy } from '../../engine/people/directory.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../live/context.ts';

/** Runs in one transaction, which is retried if another person makes a change at the same moment. */
export const change = <R>(
  turn: Turn,
  work: (tx: Transaction, by: ChangedBy) => Promise<R>,
): Promise<R> => turn.transact((tx) => work(tx, { actor: actorOf(turn) }));
