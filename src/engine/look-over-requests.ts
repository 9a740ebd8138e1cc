/**
 * Something has changed that open requests stand on: a manager, a role, a policy, whether somebody or something is still
 * here. Each is looked over: it ends where nobody could use it any more, and else those are asked who decide it now.
 */
import { eachAlone } from '../core/each-alone.ts';
import { say } from '../core/say.ts';
import { approversOf, isFilled } from './approvers.ts';
import { type Asking, askApprovers, endRequest, escalate } from './ask-access.ts';
import { fulfil } from './fulfil-request.ts';
import type { RequestFilter } from './ports/access-stores.ts';
import type { Jobs } from './ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import { policyOf } from './settings.ts';

type Changed = Jobs['requests.look-over'];

const AT_ONCE = 100;

export async function lookOverRequests(
  { personId, integrationId }: Changed,
  parts: Asking & { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const filters: readonly RequestFilter[] = [
    ...(integrationId === undefined ? [] : [{ integrationId }]),
    ...(personId === undefined ? [] : await about(personId, parts.stores)),
  ];
  const ids = new Set<string>();
  for (const filter of filters)
    for (let offset = 0; ; offset += AT_ONCE) {
      const { requests } = await parts.stores.requests.list(
        { ...filter, state: 'open' },
        { offset, limit: AT_ONCE },
      );
      for (const { id } of requests) ids.add(id);
      if (requests.length < AT_ONCE) break;
    }
  await eachAlone(ids, (id) => retryStale(() => parts.transact((tx) => lookOver(tx, id, parts))));
}

/**
 * A person may be whom it is for, who asked for it, who decides it, or who does so again now that they are back. Admins may
 * come to decide any.
 */
async function about(personId: string, stores: Stores): Promise<readonly RequestFilter[]> {
  const person = await stores.people.find(personId);
  if (person?.active && person.role === 'admin') return [{}];
  const reports = await stores.people.reportsOf(personId);
  const named = (await stores.integrations.list()).filter((integration) => {
    const { approvers } = policyOf(integration);
    return approvers.kind === 'people' && approvers.personIds.includes(personId);
  });
  return [
    { personIds: [personId] },
    { requestedById: personId },
    { approverId: personId },
    ...(reports.length > 0 ? [{ personIds: reports.map(({ id }) => id) }] : []),
    ...named.map(({ id }) => ({ integrationId: id })),
  ];
}

async function lookOver(tx: Transaction, id: string, asking: Asking): Promise<void> {
  const request = await tx.requests.find(id);
  if (request?.state !== 'open') return;
  const [person, requester, integration] = [
    await tx.people.find(request.personId),
    await tx.people.find(request.requestedById),
    await tx.integrations.find(request.integrationId),
  ];
  const isOver =
    !person?.active || !requester?.active || !integration?.enabled || integration.deletedAt;
  if (isOver) return void (await endRequest(tx, request, 'cancelled', { kind: 'system' }, asking));
  const verdicts = await tx.requests.verdicts(request.id);
  /** Whoever could still decide it has gone, and the others have had their say: nobody could press anything any more. */
  const isStuck = async (escalatedAt = request.escalatedAt): Promise<boolean> => {
    const as = { ...request, ...(escalatedAt && { escalatedAt }) };
    const at = { now: asking.now(), timeZone: asking.timeZone };
    const { seats } = await approversOf(as, integration, tx, at);
    return seats.length > 0 && seats.every((seat) => isFilled(seat, verdicts));
  };
  const why = () => say`nobody else is left who decides`;
  if (await isStuck()) {
    if (!(await isStuck(asking.now()))) return escalate(tx, request, integration, asking, why);
    // All who may decide it have approved, admins among them; no more than there are have to.
    const done = await fulfil(tx, request, { kind: 'system' }, asking, why);
    if (done.kind === 'approved') return asking.news.ended(tx, done.request);
  }
  await askApprovers(tx, request, integration, asking);
}
