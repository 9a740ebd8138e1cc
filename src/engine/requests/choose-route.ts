/**
 * Where the first case that may hold for a request needs to ask an integration, the request waits for this job, which asks outside
 * of a transaction.
 */
import { together } from '../../core/together.ts';
import { within } from '../../core/within.ts';
import { hasNow } from '../access/check-access.ts';
import type { AskDeps } from '../calls/ask.ts';
import { SYSTEM } from '../people/directory.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { type Route, routeFor } from '../settings/route.ts';
import { reviewNextMorning } from './break-glass.ts';
import { type ChosenRoute, chooseStages } from './choose-stages.ts';
import { askApprovers, endIfStuck, endRequest, fulfilUnapproved } from './create-request.ts';
import { readableContent } from './readable-content.ts';

/** How long integrations have to answer, all together. What they say later counts as no. */
const ASKED_MS = 5000;

export interface ChooseDeps extends AskDeps, Database, Time {}

/** The job: asks the integrations that decide, and goes on with the request. */
export async function chooseRoute(requestId: string, deps: ChooseDeps): Promise<void> {
  const { stores, transact, now } = deps;
  const until = now().getTime() + ASKED_MS;
  const checks = new Map<string, boolean>();
  for (;;) {
    const asked = await transact((tx) => goOn(tx, requestId, checks));
    if (asked.length === 0) return;
    const personId = (await stores.requests.find(requestId))?.personId ?? '';
    await together(
      asked.map(async (integrationId) => {
        const timeoutMs = until - now().getTime();
        // A check may be of several accounts, each with a token of its own: nobody waits for the slowest.
        const has =
          timeoutMs > 0 &&
          (await within(timeoutMs, hasNow(personId, integrationId, { ...deps, timeoutMs })));
        checks.set(integrationId, has === true && now().getTime() <= until);
      }),
    );
  }
}

/** Where the job can't be done: none of them has said yes. */
export async function chooseWithoutAsking(tx: Transaction, requestId: string): Promise<void> {
  const checks = new Map<string, boolean>();
  for (;;) {
    const asked = await goOn(tx, requestId, checks);
    if (asked.length === 0) return;
    for (const id of asked) checks.set(id, false);
  }
}

/** @returns whom to ask first; empty where the request has its stages, or has ended */
async function goOn(
  tx: Transaction,
  requestId: string,
  checks: ReadonlyMap<string, boolean>,
): Promise<readonly string[]> {
  const request = await tx.requests.find(requestId);
  const route = request && routeFor(request);
  if (request?.state !== 'open' || route?.kind !== 'checking') return [];
  const [person, requester, integration] = [
    await tx.people.find(request.personId),
    await tx.people.find(request.requestedById),
    await tx.integrations.find(request.integrationId),
  ];
  if (!person || !requester || !integration) return [];
  // Who has left since gets nothing, and nothing is approved for their sake.
  if (!person.active || !requester.active) {
    await endRequest(tx, request, { state: 'cancelled', actor: SYSTEM });
    return [];
  }
  const form = (await readableContent(tx, requestId))?.form; // Undefined: admins approve where an answer decides.
  const chosen = await chooseStages(route.route, { person, requester, form, checks }, tx);
  if (chosen.kind === 'ask') return chosen.integrationIds;
  // What asks may have stood still for long.
  const routed = await tx.requests.save({
    ...request,
    route: {
      kind: 'stages',
      stages: [...chosen.stages],
      stageSince: tx.now.toISOString(),
    },
  });
  if (routed.state !== 'open') return [];
  const by = { kind: 'person', personId: requester.id, via: 'web' } as const; // Whose rights count.
  const done = await fulfilUnapproved(tx, routed, { integration, by });
  if (done?.kind === 'approved') {
    if (isAnswered(route.route, chosen)) await reviewNextMorning(tx, done.request, integration);
    await tx.emit({ kind: 'request-ended', request: done.request, by: SYSTEM });
  } else if (!(await endIfStuck(tx, routed, integration)))
    await askApprovers(tx, routed, integration);
  return [];
}

/** Whether an integration's answer chose the stages. */
const isAnswered = (
  { cases }: Route,
  { index }: Extract<ChosenRoute, { readonly kind: 'stages' }>,
): boolean =>
  index !== undefined && (cases[index]?.when.some(({ kind }) => kind === 'check') ?? false);
