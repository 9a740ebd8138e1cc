/** Who is told of requests and tasks. Queued with the change itself. */
import type { RequestNews } from '../../engine/ask-access.ts';
import type { TaskNews } from '../../engine/manual.ts';
import type { Transaction } from '../../engine/ports.ts';
import { requestCard } from './request-card.ts';
import { taskCard } from './task-card.ts';

/** Approvers get its card. Whoever asked has it already; whom it is for is told how it ended. */
export const requestNews: RequestNews = {
  async asked(tx, { id }, personIds) {
    for (const personId of personIds) await post(tx, personId, requestCard.with({ requestId: id }));
  },

  /** Every card follows the request, so only those who have none are written to. */
  async ended(tx, { id, personId, requestedById }) {
    if (personId !== requestedById) await post(tx, personId, requestCard.with({ requestId: id }));
  },
};

/** The assignee gets its card; without one every admin does. */
export const taskNews: TaskNews = {
  async opened(tx, { id, assigneeId }) {
    const readers =
      assigneeId === undefined ? (await tx.people.admins()).map((admin) => admin.id) : [assigneeId];
    for (const personId of readers) await post(tx, personId, taskCard.with({ taskId: id }));
  },
  ended: async () => undefined, // Its cards follow it.
};

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof requestCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
