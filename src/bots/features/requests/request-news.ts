/** Who is told of requests and tasks. Queued with the change itself. */
import type { LiveCardRef } from '../../../core/message.ts';
import { postNotice } from '../../../engine/messages/notices.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { RequestNews } from '../../../engine/requests/ask-access.ts';
import {
  approverUnreached,
  type UnreachedParts,
} from '../../../engine/requests/unreached-approver.ts';
import type { TaskReminders } from '../../../engine/tasks/change-task.ts';
import type { TaskNews } from '../../../engine/tasks/manual.ts';
import type { Task } from '../../../engine/tasks/task.ts';
import { taskCard } from '../tasks/task-card.ts';
import { taskNotice } from '../tasks/task-notice.ts';
import { requestCard, requestPayload } from './request-card.ts';
import { approverUnreachedNotice, requestNotice } from './request-notice.ts';

/** Approvers get its card. Whoever asked has it already; whom it is for is told how it ended. */
export const requestNews: RequestNews = {
  async asked(tx, request, personIds) {
    for (const personId of personIds)
      await post(tx, personId, requestCard.with({ requestId: request.id }));
    await tellChannel(tx, request);
  },

  /** Every card follows the request, so only those who have none are written to. */
  async ended(tx, { id, personId, requestedById }) {
    if (personId !== requestedById) await post(tx, personId, requestCard.with({ requestId: id }));
  },
};

/** Where the integration has a channel of its own, that is told once. */
async function tellChannel(tx: Transaction, request: AccessRequest): Promise<void> {
  const { id: requestId, integrationId, createdAt } = request;
  const integration = await tx.integrations.find(integrationId);
  if (!integration?.settings?.notices) return;
  if (!(await tx.firings.claim(`request-notice:${requestId}`, createdAt))) return;
  const card = requestNotice.with({ requestId });
  await postNotice(tx, card, integrationId, 'followed');
}

/** What is done about an approver whom chat can't reach. */
export const unreachedBy =
  (parts: Omit<UnreachedParts, 'tellRequester'>) =>
  async (personId: string, { view, payload }: LiveCardRef): Promise<void> => {
    if (view !== requestCard.id) return;
    const { requestId } = requestPayload.parse(JSON.parse(payload));
    await approverUnreached(requestId, personId, {
      ...parts,
      tellRequester: (tx, id, requesterId, approverId) =>
        post(tx, requesterId, approverUnreachedNotice.with({ requestId: id, approverId })),
    });
  };

/** The assignee gets its card; without one every admin does. The person and the requester are notified when what it grants is there. */
export const taskNews: TaskNews = {
  async opened(tx, task, except) {
    for (const personId of await doersOf(tx, task))
      if (personId !== except) await post(tx, personId, taskCard.with({ taskId: task.id }));
  },

  async ended(tx, task) {
    // That access is gone is for its removal to say.
    if (task.state !== 'done' || task.kind !== 'grant') return;
    for (const { id, active } of await tx.people.findMany([...(await concernedBy(tx, task))]))
      if (active && id !== task.endedById) await post(tx, id, taskNotice.with({ taskId: task.id }));
  },
};

/** The same card once more: after a week admins have a look, too. */
export const taskReminders: TaskReminders = {
  async remind(tx, task, overdue) {
    const told = [...(await doersOf(tx, task)), ...(overdue ? await adminIds(tx) : [])];
    for (const personId of new Set(told))
      await post(tx, personId, taskCard.with({ taskId: task.id }));
  },
};

const doersOf = async (tx: Transaction, { assigneeId }: Task): Promise<readonly string[]> =>
  assigneeId === undefined ? adminIds(tx) : [assigneeId];

const adminIds = async (tx: Transaction): Promise<readonly string[]> =>
  (await tx.people.admins()).map(({ id }) => id);

/** The person and the requester. */
async function concernedBy(
  tx: Transaction,
  { personId, requestId }: Task,
): Promise<ReadonlySet<string>> {
  const request = requestId === undefined ? undefined : await tx.requests.find(requestId);
  return new Set([personId, ...(request ? [request.requestedById] : [])]);
}

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof requestCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
