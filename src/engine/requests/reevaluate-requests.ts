/**
 * Re-evaluates open requests after a change of a manager, a role, a policy, a person or an integration. A request that nobody
 * could use any more is cancelled. For the others, new approvers are notified.
 */
import { eachAlone } from '../../core/each-alone.ts';
import { t } from '../../core/translate.ts';
import type { RequestFilter } from '../ports/access-stores.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { policyOf } from '../settings/settings.ts';
import { type Approvers, approvedSeats, approversOf, isFilled } from './approvers.ts';
import { askApprovers, endRequest, escalate } from './create-request.ts';
import { fulfil } from './fulfil-request.ts';

type Changed = Jobs['requests.re-evaluate'];

const AT_ONCE = 100;

export async function reevaluateRequests(
  { personId, integrationId }: Changed,
  deps: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const filters: readonly RequestFilter[] = [
    ...(integrationId === undefined ? [] : [{ integrationId }]),
    ...(personId === undefined ? [] : await about(personId, deps.stores)),
  ];
  const ids = new Set<string>();
  for (const filter of filters)
    for (let offset = 0; ; offset += AT_ONCE) {
      const { requests } = await deps.stores.requests.list(
        { ...filter, state: 'open' },
        { offset, limit: AT_ONCE },
      );
      for (const { id } of requests) ids.add(id);
      if (requests.length < AT_ONCE) break;
    }
  await eachAlone(ids, (id) => deps.transact((tx) => reevaluate(tx, id)));
}

/**
 * The requests that a change of this person concerns: they are the person, the requester, an approver, or an approver again
 * now that they are back. A new admin may approve any request.
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

async function reevaluate(tx: Transaction, id: string): Promise<void> {
  const request = await tx.requests.find(id);
  if (request?.state !== 'open') return;
  const [person, requester, integration] = [
    await tx.people.find(request.personId),
    await tx.people.find(request.requestedById),
    await tx.integrations.find(request.integrationId),
  ];
  const isOver =
    !person?.active || !requester?.active || !integration?.enabled || integration.deletedAt;
  if (isOver)
    return void (await endRequest(tx, request, { state: 'cancelled', actor: { kind: 'system' } }));
  const verdicts = await tx.requests.verdicts(request.id);
  const approversSince = (escalatedAt = request.escalatedAt): Promise<Approvers> => {
    const as = { ...request, escalatedAt: escalatedAt ?? request.escalatedAt };
    return approversOf({ request: as, integration }, tx, tx);
  };
  const approvers = await approversSince();
  if (approvedSeats(approvers, verdicts) >= approvers.needed) {
    // The policy of now needs no more approvals than the request has, so nobody has to press Approve.
    const why = () => t`it has every approval that today's rules need`;
    const done = await fulfil(tx, request, { actor: { kind: 'system' }, why });
    if (done.kind === 'approved')
      return tx.emit({ kind: 'request-ended', request: done.request, by: { kind: 'system' } });
  }
  const isStuck = ({ seats }: Approvers) => seats.every((seat) => isFilled(seat, verdicts));
  if (!request.escalatedAt && isStuck(approvers) && !isStuck(await approversSince(tx.now))) {
    const why = () => t`no other approver is left`;
    return escalate(tx, { request, integration }, why);
  }
  await askApprovers(tx, request, integration);
}
