/** An approver whom chat can't reach: they get an email, the request escalates, and the requester is notified. */
import { inLocale, t } from '../../core/translate.ts';
import { fullName } from '../people/directory.ts';
import { localeOf } from '../people/locales.ts';
import type { Mailer } from '../ports/sending.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { escalate } from './create-request.ts';

export interface UnreachedDeps extends Database, Time {
  /** Undefined where mail is off. */
  readonly mailer: Mailer | undefined;
}

/** @throws {ApproverNotEmailed} for a mail server that may take it later: the queue tries again */
export async function approverUnreached(
  requestId: string,
  approverId: string,
  deps: UnreachedDeps,
): Promise<void> {
  const { stores, transact, mailer } = deps;
  const [request, approver] = [
    await stores.requests.find(requestId),
    await stores.people.find(approverId),
  ];
  const waiting = await stores.requests.approvers(requestId, { waiting: true });
  const isAsked = waiting.includes(approverId);
  if (request?.state !== 'open' || !approver?.active || !isAsked) return;
  const [requester, integration] = [
    await stores.people.find(request.requestedById),
    await stores.integrations.find(request.integrationId),
  ];
  if (!requester || !integration) return;
  await transact(async (tx) => {
    const current = await tx.requests.find(requestId);
    if (current?.state !== 'open' || current.escalatedAt) return; // Admins are notified already.
    const why = () => t`an approver can't be reached in chat`;
    await escalate(tx, { request: current, integration }, why);
    await tx.emit({ kind: 'approver-unreached', request: current, approverId });
  });
  // After the commit: two emails are better than none, and both have one id.
  const settings = await workspaceSettings(stores);
  const mail = inLocale(localeOf(approver, settings), () => ({
    id: `request-${requestId}-${approverId}`,
    to: approver.email,
    subject: t`${fullName(requester)} requests ${integration.name}`,
    text: [
      t`${fullName(requester)} requests ${integration.name}, and you're an approver.`,
      t`Latchkey couldn't reach you in chat. Send "requests" to Latchkey in Slack or Teams to see the request and approve or deny it.`,
      t`Latchkey admins can approve it too.`,
    ].join('\n\n'),
  }));
  // There is no delivery for it, so nothing else would retry it.
  for (;;) {
    const sending = await mailer?.send(mail);
    if (sending?.kind === 'later') throw new ApproverNotEmailed();
    if (sending?.kind !== 'busy') return;
    await deps.pause(sending.afterMs);
  }
}

class ApproverNotEmailed extends Error {
  readonly code = 'approver-not-emailed';
  constructor() {
    super('The mail server has not taken the email to an approver');
    this.name = 'ApproverNotEmailed';
  }
}
