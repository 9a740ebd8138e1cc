/** What changes of sequences need besides the transaction. */

import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { ChangedBy, ChangeResult } from '../../../engine/sequences/changing.ts';
import { actorOf, type Turn } from '../../live/context.ts';

/** In one transaction, again where somebody else changes the same sequence at the same moment. */
export const change = <T>(
  turn: Turn,
  work: (tx: Transaction, by: ChangedBy) => Promise<ChangeResult<T>>,
): Promise<ChangeResult<T>> => turn.transact((tx) => work(tx, { actor: actorOf(turn) }));
