/** A request as each reader sees it: who requests what and why, its state, and what the reader may do. */
import { compact } from '../../../core/compact.ts';
import { lengthWords } from '../../../core/hours.ts';
import { listed } from '../../../core/listed.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { heldToExtend } from '../../../engine/access/held-answers.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import {
  type AccessRequest,
  hoursGiven,
  type RequestContent,
  rulesKey,
  stuckUntil,
  type Verdict,
} from '../../../engine/requests/access-request.ts';
import { type Approvers, approversOf } from '../../../engine/requests/approvers.ts';
import { breakGlassHours } from '../../../engine/requests/break-glass.ts';
import { maySeeRequest, whyNotRequest } from '../../../engine/requests/create-request.ts';
import { chosenForApprovalAt } from '../../../engine/requests/needs-approval.ts';
import { pressNow } from '../../../engine/requests/press-now.ts';
import { readableContent, sayUnreadable } from '../../../engine/requests/readable-content.ts';
import { whyAdminsWords } from '../../../engine/requests/why-admins.ts';
import { isUnknown, type RunIn } from '../../../engine/runs/run.ts';
import { knownSince } from '../../../engine/runs/unknown-outcome.ts';
import { type Policy, policyOf } from '../../../engine/settings/settings.ts';
import { asksForCodes } from '../../../engine/step-up/use-code.ts';
import type { TaskState } from '../../../engine/tasks/task.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, muted, note, paragraph, type Text } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { waitWords } from '../access/wait-words.ts';
import { pickPerson } from '../people/find-person.ts';
import { someNames } from '../some-names.ts';
import { breakGlass as takeByBreakGlass } from './break-glass.ts';
import { breakGlassBlocks, breakGlassTitle } from './break-glass-blocks.ts';
import { approveForShorter, askTheRequester, reassignApproval } from './decide-otherwise.ts';
import {
  approveRequest,
  approveWithCode,
  approveWithComment,
  denyRequest,
  withdrawOwnRequest,
} from './decide-request.ts';
import { askForAccess } from './request-access.ts';
import { requestRefs } from './request-ref.ts';
import { talkBlocks } from './request-talk.ts';
import { requestTitle } from './request-title.ts';
import { whoFills } from './seat-words.ts';

/** How many integrations are named as what someone already has; the access card lists all. */
const NAMED = 10;

export const requestCard = liveCard({
  ...requestRefs,

  async render({ requestId }, context: Reader) {
    const { stores, reader, now, scheduleZone } = context;
    const request = await stores.requests.find(requestId);
    const [person, requester, integration] = request
      ? await Promise.all([
          stores.people.find(request.personId),
          stores.people.find(request.requestedById),
          stores.integrations.find(request.integrationId),
        ])
      : [];
    if (!request || !person || !requester || !integration)
      return note(
        t`This request no longer exists`,
        t`The person or the integration has been deleted.`,
      );
    if (!(await maySeeRequest(reader, request, stores)))
      return note(
        t`You can't see this request any more`,
        t`Only the requester, the approvers, the app's owners and Latchkey admins can.`,
      );
    const [content, verdicts, approvers, breakGlass] = await Promise.all([
      readableContent(stores, request.id),
      stores.requests.verdicts(request.id),
      approversOf({ request, integration }, stores, { now: now(), timeZone: scheduleZone }),
      request.state === 'approved' ? stores.breakGlasses.find(request.id) : undefined,
    ]);
    const shown: RequestDetails = {
      request,
      person,
      requester,
      integration,
      content: content ?? lostContent(request, reader),
      isLost: !content,
      verdicts,
      approvers,
    };
    return {
      title:
        breakGlass && !request.route ? breakGlassTitle(shown, reader) : requestTitle(shown, reader),
      blocks: [
        paragraph(await standing(shown, context)),
        { kind: 'facts', facts: await factsOf(shown, context) },
        ...(await saidSoFar(shown, context)),
        ...(await talkBlocks(request, context)),
        ...(breakGlass ? await breakGlassBlocks(breakGlass, shown, context) : []),
        ...buttonsOf(shown, reader),
      ],
    };
  },
});

/** The card says in place of the reason what to do. */
const lostContent = (request: AccessRequest, reader: Person): RequestContent => ({
  reason:
    request.state !== 'open'
      ? t`It can't be read any more.`
      : isTheirs(request, reader)
        ? t`What was requested can't be read any more. Withdraw this request, and request it again.`
        : sayUnreadable(),
  form: {},
  answers: [],
  facts: {},
});

interface RequestDetails {
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

/** The state of a request in a sentence or two, for someone who may see it. */
export async function standingOf(
  request: AccessRequest,
  integration: Integration,
  context: Reader,
): Promise<string> {
  const { stores, now, scheduleZone } = context;
  const [verdicts, approvers] = await Promise.all([
    stores.requests.verdicts(request.id),
    approversOf({ request, integration }, stores, { now: now(), timeZone: scheduleZone }),
  ]);
  return standing({ request, verdicts, approvers }, context);
}

async function standing(
  shown: Pick<RequestDetails, 'request' | 'approvers' | 'verdicts'>,
  context: Reader,
): Promise<string> {
  const { request, approvers, verdicts } = shown;
  switch (request.state) {
    case 'open': {
      return sentences(
        approvers.stages > 1 && t`Stage ${approvers.stage} of ${approvers.stages}.`,
        waitingWords(approvers, context.reader),
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
      return sentences(
        t`✗ Denied by ${await whoSaid(denial, context)} on ${showTime(request.decidedAt, context)}.`,
        denial?.reason ? t`Reason: ${denial.reason}` : undefined,
      );
    }
    case 'withdrawn':
      return t`It was withdrawn on ${showTime(request.decidedAt, context)}.`;
    case 'expired':
      return t`It expired with no decision on ${showTime(request.decidedAt, context)}. It can be requested again.`;
    case 'cancelled':
      if (request.route?.kind === 'stuck')
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
function waitingWords(approvers: Approvers, reader: Person): string {
  const waiting = approvers.seats
    .filter(({ isFilled }) => !isFilled)
    .map((seat) => whoFills(seat, reader));
  if (approvers.state === 'checking') return t`Latchkey checks who has to approve it…`;
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
      : t`Approved for ${lengthWords(request.hours)} by ${await whoSaid(last, context)} on ${showTime(request.decidedAt, context)}, shorter than requested.`
    : request.route === undefined && (await context.stores.breakGlasses.find(request.id))
      ? t`Taken by break-glass on ${showTime(request.decidedAt, context)}.`
      : t`Approved automatically on ${showTime(request.decidedAt, context)}: no approval needed.`;
  return sentences(
    `✓ ${by}`,
    last?.reason && t`Comment: "${last.reason}".`,
    await outcomeWords(request, context),
  );
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
  { stores }: Reader,
): Promise<string> {
  if (taskId !== undefined) {
    const task = await stores.tasks.find(taskId);
    return task ? taskWords(task.state) : '';
  }
  if (changedNothing)
    return t`The access was not extended: it has no end date, or lasts as long as is allowed already.`;
  if (runId === undefined) return kind === 'extend' ? t`The access was extended.` : '';
  const run = await stores.runs.find(runId);
  if (run && isUnknown(run)) return unknownWords(run, stores);
  switch (run?.state) {
    case undefined:
      return '';
    case 'succeeded':
      return t`Access was granted.`;
    case 'failed':
    case 'blocked':
      return t`Setup failed; Latchkey admins can see why.`;
    case 'cancelled':
      return run.why === undefined ? t`Setup was cancelled.` : t`Setup was cancelled. ${run.why}`;
    case 'deferred':
      return waitWords(run, stores);
    case 'retrying':
      return t`Setup failed. Latchkey tries again within the hour.`;
    case 'queued':
    case 'running':
    case 'waiting':
      return t`Access is being granted…`;
    default:
      return unreachable(run);
  }
}

function taskWords(state: TaskState): string {
  switch (state) {
    case 'open':
      return t`There's a task to grant it by hand.`;
    case 'done':
      return t`It was granted by hand.`;
    case 'cancelled':
      return t`The task to grant it by hand was cancelled.`;
    default:
      return unreachable(state);
  }
}

/** The outcome of the grant is unknown, so this adds what the app has reported since. */
async function unknownWords(run: RunIn<'retrying' | 'failed'>, stores: Stores): Promise<string> {
  const again = run.state === 'retrying' && t`Latchkey tries again within the hour.`;
  const steps = await stores.runs.steps(run.id, run.attempt);
  const { kind } = knownSince(
    run,
    steps,
    await stores.access.find(run.personId, run.integrationId),
  );
  switch (kind) {
    case 'has':
      return sentences(t`The access is active, but setup didn't finish.`, again);
    case 'none':
      return again
        ? t`Setup failed. Latchkey tries again within the hour.`
        : t`Setup failed; Latchkey admins can see why.`;
    case 'not-known':
      return sentences(t`We don't know yet whether access was granted.`, again);
    default:
      return unreachable(kind);
  }
}

async function factsOf(
  { request, person, integration, content }: RequestDetails,
  context: Reader,
): Promise<(readonly [string, Text])[]> {
  const about = [fullName(person), person.email, person.position, person.department].filter(
    Boolean,
  );
  const isOpen = request.state === 'open';
  const held =
    isOpen && request.kind === 'extend'
      ? await heldToExtend(context.stores, person.id, integration)
      : undefined;
  const options = held
    ? held.options
    : isOpen
      ? await chosenForApprovalAt(context.stores, integration, content.form)
      : [];
  return compact([
    [t`For`, [about.join(' · ')]],
    [t`Requested`, [showTime(request.createdAt, context)]],
    [
      request.kind === 'extend' ? t`How much longer` : t`How long`,
      [howLong(request, policyOf(integration))],
    ],
    [t`Reason`, [content.reason || t`none given`]],
    // An extension keeps the answers of the hold that it extends.
    ...(held ?? content).answers.map(({ label, value }): readonly [string, Text] => [
      label,
      [value],
    ]),
    held?.isUnknown && [
      t`What was granted`,
      [t`no longer known: Latchkey doesn't keep answers from that long ago`],
    ],
    options.length > 0 && [t`Needs approval`, [options.join(', ')]],
    // After the end of the request, this would include what was granted through it.
    isOpen && [t`Already has`, [await alreadyHas(person, context)]],
  ]);
}

/** As requested, and as it would be granted now. */
export function howLong(request: AccessRequest, policy: Policy): string {
  const { longestHours } = policy;
  const { hours, requestedHours = hours } = request;
  const asked =
    requestedHours === undefined || requestedHours === 'no-end'
      ? t`no end date`
      : lengthWords(requestedHours);
  if (hours !== undefined && requestedHours !== hours)
    return t`${lengthWords(Math.min(hours, longestHours ?? hours))}: shortened by an approver (requested: ${asked})`;
  if (request.state !== 'open' || longestHours === null) return asked;
  const given = hoursGiven(request, policy);
  return given === request.hours
    ? t`${asked} (at most ${lengthWords(longestHours)})`
    : t`${lengthWords(longestHours)}: the most allowed now (requested: ${asked})`;
}

async function alreadyHas({ id }: Person, { stores }: Reader): Promise<string> {
  const [known, integrations] = await Promise.all([
    stores.access.forPerson(id),
    stores.integrations.list(),
  ]);
  const names = integrations
    .filter((each) =>
      known.some((access) => access.integrationId === each.id && access.state === 'has'),
    )
    .map(labelOf);
  if (names.length === 0) return t`no access on record`;
  return someNames(names, NAMED);
}

/** The approvals so far, while more are needed. */
async function saidSoFar(
  { request, verdicts, approvers }: RequestDetails,
  context: Reader,
): Promise<readonly Block[]> {
  if (approvers.needed < 2 && verdicts.length < 2) return [];
  const lines = await Promise.all(
    verdicts.map(async (each) => {
      const who = await whoSaid(each, context);
      const when = showTime(each.at, context);
      return each.verdict === 'approve'
        ? each.hours === undefined
          ? t`${who} approved on ${when}.`
          : t`${who} approved for ${lengthWords(each.hours)} at most on ${when}.`
        : t`${who} denied on ${when}.`;
    }),
  );
  const needed =
    request.state === 'open'
      ? [t`${approvers.approved} of ${approvers.needed} approvals so far.`]
      : [];
  return [...needed, ...lines].map(muted);
}

function buttonsOf(shown: RequestDetails, reader: Person): Block[] {
  const { request, person, integration, isLost, approvers, verdicts } = shown;
  if (request.state !== 'open') return requestAgain(shown, reader);
  if (isTheirs(request, reader))
    return [
      {
        kind: 'buttons',
        buttons: [{ label: t`Withdraw`, does: withdrawOwnRequest.with({ requestId: request.id }) }],
        more:
          reader.id === request.personId && breakGlassHours(integration) !== undefined
            ? [
                {
                  label: t`Break-glass…`,
                  does: takeByBreakGlass.with({ integrationId: integration.id }),
                },
              ]
            : [],
      },
    ];
  if (pressNow(approvers, verdicts, reader.id).kind !== 'seat') return [];
  const [approve, deny] = approveAndDeny(request, integration);
  if (isLost) return [{ kind: 'buttons', buttons: [deny] }];
  const target = targetOf(request, integration);
  const { id: requestId } = request;
  const more = compact([
    // Where a code is asked for, its form has a comment.
    !asksForCodes(integration) && {
      label: t`Approve with a comment…`,
      does: approveWithComment.with(target),
    },
    hoursGiven(request, policyOf(integration)) !== 1 && {
      label: t`Approve for less time…`,
      does: approveForShorter.with(target),
    },
    { label: t`Ask the requester…`, does: askTheRequester.with({ requestId }) },
    { label: t`Reassign…`, does: reassignApproval.with({ requestId }) },
    maySee(reader, person) && {
      label: t`What they have`,
      does: pickPerson.with({ personId: person.id, purpose: 'access' }),
    },
  ]);
  return [{ kind: 'buttons', buttons: [{ ...approve, tone: 'primary' }, deny], more }];
}

const isTheirs = ({ personId, requestedById }: AccessRequest, { id }: Person): boolean =>
  id === personId || id === requestedById;

/** For their own request that ended without an approval, where they may make it once more. */
function requestAgain(
  { request: { state, personId, requestedById }, person, integration }: RequestDetails,
  reader: Person,
): Block[] {
  const isOwn = reader.id === personId && reader.id === requestedById;
  if (!isOwn || state === 'approved' || whyNotRequest(person, integration)) return [];
  const does = askForAccess.with({ integrationId: integration.id });
  return [{ kind: 'buttons', buttons: [{ label: t`Request again…`, does }] }];
}

const targetOf = (request: AccessRequest, integration: Integration) => ({
  requestId: request.id,
  rules: rulesKey(request, integration),
});

export function approveAndDeny(
  request: AccessRequest,
  integration: Integration,
): readonly [approve: Button, deny: Button] {
  const target = targetOf(request, integration);
  return [
    asksForCodes(integration)
      ? { label: t`Approve…`, does: approveWithCode.with(target) }
      : { label: t`Approve`, does: approveRequest.with(target) },
    { label: t`Deny…`, does: denyRequest.with(target) },
  ];
}

/** Names the approver, and for whom they acted as a delegate. */
async function whoSaid(verdict: Verdict | undefined, context: Reader): Promise<string> {
  const name = await nameOf(verdict?.personId, context);
  return verdict?.forPersonId
    ? t`${name} (for ${await nameOf(verdict.forPersonId, context)})`
    : name;
}

async function nameOf(personId: string | undefined, { stores }: Reader): Promise<string> {
  const person = personId === undefined ? undefined : await stores.people.find(personId);
  return person ? fullName(person) : t`a deleted person`;
}

function namesIn(names: readonly string[], word: 'and' | 'or'): string {
  const more = names.length - NAMED;
  return listed(more > 0 ? [...names.slice(0, NAMED), t`${more} others`] : names, word);
}
