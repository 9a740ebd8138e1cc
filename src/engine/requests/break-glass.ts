/** Taking access at once, and the review of that. */
import { addDays, dayIn, instantOf } from '../../core/days.ts';
import { addHours, DAY_MS, HOUR_MS, hoursWords } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import type { Hold } from '../access/hold.ts';
import { whyNotSetUp } from '../integrations/integration-state.ts';
import {
  type Actor,
  type Integration,
  isManual,
  type Person,
  type PersonAtApp,
  SYSTEM,
} from '../people/directory.ts';
import { mayAt } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { isUnfinished } from '../runs/run.ts';
import { policyOf, settingsOf } from '../settings/settings.ts';
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { invalidateRequest } from '../work/topics.ts';
import {
  type AccessRequest,
  type AccessRequestIn,
  aboutRequest,
  type RequestContent,
} from './access-request.ts';
import type { BreakGlass } from './break-glass-record.ts';
import { fulfil } from './fulfil-request.ts';
import { chosenForApprovalAt, sayNeedsApproval } from './needs-approval.ts';
import { whyNotRequest } from './requestable.ts';

/** In the workspace's time zone. */
const REVIEW_TIME = '09:00';
/** What happened at night is reviewed in the morning after it; what began shortly before nine, a day later. */
const EARLIEST_REVIEW_HOURS = 3;
/** How long reviewers are asked daily, and the one who looks into it is reminded daily. The record and the audit log stay. */
const DAYS_ASKED = 7;
/** After that, what someone looks into: its person is refused the next time until an OK, so it isn't forgotten. */
const DAYS_BETWEEN_LATER = 7;

type TakenAccess = Pick<AccessRequestIn<'approved'>, 'personId' | 'requestedById'>;

/** Owners of the integration and admins. Nobody reviews their own, nor what they requested for someone else. */
export const mayReviewBreakGlass = (
  reader: Person,
  integration: Pick<Integration, 'settings'>,
  { personId, requestedById }: TakenAccess,
): boolean =>
  reader.id !== personId &&
  reader.id !== requestedById &&
  mayAt(reader, 'review break-glass', integration);

async function reviewersOf(
  { people }: Pick<Stores, 'people'>,
  integration: Pick<Integration, 'settings'>,
  asked: TakenAccess,
): Promise<readonly Person[]> {
  const owners = await people.findMany(settingsOf(integration).ownerIds ?? []);
  const all = new Map([...owners, ...(await people.admins())].map((each) => [each.id, each]));
  return [...all.values()].filter((each) => mayReviewBreakGlass(each, integration, asked));
}

/** Whether someone may have taken it by break-glass. What an app approved has a route, and no one took that. */
export const mayBeTaken = ({ state, route }: AccessRequest): boolean =>
  state === 'approved' && !route;

/** The most hours that anyone may take it for. Undefined where it isn't allowed. */
export function breakGlassHours(integration: Integration): number | undefined {
  const { longestHours } = policyOf(integration);
  const { breakGlass } = settingsOf(integration);
  return breakGlass && Math.min(breakGlass.longestHours, longestHours ?? breakGlass.longestHours);
}

/**
 * How many of these hours this person has left: what they took before counts until someone has reviewed it, or its reviewers aren't
 * asked any more. What was given back early counts by the hours that they had it.
 */
export async function breakGlassLeft(
  stores: Stores,
  { id: personId }: Person,
  integration: Integration,
): Promise<number> {
  const most = breakGlassHours(integration) ?? 0;
  const waiting = await stores.breakGlasses.waiting(personId, integration.id);
  const [oldest] = waiting;
  if (!oldest) return most;
  const holds = await stores.holds.startedSince(personId, integration.id, oldest.at);
  let left = most;
  for (const { requestId } of waiting) {
    const hours = (await stores.requests.find(requestId))?.hours ?? 0;
    left -= Math.min(hours, hoursHad(holds.find((hold) => hold.requestId === requestId)));
  }
  return Math.max(0, left);
}

/** Begun hours. As long as they have it, all of its time counts. */
function hoursHad(hold: Hold | undefined): number {
  if (!hold?.ended) return Infinity;
  if (hold.ended.why === 'not-granted') return 0;
  return Math.ceil((hold.ended.at.getTime() - hold.startedAt.getTime()) / HOUR_MS);
}

/** Why this person can't take it at once, as a sentence for people; undefined where they can. */
export async function whyNotBreakGlass(
  stores: Stores,
  person: Person,
  integration: Integration,
): Promise<string | undefined> {
  const { name } = integration;
  const most = breakGlassHours(integration);
  if (most === undefined || isManual(integration))
    return t`${name} can't be taken without approval. Request it instead.`;
  const why = whyNotRequest(person, integration) ?? (await whyNotSetUp(stores, integration));
  if (why !== undefined) return why;
  const removal = await stores.removals.open(person.id, integration.id);
  if (removal) return t`Your access to ${name} is being removed. Request it, or ask an admin.`;
  // Its end would take nothing away: what someone has for another reason stays.
  const held = await stores.holds.openAt(person.id, integration.id);
  const access = await stores.access.find(person.id, integration.id);
  if (access?.state !== 'has' && (await areOnTheirWay(stores, held)))
    return t`You're getting ${name} already. Your requests say how far it is.`;
  if (held.length > 0 || access?.state === 'has') return t`You already have access to ${name}.`;
  if (await stores.breakGlasses.isLookedInto(person.id, integration.id))
    return t`Someone is still looking into the last time you got ${name} without an approval. Until they say OK, request it instead.`;
  if ((await breakGlassLeft(stores, person, integration)) < 1)
    return t`You have used the ${hoursWords(most)} that ${name} can be taken for without approval. Ask one of its owners or a Latchkey admin to review that, or request it.`;
  const asked = { personId: person.id, requestedById: person.id };
  const reviewers = await reviewersOf(stores, integration, asked);
  return reviewers.length === 0
    ? t`No one else could review it: ${name} has no owner, and there is no other admin.`
    : undefined;
}

/** Whether none of these grants has ended yet; false where there is none. */
async function areOnTheirWay({ runs }: Stores, holds: readonly Hold[]): Promise<boolean> {
  for (const { runId } of holds) {
    const run = runId === undefined ? undefined : await runs.find(runId);
    if (!run || !isUnfinished(run)) return false;
  }
  return holds.length > 0;
}

export interface BreakGlassWish extends PersonAtApp {
  readonly hours: number;
  /** Its reason isn't empty. */
  readonly content: RequestContent;
}

export type BreakGlassResult =
  | { readonly kind: 'taken'; readonly request: AccessRequestIn<'approved'> }
  | { readonly kind: 'refused'; readonly why: string };

export async function takeBreakGlass(
  tx: Transaction,
  { person: { id: personId }, integration: { id: integrationId }, hours, content }: BreakGlassWish,
  actor: Actor,
): Promise<BreakGlassResult> {
  const person = await tx.people.hold(personId);
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!person || !integration)
    return { kind: 'refused', why: t`The person or the integration has been deleted.` };
  const why =
    (await whyNotBreakGlass(tx, person, integration)) ??
    (await whyNotThis(tx, { person, integration, hours, content }));
  if (why !== undefined) return { kind: 'refused', why };
  const facts = {
    id: tx.newId(),
    version: 1,
    kind: 'grant',
    integrationId,
    personId,
    requestedById: personId,
    hours,
    createdAt: tx.now,
  } as const;
  // Never open, so that a request that waits for its approvers may stay beside it.
  await tx.requests.insert({ ...facts, state: 'approved', decidedAt: tx.now }, content);
  const done = await fulfil(
    tx,
    { ...facts, state: 'open' },
    // Or the audit log would tell of an approval that nobody gave.
    { actor: SYSTEM, why: () => t`Taken by break-glass.`, lane: 'interactive' },
  );
  if (done.kind === 'refused') {
    await tx.requests.save({ ...facts, state: 'cancelled', decidedAt: tx.now });
    return done;
  }
  const breakGlass: BreakGlass = {
    requestId: facts.id,
    at: tx.now,
    state: 'open',
    reviewAt: nextReview(tx),
  };
  await tx.breakGlasses.insert(breakGlass);
  await tx.audit('break-glass.taken', aboutRequest(done.request, actor, { hours }));
  const reviewers = await reviewersOf(tx, integration, done.request);
  const reviewerIds = reviewers.map(({ id }) => id);
  await tx.emit({ kind: 'break-glass', request: done.request, reviewerIds, isReview: false });
  return { kind: 'taken', request: done.request };
}

/**
 * An app that says who is on call approves in place of people, who look at it the next morning, as at break-glass. Where nobody could,
 * there is nothing to review.
 */
export async function reviewNextMorning(
  tx: Transaction,
  request: AccessRequestIn<'approved'>,
  integration: Integration,
): Promise<void> {
  if ((await reviewersOf(tx, integration, request)).length === 0) return;
  const { id: requestId } = request;
  await tx.breakGlasses.insert({ requestId, at: tx.now, state: 'open', reviewAt: nextReview(tx) });
}

function nextReview({ now, timeZone }: Pick<Transaction, 'now' | 'timeZone'>): Date {
  const today = instantOf(dayIn(timeZone, now), REVIEW_TIME, timeZone);
  return today >= addHours(now, EARLIEST_REVIEW_HOURS) ? today : mornings({ now, timeZone }, 1);
}

/** The morning that many days from now. */
const mornings = ({ now, timeZone }: Pick<Transaction, 'now' | 'timeZone'>, days: number): Date =>
  instantOf(addDays(dayIn(timeZone, now), days), REVIEW_TIME, timeZone);

async function whyNotThis(
  stores: Stores,
  { person, integration, hours, content }: BreakGlassWish,
): Promise<string | undefined> {
  const most = await breakGlassLeft(stores, person, integration);
  if (hours > most || hours < 1)
    return t`${integration.name} can be taken for ${hoursWords(most)} at most.`;
  if (content.reason.trim() === '') return t`Enter a reason.`;
  if (settingsOf(integration).breakGlass?.withApprovalOptions) return undefined;
  const options = await chosenForApprovalAt(stores, integration, content.form);
  return options.length > 0 ? sayNeedsApproval(options) : undefined;
}

export type BreakGlassReviewed = 'reviewed' | 'gone' | 'not-yours' | 'reviewed-already';

/** @param comment what they look into; left out: it was all right */
export async function reviewBreakGlass(
  tx: Transaction,
  { requestId, comment }: { readonly requestId: string; readonly comment?: string },
  { by, actor }: { readonly by: Person; readonly actor: Actor },
): Promise<BreakGlassReviewed> {
  const breakGlass = await tx.breakGlasses.find(requestId);
  const request = await tx.requests.find(requestId);
  const integration = request && (await tx.integrations.find(request.integrationId));
  const reader = await tx.people.find(by.id);
  if (!breakGlass || !request || !integration || !reader) return 'gone';
  if (!mayReviewBreakGlass(reader, integration, request)) return 'not-yours';
  if (breakGlass.state === 'ok') return 'reviewed-already';
  const saved = {
    requestId,
    at: breakGlass.at,
    state: comment === undefined ? ('ok' as const) : ('looking' as const),
    reviewedById: by.id,
    reviewedAt: tx.now,
    comment: comment ?? breakGlass.comment,
    ...(comment !== undefined && { reviewAt: mornings(tx, 1) }),
  };
  if ((await tx.breakGlasses.save(saved, breakGlass.state)) === 'taken') return 'reviewed-already';
  const what = comment === undefined ? 'break-glass.ok' : 'break-glass.looking';
  await tx.audit(what, aboutRequest(request, actor));
  await invalidateRequest(tx, request);
  // An OK that nobody had doubted says nothing new to someone whose app approved it.
  if (!request.route || what === 'break-glass.looking' || breakGlass.state === 'looking')
    await tx.emit({ kind: 'break-glass-reviewed', request });
  return 'reviewed';
}

/**
 * The next morning, and then daily for a week, until someone has reviewed it. While someone looks into it, they are reminded daily for a
 * week, and then everyone who may review it, weekly.
 */
export const breakGlassSource: Source = {
  name: 'break-glass-review',

  async *due({ breakGlasses }, now) {
    const page = (offset: number) => breakGlasses.toReview(now, offset);
    for await (const { requestId, reviewAt } of everyDue(page, (each) => each.requestId))
      if (reviewAt) yield { subject: requestId, at: reviewAt };
  },

  async fire(tx, { subject }) {
    const breakGlass = await tx.breakGlasses.find(subject);
    const request = await tx.requests.find(subject);
    if (!breakGlass?.reviewAt || breakGlass.state === 'ok' || request?.state !== 'approved') return;
    const { reviewAt: _, ...rest } = breakGlass;
    const reviewAt = askedAgain(breakGlass, tx);
    await tx.breakGlasses.save(reviewAt ? { ...rest, reviewAt } : rest, breakGlass.state);
    const reviewerIds = await askedNow(tx, breakGlass, request);
    await tx.emit({ kind: 'break-glass', request, reviewerIds, isReview: true });
  },
};

/** Not by what fell due meanwhile: a worker that was down for days asks once. Undefined where nobody is asked any more. */
function askedAgain(breakGlass: BreakGlass, tx: Transaction): Date | undefined {
  const next = mornings(tx, 1);
  if (isAskedDaily(breakGlass, next)) return next;
  return breakGlass.state === 'looking' ? mornings(tx, DAYS_BETWEEN_LATER) : undefined;
}

/** For a week the one who looks into it, while they may; else everyone who may review it. */
async function askedNow(
  tx: Transaction,
  breakGlass: BreakGlass,
  request: AccessRequest,
): Promise<readonly string[]> {
  const integration = await tx.integrations.find(request.integrationId);
  const all = integration ? await reviewersOf(tx, integration, request) : [];
  const ids = all.map(({ id }) => id);
  const looking = ids.filter((id) => id === breakGlass.reviewedById);
  return looking.length > 0 && isAskedDaily(breakGlass, tx.now) ? looking : ids;
}

const isAskedDaily = ({ at, reviewedAt = at }: BreakGlass, then: Date): boolean =>
  then.getTime() - reviewedAt.getTime() <= DAYS_ASKED * DAY_MS;
