/** How far a request is, in words: whom it waits for, how it ended, and what came of its grant. */
import { hoursWords } from '../../../core/hours.ts';
import { listed } from '../../../core/listed.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { type Integration, nameOrDeleted, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import {
  type AccessRequest,
  type RequestContent,
  stuckUntil,
  type Verdict,
} from '../../../engine/requests/access-request.ts';
import { type Approvers, approversOf } from '../../../engine/requests/approvers.ts';
import type { Seat } from '../../../engine/requests/seats/seat.ts';
import { whyAdminsWords } from '../../../engine/requests/why-admins.ts';
import { isUnknown, type RunIn } from '../../../engine/runs/run.ts';
import { knownSince } from '../../../engine/runs/unknown-outcome.ts';
import { routeFor } from '../../../engine/settings/route.ts';
import type { TaskState } from '../../../engine/tasks/task.ts';
import type { Reader } from '../../live/context.ts';
import { showTime } from '../../view/dates.ts';
import { waitWords } from '../access/wait-words.ts';
import { goesOnWords, waitsForApp } from '../goes-on.ts';
import { commentWords } from './comment-words.ts';
import { whoFills } from './seat-words.ts';

/** How many integrations are named as what someone already has; the access card lists all. */
export const NAMED = 10;

export interface RequestDetails {
  readonly request: AccessRequest;
  readonly person: Person;
  readonly requester: Person;
  readonly integration: Integration;
  readonly content: RequestContent;
  /** The content can't be read: there are words in its place. */
  readonly isLost: boolean;
  readonly verdicts: readonly Verdict[];
  readonly approvers: Approvers;
}

/** Whose approval a request has, and whose it waits for. */
export type Standing = Pick<RequestDetails, 'request' | 'approvers' | 'verdicts'>;

export async function standingOf(
  request: AccessRequest,
  integration: Integration,
  { stores, now, scheduleZone }: Reader,
): Promise<Standing> {
  const [verdicts, approvers] = await Promise.all([
    stores.requests.verdicts(request.id),
    approversOf({ request, integration }, stores, { now: now(), timeZone: scheduleZone }),
  ]);
  return { request, verdicts, approvers };
}

/** The state of a request in a sentence or two, for someone who may see it. */
export async function standing(shown: Standing, context: Reader): Promise<string> {
  const { request, approvers, verdicts } = shown;
  switch (request.state) {
    case 'open': {
      return sentences(
        approvers.stages > 1 && t`Stage ${approvers.stage} of ${approvers.stages}.`,
        waitingWords(shown, context.reader),
        approvers.whyAdmins &&
          whyAdminsWords(approvers.whyAdmins, context.reader.id === request.personId),
        request.escalatedAt && t`Admins can approve it too.`,
        stuckWords(request, context),
      );
    }
    case 'approved':
      return approvedWords(request, verdicts, context);
    case 'denied': {
      const denial = verdicts.find(({ verdict }) => verdict === 'deny');
      const [who, when] = [await whoSaid(denial, context), showTime(request.decidedAt, context)];
      return denial?.reason
        ? t`✗ Denied by ${who} on ${when}: "${denial.reason}"`
        : t`✗ Denied by ${who} on ${when}.`;
    }
    case 'withdrawn':
      return t`It was withdrawn on ${showTime(request.decidedAt, context)}.`;
    case 'expired':
      return t`It expired with no decision on ${showTime(request.decidedAt, context)}. It can be requested again.`;
    case 'cancelled':
      if (routeFor(request)?.kind === 'stuck')
        return t`It ended on ${showTime(request.decidedAt, context)}, since too few people are left who could approve it. A Latchkey admin can grant it, or name other approvers; then request it again.`;
      return t`It ended on ${showTime(request.decidedAt, context)}: the person left, the integration was turned off or deleted, or it couldn't be granted.`;
    default:
      return unreachable(request);
  }
}

function stuckWords(request: AccessRequest, context: Reader): string | undefined {
  const until = stuckUntil(request);
  return (
    until &&
    t`Too few people are left who could approve it. If that doesn't change by ${showTime(until, context)}, it ends.`
  );
}

/** Who may approve it, and how many of them are needed. */
function waitingWords(
  { request, approvers }: Pick<RequestDetails, 'request' | 'approvers'>,
  reader: Person,
): string {
  const isTheirs = ({ people }: Seat) => Number(people.some(({ id }) => id === reader.id));
  const waiting = approvers.seats
    .filter(({ isFilled }) => !isFilled)
    .toSorted((one, other) => isTheirs(other) - isTheirs(one))
    .map((seat) => whoFills(seat, reader));
  if (approvers.state === 'checking') return t`Latchkey checks who has to approve it…`;
  if (approvers.state === 'approved' && request.route === 'unread')
    return t`Latchkey can't read any more who has to approve it, so the approvals so far are not enough. An admin has to approve it again, or deny it.`;
  if (approvers.state === 'approved')
    return t`It has every approval that it needs, but it couldn't be granted. One of its approvers has to approve it again, which says why, or deny it.`;
  const missing = approvers.needed - approvers.approved;
  if (waiting.length === 0) return t`No one is left who can approve it.`;
  if (waiting.length < missing)
    return t`It needs ${missing} more approvals, but only ${namesIn(waiting, 'and')} can approve.`;
  if (missing === 1) return t`Waiting for ${namesIn(waiting, 'or')}.`;
  return waiting.length === missing
    ? t`Waiting for ${namesIn(waiting, 'and')}.`
    : t`Waiting for ${missing} of ${namesIn(waiting, 'and')}.`;
}

async function approvedWords(
  request: Extract<AccessRequest, { state: 'approved' }>,
  verdicts: readonly Verdict[],
  context: Reader,
): Promise<string> {
  const last = verdicts.findLast(({ verdict }) => verdict === 'approve');
  const by = last
    ? request.requestedHours === undefined || request.hours === undefined
      ? t`Approved by ${await whoSaid(last, context)} on ${showTime(request.decidedAt, context)}.`
      : t`Approved for ${hoursWords(request.hours)} by ${await whoSaid(last, context)} on ${showTime(request.decidedAt, context)}, shorter than requested.`
    : request.route === undefined && (await context.stores.breakGlasses.find(request.id))
      ? t`Taken without approval on ${showTime(request.decidedAt, context)}.`
      : t`Approved automatically on ${showTime(request.decidedAt, context)}: no approval needed.`;
  return sentences(`✓ ${by}`, commentWords(last?.reason), await outcomeWords(request, context));
}

interface Granted {
  readonly kind: AccessRequest['kind'];
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly changedNothing?: true;
}

/** The outcome of the run or the task that grants it, as far as there is one. */
export async function outcomeWords(
  { kind, runId, taskId, changedNothing }: Granted,
  reader: Reader,
): Promise<string> {
  const { stores } = reader;
  if (taskId !== undefined) {
    const task = await stores.tasks.find(taskId);
    return task ? taskWords(task.state) : '';
  }
  if (changedNothing)
    return t`The access was not extended: it has no end date, or lasts as long as is allowed already.`;
  if (runId === undefined) return kind === 'extend' ? t`The access was extended.` : '';
  const run = await stores.runs.find(runId);
  if (run && isUnknown(run)) return unknownWords(run, reader);
  switch (run?.state) {
    case undefined:
      return '';
    case 'succeeded':
      return t`Access was granted.`;
    case 'failed':
    case 'blocked':
    case 'retrying':
      return failedWords(run, reader);
    case 'cancelled':
      return run.why === undefined
        ? t`Setup was cancelled.`
        : t`Setup was cancelled. ${sayStored(run.why)}`;
    case 'deferred':
      return waitWords(run, stores);
    case 'queued':
    case 'running':
      return t`Access is being granted…`;
    case 'waiting':
      return sentences(
        t`Access is being granted…`,
        await awaitedWords(run, stores),
        goesOnWords(run.dueAt, reader),
      );
    default:
      return unreachable(run);
  }
}

async function awaitedWords(
  { integrationId }: RunIn<'waiting'>,
  { integrations }: Stores,
): Promise<string | undefined> {
  const integration = await integrations.find(integrationId);
  return integration && waitsForApp(integration.name);
}

function taskWords(state: TaskState): string {
  return {
    open: () => t`There's a task to grant it by hand.`,
    done: () => t`It was granted by hand.`,
    cancelled: () => t`The task to grant it by hand was cancelled.`,
  }[state]();
}

/** An app that doesn't answer is no one's fault, so everyone reads that; other causes are for those who can mend them. */
const failedWords = (run: RunIn<'retrying' | 'failed' | 'blocked'>, reader: Reader): string =>
  sentences(
    t`Setup failed.`,
    run.error.code === 'no-answer' && sayStored(run.error.message),
    run.state === 'retrying'
      ? nextTry(run, reader)
      : t`Latchkey admins have been told and can try again.`,
  );

const nextTry = ({ dueAt }: RunIn<'retrying'>, reader: Reader): string =>
  t`Next try: ${showTime(dueAt, reader)}.`;

/** The outcome of the grant is unknown, so this adds what the app has reported since. */
async function unknownWords(run: RunIn<'retrying' | 'failed'>, reader: Reader): Promise<string> {
  const { stores } = reader;
  const again = run.state === 'retrying' && nextTry(run, reader);
  const steps = await stores.runs.steps(run.id, run.attempt);
  const { kind } = knownSince(
    run,
    steps,
    await stores.access.find(run.personId, run.integrationId),
  );
  return {
    has: () => sentences(t`The access is active, but setup didn't finish.`, again),
    none: () => failedWords(run, reader),
    'not-known': () => sentences(t`We don't know yet whether access was granted.`, again),
  }[kind]();
}

/** Names the approver, and for whom they acted as a delegate. */
export async function whoSaid(verdict: Verdict | undefined, context: Reader): Promise<string> {
  const name = await nameOf(verdict?.personId, context);
  return verdict?.forPersonId
    ? t`${name} (for ${await nameOf(verdict.forPersonId, context)})`
    : name;
}

async function nameOf(personId: string | undefined, { stores }: Reader): Promise<string> {
  const person = personId === undefined ? undefined : await stores.people.find(personId);
  return nameOrDeleted(person);
}

function namesIn(names: readonly string[], word: 'and' | 'or'): string {
  const more = names.length - NAMED;
  if (more <= 0) return listed(names, word);
  const others = plural(more, { one: t`1 other`, other: t`${more} others` });
  return listed([...names.slice(0, NAMED), others], word);
}
