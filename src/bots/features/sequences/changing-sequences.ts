/** What changes of sequences need besides the transaction. */

import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Changed, Changing } from '../../../engine/sequences/changing.ts';
import type { SequenceParts } from '../../../engine/sequences/fire.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { askingOf } from '../tasks/asking.ts';

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
): Promise<Changed<T>> => turn.transact((tx) => work(tx, changingBy(turn)));
