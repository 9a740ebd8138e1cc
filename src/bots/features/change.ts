/** Changes that an admin makes, such as those of a sequence or a rule. */
import type { ChangedBy } from '../../engine/people/directory.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../live/context.ts';
import type { Reply } from '../view/action.ts';
import { note } from '../view/card.ts';
import { refuse } from './admins.ts';

/**
 * Runs in one transaction, which is retried if another person makes a change at the same moment.
 * @param work gets who changes it, for the audit log
 */
export const change = <R>(
  turn: Turn,
  work: (tx: Transaction, by: ChangedBy) => Promise<R>,
): Promise<R> => turn.transact((tx) => work(tx, { actor: actorOf(turn) }));

/** The answer to a change: `reply`, or why it wasn't made. @param title `Nothing changed` */
export const unlessFailed = (
  changed: { readonly ok: true } | { readonly ok: false; readonly why: string },
  title: string,
  reply: Reply = { kind: 'nothing' },
): Reply => (changed.ok ? reply : refuse(note(title, changed.why)));

/**
 * What someone changes with a form, apart from the rest that it holds: others may change that between the form's reading and
 * its transaction.
 * @param before as it was when the form was read
 */
export const changedFrom = <T extends object>(before: T, next: Partial<T>): Partial<T> =>
  Object.fromEntries(
    Object.entries(next).filter(([key, value]) => !isAlike(value, before[key as keyof T])),
  ) as Partial<T>;

/** Whether nothing has changed from one to the other, as they are stored. */
export const isAlike = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The list with `item` in the place `at`, or at its end where there is no place. */
export const putAt = <T>(all: readonly T[], item: T, at: number | undefined): T[] =>
  at === undefined ? [...all, item] : all.map((each, place) => (place === at ? item : each));
