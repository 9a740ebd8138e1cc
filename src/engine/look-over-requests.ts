/**
 * Something has changed that open requests stand on: a manager, a role, a policy, whether somebody or something is still
 * here. Each is looked over: it ends where nobody could use it any more, and else those are asked who decide it now.
 */
import { type Asking, askApprovers, endRequest } from './ask-access.ts';
import type { RequestFilter } from './ports/access-stores.ts';
import type { Jobs } from './ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';

type Changed = Jobs['requests.look-over'];

const AT_ONCE = 100;

export async function lookOverRequests(
  { personId, integrationId }: Changed,
  parts: Asking & { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const filters: readonly RequestFilter[] = [
    ...(integrationId === undefined ? [] : [{ integrationId }]),
    // A person may be whom it is for, who asked for it, or who decides it.
    ...(personId === undefined
      ? []
      : [{ personIds: [personId] }, { requestedById: personId }, { approverId: personId }]),
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
  for (const id of ids) await retryStale(() => parts.transact((tx) => lookOver(tx, id, parts)));
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
  if (isOver) await endRequest(tx, request, 'cancelled', { kind: 'system' }, asking);
  else await askApprovers(tx, request, integration, asking);
}
