/**
 * Re-evaluates open requests after a change of a manager, a role, a group, a person or an integration. A request that nobody could
 * use or approve any more is cancelled. For the others, new approvers are notified.
 */
import { compact } from '../../core/compact.ts';
import { eachAlone } from '../../core/each-alone.ts';
import { t } from '../../core/translate.ts';
import { type Integration, type Person, SYSTEM } from '../people/directory.ts';
import type { RequestFilter } from '../ports/access-stores.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Database, Stores, Transaction } from '../ports/unit-of-work.ts';
import { type Group, routeFor } from '../settings/route.ts';
import { settingsOf } from '../settings/settings.ts';
import type { AccessRequest } from './access-request.ts';
import { approversOf, stagesFor } from './approvers.ts';
import { askApprovers, endRequest } from './create-request.ts';
import { fulfil } from './fulfil-request.ts';
import { groupMatch } from './groups.ts';

type Changed = Jobs['requests.re-evaluate'];

const AT_ONCE = 100;

export async function reevaluateRequests(
  { personId, integrationId, sameStanding = false }: Changed,
  deps: Pick<Database, 'stores' | 'transact'>,
): Promise<void> {
  const filters: readonly RequestFilter[] = compact([
    integrationId !== undefined && { integrationId },
    ...(personId === undefined ? [] : await about({ personId, sameStanding }, deps.stores)),
  ]);
  const ids = new Set<string>(personId === undefined ? [] : await naming(personId, deps.stores));
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
 * The requests that a change of this person concerns: they are the person, the requester, an approver now or in an earlier stage,
 * or an approver again now that they are back. A new admin may approve any request. With the same standing they approve what they
 * did, but for groups.
 */
async function about(
  { personId, sameStanding }: { readonly personId: string; readonly sameStanding: boolean },
  stores: Stores,
): Promise<readonly RequestFilter[]> {
  const person = await stores.people.find(personId);
  if (!sameStanding && person?.active && person.role === 'admin') return [{}];
  const reports = await stores.people.reportsOf(personId);
  const narrowed = sameStanding ? ({ namesPeople: true } as const) : {};
  return compact([
    { personIds: [personId] },
    { requestedById: personId },
    { approverId: personId, ...narrowed },
    // Of an earlier stage: their press may count no more.
    { saidById: personId, ...narrowed },
    reports.length > 0 && { personIds: reports.map(({ id }) => id) },
  ]);
}

/** Open requests whose stages name this person, or whose groups they joined or left. */
async function naming(personId: string, stores: Stores): Promise<readonly string[]> {
  const person = await stores.people.find(personId);
  if (!person) return [];
  const integrations = new Map<string, Integration | undefined>();
  const isIn = membership(person, stores);
  const ids: string[] = [];
  for (let offset = 0; ; offset += AT_ONCE) {
    const { requests } = await stores.requests.list(
      { state: 'open', namesPeople: true },
      { offset, limit: AT_ONCE },
    );
    for (const request of requests) {
      const { integrationId } = request;
      if (!integrations.has(integrationId))
        integrations.set(integrationId, await stores.integrations.find(integrationId));
      const integration = integrations.get(integrationId);
      if (integration && (await isNamed(person, { request, integration, isIn }, stores)))
        ids.push(request.id);
    }
    if (requests.length < AT_ONCE) return ids;
  }
}

async function isNamed(
  person: Person,
  {
    request,
    integration,
    isIn,
  }: {
    readonly request: AccessRequest;
    readonly integration: Integration;
    readonly isIn: (group: Group) => Promise<boolean>;
  },
  stores: Stores,
): Promise<boolean> {
  const { id, active } = person;
  for (const approvers of stagesFor(request, integration).flatMap((stage) => stage.approvers)) {
    if (approvers.kind === 'people' && approvers.personIds.includes(id)) return true;
    if (approvers.kind === 'owners' && settingsOf(integration).ownerIds?.includes(id)) return true;
    if (approvers.kind !== 'group' || !active) continue;
    // Someone who was asked, and no longer is, is found by `about`.
    if (await isIn(approvers.group))
      return !(await stores.requests.approvers(request.id)).includes(id);
  }
  return false;
}

/** Whether they are in a group: many requests have the same one. */
function membership(person: Person, stores: Stores): (group: Group) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (group) => {
    const key = JSON.stringify(group);
    const before = known.get(key);
    if (before !== undefined) return before;
    const match = await groupMatch(stores, group);
    const isIn = (await match([person])).length > 0;
    known.set(key, isIn);
    return isIn;
  };
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
  if (isOver) return void (await endRequest(tx, request, { state: 'cancelled', actor: SYSTEM }));
  if (routeFor(request)?.kind === 'checking') return;
  const { state } = await approversOf({ request, integration, isThorough: true }, tx, tx);
  // Where its route can't be read, it isn't known whether the approvals so far are all that it needs: an admin has to press.
  if (state === 'approved' && request.route !== 'unread') {
    // Its stages have every approval, since a seat that was missing has its person again: nobody has to press Approve.
    const why = () => t`it has every approval that it needs`;
    const done = await fulfil(tx, request, { actor: SYSTEM, why });
    if (done.kind === 'approved')
      return tx.emit({ kind: 'request-ended', request: done.request, by: SYSTEM });
  }
  await askApprovers(tx, request, integration);
}
