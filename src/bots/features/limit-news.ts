/** Who is told of the end of somebody's access. Queued with the change itself. */
import type { LimitNews } from '../../engine/end-limits.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { limitSubject } from '../../engine/subjects.ts';
import type { TimeLimit } from '../../engine/time-limit.ts';
import { limitCard } from './limit-card.ts';

export const limitNews: LimitNews = {
  ending: tellThem,
  ended: tellThem,

  /** Said after each try; each admin gets one card, which follows it from then on. */
  async stuck(tx, limit) {
    const cards = await tx.messages.bySubjects([limitSubject(limit.id)]);
    for (const { id } of await tx.people.admins())
      if (!cards.some(({ readerId }) => readerId === id)) await post(tx, id, limit);
  },
};

/** Whoever has left reads nothing of it any more. */
async function tellThem(tx: Transaction, limit: TimeLimit): Promise<void> {
  const person = await tx.people.find(limit.personId);
  if (person?.active) await post(tx, person.id, limit);
}

/** Under a key, so that one which still waits to be sent isn't queued a second time. */
const post = (tx: Transaction, personId: string, { id: limitId }: TimeLimit): Promise<void> =>
  tx.queue.push(
    'message.post',
    { personId, card: limitCard.with({ limitId }) },
    { lane: 'chat', key: `limit:${limitId}:${personId}` },
  );
