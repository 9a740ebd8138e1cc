/** What changes of sequences need besides the transaction. */

import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import type { Changed, Changing } from '../../engine/sequences/changing.ts';
import type { SequenceParts } from '../../engine/sequences/fire.ts';
import { askingOf } from './asking.ts';
import { actorOf, type Turn } from './context.ts';

const changingBy = (turn: Turn): Changing => ({
  now: turn.now,
  newId: turn.newId,
  actor: actorOf(turn),
});

/** What firing and planning needs. */
export const sequencePartsOf = (turn: Turn): SequenceParts => ({
  ...askingOf(turn),
  sequenceNews: turn.sequenceNews,
});

/** In one transaction, again where somebody else changes the same sequence at the same moment. */
export const change = <T>(
  turn: Turn,
  work: (tx: Transaction, by: Changing) => Promise<Changed<T>>,
): Promise<Changed<T>> => retryStale(() => turn.transact((tx) => work(tx, changingBy(turn))));
