/** Requesting access, and withdrawing or ending a request. */
import { checkHours, hoursWords } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { heldToExtend } from '../access/held-answers.ts';
import { whyNotSetUp } from '../integrations/integration-state.ts';
import {
  type Actor,
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
  SYSTEM,
} from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import { may, mayAt, mayRequestFor } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { routeFor } from '../settings/route.ts';
import { policyOf, routeOf } from '../settings/settings.ts';
import { invalidateRequest } from '../work/topics.ts';
import {
  type AccessRequest,
  type AccessRequestIn,
  aboutRequest,
  type RequestContent,
  stuckUntil,
} from './access-request.ts';
import { type Approvers, approversOf, needsApproval, stagesFor } from './approvers.ts';
import { type Fulfilled, fulfil } from './fulfil-request.ts';
import { pressNow } from './press-now.ts';
import { queueReevaluation } from './queue-reevaluation.ts';
import { readableContent } from './readable-content.ts';
import { type Approval, foreseeApproval, isUnapproved, whyNotRequest } from './requestable.ts';

export interface AccessWish extends PersonAtApp {
  readonly actor: Actor;
  /** Mostly the same as `person`, whom it is for. */
  readonly requester: Person;
  readonly hours?: number;
  /** For an extension the answers of the earlier grant replace these. */
  readonly content: RequestContent;
  /** It is for an item of that bundle request, and grants its answers also where it could extend an earlier hold. */
  readonly bundleRequestId?: string;
  /** The requester may grant it, but not with these answers. Then the policy's rule for requesters does not apply. */
  readonly insteadOfGrant?: boolean;
}

export type RequestOutcome =
  | { readonly kind: 'requested'; readonly request: AccessRequest }
  | { readonly kind: 'open-already'; readonly request: AccessRequest }
  | { readonly kind: 'refused'; readonly why: string };

/** @throws {RangeError} the hours are not whole */
export async function createRequest(tx: Transaction, wish: AccessWish): Promise<RequestOutcome> {
  checkHours(wish.hours);
  // Both: a person who leaves ends their requests before or after this.
  const locked = await tx.people.holdMany([wish.person.id, wish.requester.id]);
  const person = locked.find(({ id }) => id === wish.person.id);
  const requester = locked.find(({ id }) => id === wish.requester.id);
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  if (!person || !integration)
    return { kind: 'refused', why: t`The person or the integration has been deleted.` };
  if (!requester || !mayRequestFor(requester, person))
    return { kind: 'refused', why: t`You can't request access for ${fullName(person)}.` };
  const why = whyNotRequest(person, integration, wish) ?? whyNotSoLong(integration, wish.hours);
  if (why !== undefined) return { kind: 'refused', why };

  // A manager or a bundle wants to grant other answers than the person has.
  const keepsAnswers = !wish.insteadOfGrant && wish.bundleRequestId === undefined;
  const held = keepsAnswers ? await heldToExtend(tx, person.id, integration) : undefined;
  // More time of what they have needs nothing from the app.
  const notSetUp = held ? undefined : await whyNotSetUp(tx, integration);
  if (notSetUp !== undefined) return { kind: 'refused', why: notSetUp };
  const { content } = wish;
  const shown = held ? { ...content, form: held.form, answers: held.answers, facts: {} } : content;
  const foreseen = { actor: wish.actor, requester, person, integration, form: content.form, held };
  const approval = await foreseeApproval(tx, foreseen, tx);
  if (approval.kind === 'no-approvers') {
    const open = await tx.requests.openFor(person.id, integration.id);
    return open ? { kind: 'open-already', request: open } : { kind: 'refused', why: approval.why };
  }
  const request: AccessRequestIn<'open'> = {
    id: tx.newId(),
    version: 1,
    kind: held ? 'extend' : 'grant',
    integrationId: integration.id,
    personId: person.id,
    requestedById: wish.requester.id,
    hours: wish.hours,
    createdAt: tx.now,
    bundleRequestId: wish.bundleRequestId,
    state: 'open',
    route:
      approval.kind === 'checking'
        ? { kind: 'checking', route: routeOf(policyOf(integration)) }
        : { kind: 'stages', stages: [...approval.stages] },
  };
  if ((await tx.requests.insert(request, shown)) === 'taken') {
    const open = await tx.requests.openFor(person.id, integration.id);
    if (!open) throw new Error('A request was in the way and is gone within one transaction');
    return { kind: 'open-already', request: open };
  }
  const { hours } = request;
  const detail = hours === undefined ? undefined : { hours };
  await tx.audit('request.made', aboutRequest(request, wish.actor, detail));
  await invalidateRequest(tx, request);
  return sendOn(tx, { request, by: wish.actor }, approval);
}

/** To those who approve it, or to the job that chooses them; where nobody has to approve it, it is fulfilled. */
async function sendOn(
  tx: Transaction,
  { request, by }: { readonly request: AccessRequestIn<'open'>; readonly by: Actor },
  approval: Exclude<Approval, { readonly kind: 'no-approvers' }>,
): Promise<RequestOutcome> {
  if (approval.kind === 'automatic') {
    const done = await fulfil(tx, request, { actor: SYSTEM });
    if (done.kind === 'refused') return notRequested(tx, request, done.why);
    await tx.emit({ kind: 'request-ended', request: done.request, by });
    return { kind: 'requested', request: done.request };
  }
  if (approval.kind === 'approvers') await ask(tx, request, approval.approvers);
  else await tx.queue.push('request.route', { requestId: request.id }, { lane: 'interactive' });
  await tellPerson(tx, request);
  return { kind: 'requested', request };
}

/** Someone whom another person has made it for. */
async function tellPerson(tx: Transaction, request: AccessRequest): Promise<void> {
  if (request.personId !== request.requestedById) await tx.emit({ kind: 'requested-for', request });
}

/** Where nobody has to approve it. @returns undefined where someone has to, or where it can't be read and is only denied */
export async function fulfilUnapproved(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  { integration, by }: { readonly integration: Integration; readonly by: Actor },
): Promise<Fulfilled | undefined> {
  const stages = stagesFor(request, integration);
  const content = stages.length === 0 && (await readableContent(tx, request.id));
  if (!content) return undefined;
  const ofNeed = () => needsApproval({ ...request, content }, integration, tx);
  return (await isUnapproved(stages, { by, needsApproval: ofNeed }, tx))
    ? fulfil(tx, request, { actor: SYSTEM })
    : undefined;
}

/** It can't be fulfilled. It is cancelled without an event: the requester reads why at once. */
async function notRequested(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  why: string,
): Promise<RequestOutcome> {
  await tx.requests.save({ ...request, state: 'cancelled', decidedAt: request.createdAt });
  await tx.audit('request.cancelled', aboutRequest(request, SYSTEM));
  return { kind: 'refused', why };
}

/**
 * Stores who may approve now, and notifies the new approvers. Called again whenever that may have changed: a new manager, the next
 * stage, an escalation. Where too few people are left who can approve it, it waits a day for more (`stuckUntil`).
 */
export async function askApprovers(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  integration: Integration,
): Promise<void> {
  const approvers = await approversOf({ request, integration, isThorough: true }, tx, tx);
  const kept = routeFor(request);
  const before = kept?.kind === 'stages' ? kept : undefined;
  const route = {
    kind: 'stages' as const,
    stages: [...stagesFor(request, integration)],
    ...before,
  };
  const isStuck = approvers.state === 'stuck';
  const isStuckNow = isStuck !== (stuckUntil(request) !== undefined);
  // Also where nobody pressed: an approver is back whose press counts again, or one has left whose press counted.
  const isInAnother = before !== undefined && approvers.stage !== (before.stage ?? 1);
  const now = tx.now.toISOString();
  // A route that can't be read stays as it is.
  const saved =
    request.route !== 'unread' && (isStuckNow || isInAnother)
      ? await tx.requests.save({
          ...request,
          route: {
            ...route,
            ...(isStuckNow && { stuckSince: isStuck ? now : undefined }),
            ...(isInAnother && { stage: approvers.stage, stageSince: now }),
          },
        })
      : request;
  await ask(tx, saved, approvers);
}

/** Ends it where too few people are left who could approve it. @returns whether it did */
export async function endIfStuck(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  integration: Integration,
): Promise<boolean> {
  const { state } = await approversOf({ request, integration, isThorough: true }, tx, tx);
  if (state !== 'stuck') return false;
  const stages = [...stagesFor(request, integration)];
  const stuck: AccessRequestIn<'open'> = { ...request, route: { kind: 'stuck', stages } };
  await endRequest(tx, stuck, { state: 'cancelled', actor: SYSTEM });
  return true;
}

async function ask(tx: Transaction, request: AccessRequest, approvers: Approvers): Promise<void> {
  const before = await tx.requests.approvers(request.id, { waiting: true });
  const waiting = await setApprovers(tx, request, approvers);
  await tx.emit({
    kind: 'approval-requested',
    request,
    approverIds: waiting.filter((id) => !before.includes(id)),
  });
  await invalidateRequest(tx, request);
}

/** Stores who may approve it, and for whom of them it waits. @returns those for whom it waits */
export async function setApprovers(
  tx: Transaction,
  { id }: Pick<AccessRequest, 'id'>,
  approvers: Approvers,
): Promise<readonly string[]> {
  const verdicts = await tx.requests.verdicts(id);
  const seen = new Map(
    approvers.seats.flatMap(({ people }) => people.map((each) => [each.id, each] as const)),
  );
  const all = [...seen.keys()];
  const waiting = all.filter((personId) => pressNow(approvers, verdicts, personId).kind === 'seat');
  await tx.requests.setApprovers(id, { all, waiting });
  await followApprovers(tx, [...seen.values()]);
  return waiting;
}

/** A person who changes from here on finds the request when they are re-evaluated. One who has changed since they were read does so now. */
async function followApprovers(tx: Transaction, seen: readonly Person[]): Promise<void> {
  if (seen.length === 0) return;
  const held = await tx.people.holdMany(
    seen.map(({ id }) => id),
    'shared',
  );
  const versions = new Map(held.map(({ id, version }) => [id, version]));
  for (const { id: personId, version } of seen)
    if (versions.get(personId) !== version) await queueReevaluation(tx.queue, { personId });
}

/** From now on admins may approve it, too, and are notified. @param why for the audit log; left out: nobody decided in time */
export async function escalate(
  tx: Transaction,
  {
    request,
    integration,
  }: { readonly request: AccessRequestIn<'open'>; readonly integration: Integration },
  why?: () => string,
): Promise<void> {
  const escalated = (await tx.requests.save({
    ...request,
    escalatedAt: tx.now,
  })) as AccessRequestIn<'open'>; // As it was.
  const detail = why && { why: await inWorkspaceLocale(tx, async () => why()) };
  await tx.audit('request.escalated', aboutRequest(request, SYSTEM, detail));
  await askApprovers(tx, escalated, integration);
}

export type Withdrawn =
  | { readonly kind: 'withdrawn'; readonly request: AccessRequest }
  | { readonly kind: 'over'; readonly request: AccessRequest }
  | { readonly kind: 'not-yours' };

/** Withdraws a request: the requester or the person whom it is for. */
export async function withdrawRequest(
  tx: Transaction,
  request: AccessRequest,
  by: { readonly actor: Actor; readonly personId: string },
): Promise<Withdrawn> {
  if (by.personId !== request.requestedById && by.personId !== request.personId)
    return { kind: 'not-yours' };
  if (request.state !== 'open') return { kind: 'over', request };
  return {
    kind: 'withdrawn',
    request: await endRequest(tx, request, { state: 'withdrawn', actor: by.actor }),
  };
}

/** Ends an open request without a decision. */
export async function endRequest(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  {
    state,
    actor,
  }: { readonly state: 'withdrawn' | 'expired' | 'cancelled'; readonly actor: Actor },
): Promise<AccessRequest> {
  const ended = await tx.requests.save({ ...request, state, decidedAt: tx.now });
  await tx.audit(`request.${state}`, aboutRequest(request, actor));
  await invalidateRequest(tx, request);
  await tx.emit({ kind: 'request-ended', request: ended, by: actor });
  return ended;
}

const AT_ONCE = 100;

/** Cancels all open requests for or by someone who leaves. */
export async function cancelRequests(
  tx: Transaction,
  whose: { readonly personIds: readonly string[] } | { readonly requestedById: string },
): Promise<void> {
  for (;;) {
    const { requests } = await tx.requests.list(
      { ...whose, state: 'open' },
      { offset: 0, limit: AT_ONCE },
    );
    for (const request of requests)
      if (request.state === 'open')
        await endRequest(tx, request, { state: 'cancelled', actor: SYSTEM });
    if (requests.length < AT_ONCE) return;
  }
}

function whyNotSoLong(integration: Integration, hours: number | undefined): string | undefined {
  const { longestHours } = policyOf(integration);
  if (longestHours === null) return undefined;
  if (hours === undefined)
    return t`${integration.name} is granted for ${hoursWords(longestHours)} at most. Choose how long you need it.`;
  return hours > longestHours
    ? t`${integration.name} is granted for ${hoursWords(longestHours)} at most; you requested ${hoursWords(hours)}.`
    : undefined;
}

/** Their own requests, those for them or their reports, those of what they own, and those that they may or did decide. Admins, auditors and the helpdesk see all. */
export async function maySeeRequest(
  person: Person,
  request: AccessRequest,
  stores: Stores,
): Promise<boolean> {
  if (!person.active) return false;
  if (may(person, 'see')) return true;
  if (person.id === request.personId || person.id === request.requestedById) return true;
  const about = await stores.people.find(request.personId);
  if (about?.managerId === person.id) return true;
  const integration = await stores.integrations.find(request.integrationId);
  if (integration && mayAt(person, 'see app', integration)) return true;
  return (
    (await stores.requests.approvers(request.id)).includes(person.id) ||
    (await stores.requests.verdicts(request.id)).some((each) => each.personId === person.id)
  );
}
