/** People who joined a chat workspace and aren't in the directory: admins are asked about each of them, once. */
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate } from '../work/topics.ts';
import type { Join } from './join.ts';

/** All that are open, as a list. */
export const joinsSubject = 'joins';
export const joinSubject = (joinId: string): string => `join:${joinId}`;

/** Refreshes the questions about whoever has one of these addresses. */
export async function invalidateJoinOf(
  tx: Transaction,
  ...emails: readonly string[]
): Promise<void> {
  const joins = await tx.joins.byEmails(emails);
  if (joins.length > 0)
    await invalidate(tx, joinsSubject, ...joins.map(({ id }) => joinSubject(id)));
}

/** Admins are asked about each of so many on a day. An app that is rolled out to a whole company makes thousands join. */
const ASKED_ALONE = 10;

/**
 * Keeps who joined, and says what admins are to be asked: about this one, about all that are open, or nothing, since they
 * were asked about all that day, or about this one before.
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
  return (await tx.firings.claim(joinsSubject, day)) ? 'ask-about-all' : 'nothing';
}
