/** The deps for changes of sequences. */

import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { ChangeResult } from '../../../engine/sequences/changing.ts';
import { actorOf, type Turn } from '../../live/context.ts';

/** Runs in one transaction, which is retried if another person changes the same sequence. */
export const change = <T>(
  turn: Turn,
  work: (tx: Transaction, by: ChangedBy) => Promise<ChangeResult<T>>,
): Promise<ChangeResult<T>> => turn.transact((tx) => work(tx, { actor: actorOf(turn) }));
