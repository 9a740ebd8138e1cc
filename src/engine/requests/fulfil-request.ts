/** What an approved request starts: a run, a task of a manual integration, or a later end date of a hold. */
import { t } from '../../core/translate.ts';
import { startGrant } from '../access/grant.ts';
import { extendHold } from '../access/holds.ts';
import {
  type Actor,
  fullName,
  type Integration,
  isManual,
  type Person,
} from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { policyOf } from '../settings/settings.ts';
import { grantByHand } from '../tasks/by-hand.ts';
import type { Lane } from '../work/lanes.ts';
import { invalidateRequest } from '../work/topics.ts';
import {
  type AccessRequest,
  type AccessRequestIn,
  aboutRequest,
  hoursDetail,
  hoursGiven,
  seatDetail,
  type Verdict,
} from './access-request.ts';
import { readableContent, sayUnreadable } from './readable-content.ts';

export type Fulfilled =
  | { readonly kind: 'approved'; readonly request: AccessRequestIn<'approved'> }
  /** Nothing was started. `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

/** For the audit log: `why` where it was approved without a click, and the verdict where with one. */
export async function fulfil(
  tx: Transaction,
  asked: AccessRequestIn<'open'>,
  {
    actor,
    why,
    verdict = {},
    // Without `why` someone has just requested or approved it, and waits.
    lane = why ? 'background' : 'interactive',
  }: {
    readonly actor: Actor;
    readonly why?: () => string;
    readonly verdict?: Pick<Verdict, 'forPersonId'>;
    readonly lane?: Lane;
  },
): Promise<Fulfilled> {
  const person = await tx.people.hold(asked.personId); // Locked: what an extension extends ends before or after it.
  const integration = await tx.integrations.find(asked.integrationId);
  if (!person || !integration || integration.deletedAt)
    return { kind: 'refused', why: t`The person or the integration has been deleted.` };
  const request = given(asked, integration);
  const started = await start(tx, request, { person, integration, actor, lane });
  if (started.kind === 'refused') return started;
  const { kind: _, ...what } = started;
  const { bundleRequestId, integrationId } = request;
  if (bundleRequestId !== undefined)
    await tx.bundleRequests.noteBegun({ bundleRequestId, integrationId }, what);
  const approved = (await tx.requests.save({
    ...request,
    state: 'approved',
    decidedAt: tx.now,
    ...what,
  })) as AccessRequestIn<'approved'>; // As it was just made.
  const detail = {
    ...(request.requestedHours !== undefined && hoursDetail(request)),
    ...seatDetail(verdict),
    ...(why && { why: await inWorkspaceLocale(tx, async () => why()) }),
  };
  await tx.audit('request.approved', aboutRequest(request, actor, detail));
  await invalidateRequest(tx, request);
  return { kind: 'approved', request: approved };
}

/** The request as it is granted: maybe for fewer hours than requested. */
function given(asked: AccessRequestIn<'open'>, integration: Integration): AccessRequestIn<'open'> {
  const { hours: _, ...rest } = asked;
  const hours = hoursGiven(asked, policyOf(integration));
  return { ...rest, hours };
}

/** The bundle that it is an item of, which the hold names. */
async function bundleOf(
  tx: Transaction,
  { bundleRequestId }: AccessRequest,
): Promise<string | undefined> {
  if (bundleRequestId === undefined) return undefined;
  const of = (await tx.bundleRequests.find(bundleRequestId))?.of;
  return of?.kind === 'bundle' ? of.bundleId : undefined;
}

type WhatStarted =
  | {
      readonly kind: 'started';
      readonly runId?: string;
      readonly taskId?: string;
      readonly changedNothing?: true;
    }
  | { readonly kind: 'refused'; readonly why: string };

async function start(
  tx: Transaction,
  request: AccessRequest,
  about: {
    readonly person: Person;
    readonly integration: Integration;
    readonly actor: Actor;
    readonly lane: Lane;
  },
): Promise<WhatStarted> {
  const { person, integration } = about;
  const content = await readableContent(tx, request.id);
  if (!content) return { kind: 'refused', why: sayUnreadable() };
  // Where the hold has ended since, it is granted again. What can't be granted can't be extended, either.
  const canExtend = request.kind === 'extend' && person.active && integration.enabled;
  const extended = canExtend ? (await extendHold(tx, request, about)).kind : 'over';
  if (extended !== 'over')
    return { kind: 'started', ...(extended === 'unchanged' && { changedNothing: true }) };
  if (request.kind === 'extend' && (await isRevokedSince(tx, request)))
    return {
      kind: 'refused',
      why: t`${integration.name} was revoked from ${fullName(person)} after this request. Deny it; they can request the access again.`,
    };
  if (isManual(integration)) {
    // Its hours begin when the task is done.
    const reason = t`A request was approved.`;
    const wish = { ...about, requestId: request.id, hours: request.hours, reason };
    const asked = await grantByHand(tx, wish);
    return asked.kind === 'refused' ? asked : { kind: 'started', taskId: asked.task.id };
  }
  const started = await startGrant(tx, {
    ...about,
    source: 'request',
    requestId: request.id,
    bundleId: await bundleOf(tx, request),
    reason: t`A request was approved.`,
    form: content.form,
    answers: content.answers,
    typed: { facts: content.facts, typedById: request.requestedById },
    hours: request.hours,
    sayUnanswered: (unasked) =>
      t`The form for ${integration.name} has changed and now needs ${unasked}. Deny this request, and have it requested again.`,
  });
  if (started.kind === 'refused') return started;
  return { kind: 'started', runId: started.run.id };
}

/** Someone decided after the request that it ends: who approves more time hasn't decided to grant it again. */
async function isRevokedSince(
  tx: Transaction,
  { personId, integrationId, createdAt }: AccessRequest,
): Promise<boolean> {
  const holds = await tx.holds.endedSince(personId, integrationId, createdAt);
  return holds.some(({ ended }) => ended?.why === 'revoked' && ended.at > createdAt);
}
