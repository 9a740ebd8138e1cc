/** Who is notified of requests. Approvers get the card; the person and the requester learn how it ended. */
import { dayIn } from '../../../core/days.ts';
import type { LiveCardRef } from '../../../core/message.ts';
import { postNotice } from '../../../engine/messages/notices.ts';
import {
  addresseeOf,
  beganTogether,
  notifyAtOnce,
  notifyPerson,
  notifyTogether,
} from '../../../engine/messages/notify-person.ts';
import { personIdOf } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { Run } from '../../../engine/runs/run.ts';
import { cameToNothing } from '../../../engine/runs/run-again.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import { wishesOf } from '../../../engine/tasks/task.ts';
import type { EventOf } from '../../../engine/work/events.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { requestsFulfilledBy } from '../../../engine/work/topics.ts';
import { bundleRequestRef } from '../bundles/bundle-ref.ts';
import { failedRuns } from '../runs/failed-runs.ts';
import { runCard } from '../runs/run-card.ts';
import { delegateNotice } from './delegate-notice.ts';
import { requestCard } from './request-card.ts';
import { approverUnreachedNotice, requestNotice } from './request-notice.ts';

export const requestEvents = {
  /** A request comes at once, since someone may need it at night; a reminder waits for the end of quiet hours. */
  async 'approval-requested'(tx, { request, approverIds, isReminder }) {
    for (const personId of approverIds)
      if (await isNewsTo(tx, personId, { request, isReminder }))
        await (isReminder ? notify : post)(tx, personId, request);
    await notifyChannel(tx, request);
  },

  /** Owners and admins: at once, also at night; the review the next day after their quiet hours. */
  async 'break-glass'(tx, { request, reviewerIds, isReview }) {
    for (const personId of reviewerIds) await (isReview ? notify : post)(tx, personId, request);
  },

  /** An edit of their card notifies nobody, and until an OK they can't take it again. */
  'break-glass-reviewed': (tx, { request }) => notify(tx, request.personId, request),

  /** Whom it is for can withdraw it. Its requester has the card already. */
  'requested-for': (tx, { request }) => notify(tx, request.personId, request),

  /** A conversation of two who are at it now, so neither waits for the end of quiet hours. */
  async 'request-question'(tx, { request, question }) {
    const personId = question.answered ? question.askedById : request.requestedById;
    const card = requestCard.with({ requestId: request.id });
    if ((await tx.people.find(personId))?.active) await notifyAtOnce(tx, personId, { card });
  },

  /** The cards follow the request, but an edit notifies nobody: the person and the requester also get a new message. */
  async 'request-ended'(tx, { request, by }) {
    const { personId, requestedById } = request;
    for (const readerId of new Set([personId, requestedById])) {
      if (personIdOf(by) === readerId) continue;
      const isOwn = readerId === personId && requestedById === personId;
      const isAsRequested = request.requestedHours === undefined;
      // Their access has a message of its own.
      if (isOwn && isAsRequested && (await isGrantedNow(tx, request))) continue;
      await notify(tx, readerId, request);
    }
  },

  /**
   * It was approved and was not granted. Its approvers may not see the run, so they get the request, too, and admins get the run: only
   * they can do something about it.
   */
  async 'run-ended'(tx, { run }) {
    if (!cameToNothing(run)) return;
    const { id: runId } = run;
    const requests = await requestsFulfilledBy(tx, run, { runId });
    const notified = new Set<string>();
    for (const request of requests)
      for (const id of await notifyOfFailure(tx, request)) notified.add(id);
    const isAwaited =
      requests.length > 0 || (await tx.bundleRequests.begunBy({ runId })).length > 0;
    if (isAwaited && run.state === 'failed') await notifyAdmins(tx, run, notified);
  },

  async 'run-cancelled'(tx, { run, by }) {
    for (const request of await requestsFulfilledBy(tx, run, { runId: run.id }))
      if (personIdOf(by) !== request.requestedById)
        await notify(tx, request.requestedById, request);
  },

  /** Nobody grants it by hand any more. One task may be for several requests. */
  async 'task-ended'(tx, { task }) {
    if (task.kind !== 'grant' || task.state !== 'cancelled') return;
    for (const { requestId } of wishesOf(task)) {
      const request = requestId === undefined ? undefined : await tx.requests.find(requestId);
      if (request) await notify(tx, request.requestedById, request);
    }
  },

  'delegate-set': (tx, { personId, delegateId }) =>
    notifyPerson(tx, delegateId, {
      card: delegateNotice.with({ personId, delegateId }),
      key: `delegate:${personId}:${delegateId}`,
    }),

  async 'approver-unreached'(tx, { request, approverId }) {
    const { id: requestId, requestedById, bundleRequestId, createdAt } = request;
    if (bundleRequestId !== undefined) {
      const subject = `approver-unreached:${bundleRequestId}:${approverId}`;
      if (!(await tx.occurrences.claim(subject, dayOf(createdAt)))) return;
    }
    const card = approverUnreachedNotice.with({ requestId, approverId });
    await notifyAtOnce(tx, requestedById, { card });
  },
} satisfies EventHandlers;

/** Whether a run grants it now; by hand, or behind another grant, it takes longer. */
async function isGrantedNow(tx: Transaction, request: AccessRequest): Promise<boolean> {
  if (request.state !== 'approved' || request.runId === undefined) return false;
  return (await tx.runs.find(request.runId))?.state !== 'deferred';
}

/** @returns who is notified */
async function notifyOfFailure(
  tx: Transaction,
  request: AccessRequest,
): Promise<ReadonlySet<string>> {
  const verdicts = await tx.requests.verdicts(request.id);
  const notified = new Set([request.requestedById, ...verdicts.map((each) => each.personId)]);
  for (const personId of notified) await notify(tx, personId, request);
  return notified;
}

/** @param notified those who are notified of it already; the person who started it is left out, too */
async function notifyAdmins(
  tx: Transaction,
  { id: runId, startedBy }: Run,
  notified: ReadonlySet<string>,
): Promise<void> {
  for (const { id: personId } of await tx.people.admins()) {
    if (notified.has(personId) || personIdOf(startedBy) === personId) continue;
    await notifyTogether(tx, await addresseeOf(tx, personId, 'setup-failed'), {
      first: runCard.with({ runId }),
      others: () => failedRuns.with({ personId, ofAll: true }),
    });
  }
}

/** The card that shows the request: its own, or that of its bundle. A bundle's several requests queue one message. */
function cardOf({ id: requestId, bundleRequestId }: AccessRequest): {
  readonly card: LiveCardRef;
  readonly keyFor: (personId: string) => string | undefined;
} {
  return bundleRequestId === undefined
    ? { card: requestCard.with({ requestId }), keyFor: () => undefined }
    : {
        card: bundleRequestRef(bundleRequestId),
        keyFor: (personId) => `bundle-request:${bundleRequestId}:${personId}`,
      };
}

function notify(tx: Transaction, personId: string, request: AccessRequest): Promise<void> {
  const { card, keyFor } = cardOf(request);
  return notifyPerson(tx, personId, { card, key: keyFor(personId) });
}

const dayOf = (at: Date): Date => new Date(dayIn('UTC', at));

/**
 * A bundle's requests are reminded of one by one on the same day, and escalate one by one within minutes: the first one sends the card
 * of all.
 */
async function isNewsTo(
  tx: Transaction,
  personId: string,
  { request, isReminder }: Pick<EventOf<'approval-requested'>, 'request' | 'isReminder'>,
): Promise<boolean> {
  const { bundleRequestId, remindedAt } = request;
  if (bundleRequestId === undefined || remindedAt === undefined) return true;
  return isReminder
    ? tx.occurrences.claim(`bundle-reminder:${bundleRequestId}:${personId}`, dayOf(remindedAt))
    : tx.occurrences.claim(`bundle-asked:${bundleRequestId}:${personId}`, beganTogether(tx.now));
}

/** Once for each request, where the integration has a channel. */
async function notifyChannel(tx: Transaction, request: AccessRequest): Promise<void> {
  const { id: requestId, integrationId, createdAt } = request;
  const integration = await tx.integrations.find(integrationId);
  if (!settingsOf(integration).notices) return;
  if (!(await tx.occurrences.claim(`request-notice:${requestId}`, createdAt))) return;
  await postNotice(tx, requestNotice.with({ requestId }), { integrationId, follows: 'followed' });
}

function post(tx: Transaction, personId: string, request: AccessRequest): Promise<void> {
  const { card, keyFor } = cardOf(request);
  return notifyAtOnce(tx, personId, { card, key: keyFor(personId) });
}
