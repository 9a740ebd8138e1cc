/** People who joined a chat workspace and aren't in the directory. Latchkey asks admins about each of them once. */
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate } from '../work/topics.ts';
import type { Join } from './join.ts';

/** The list of open joins. */
export const joinsSubject = 'joins';
export const joinSubject = (joinId: string): string => `join:${joinId}`;

/** Refreshes the questions about people with these addresses. */
export async function invalidateJoinOf(
  tx: Transaction,
  ...emails: readonly string[]
): Promise<void> {
  const joins = await tx.joins.byEmails(emails);
  if (joins.length > 0)
    await invalidate(tx, joinsSubject, ...joins.map(({ id }) => joinSubject(id)));
}

/** Questions about one person, per day. Beyond that one question covers all: an app for a whole company makes thousands join. */
const ASKED_ALONE = 10;

/**
 * Stores who joined. @returns which question admins get: about this person, about all open joins, or none, if they already
 * have one of these
 */
export async function noteJoin(
  tx: Transaction,
  join: Join,
): Promise<'ask-alone' | 'ask-about-all' | 'nothing'> {
  if ((await tx.joins.insert(join)) === 'taken') return 'nothing';
  await invalidate(tx, joinsSubject);
  const day = new Date(join.joinedAt);
  day.setUTCHours(0, 0, 0, 0);
  if ((await tx.joins.countSince(day)) <= ASKED_ALONE) return 'ask-alone';
  return (await tx.occurrences.claim(joinsSubject, day)) ? 'ask-about-all' : 'nothing';
}
