/** A request as each reader sees it: who requests what and why, its state, and what the reader may do. */
import { compact } from '../../../core/compact.ts';
import { addHours, HOURS_A_DAY, hoursWords, lengthWords } from '../../../core/hours.ts';
import { sayReadyMade, t } from '../../../core/translate.ts';
import { heldToExtend } from '../../../engine/access/held-answers.ts';
import type { Hold } from '../../../engine/access/hold.ts';
import { isEndMoving } from '../../../engine/access/holds.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { mayManage, maySee } from '../../../engine/people/permission.ts';
import {
  type AccessRequest,
  hoursGiven,
  type RequestContent,
  rulesKey,
} from '../../../engine/requests/access-request.ts';
import { approversOf } from '../../../engine/requests/approvers.ts';
import { breakGlassHours, mayBeTaken } from '../../../engine/requests/break-glass.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import { chosenForApprovalAt } from '../../../engine/requests/needs-approval.ts';
import { pressNow } from '../../../engine/requests/press-now.ts';
import { readableContent, sayUnreadable } from '../../../engine/requests/readable-content.ts';
import { whyNotRequest } from '../../../engine/requests/requestable.ts';
import { cameToNothing } from '../../../engine/runs/run-again.ts';
import { type Policy, policyOf } from '../../../engine/settings/settings.ts';
import { asksForCodes } from '../../../engine/step-up/use-code.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Fact,
  factList,
  muted,
  paragraph,
} from '../../view/card.ts';
import { showDate, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { pickPerson } from '../people/find-person.ts';
import { openRun } from '../runs/run-history.ts';
import { someNames } from '../some-names.ts';
import { requestNotSeen } from '../whom-to-ask.ts';
import { breakGlass as takeByBreakGlass } from './break-glass.ts';
import { breakGlassBlocks } from './break-glass-blocks.ts';
import { requestGone } from './closed-request.ts';
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
import { NAMED, type RequestDetails, standing, whoSaid } from './request-standing.ts';
import { talkBlocks } from './request-talk.ts';
import { breakGlassTitle, requestTitle } from './request-title.ts';

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
    if (!request || !person || !requester || !integration) return requestGone();
    if (!(await maySeeRequest(reader, request, stores)))
      return requestNotSeen(t`You can't see this request any more`, context);
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
    const isTaken = breakGlass !== undefined && mayBeTaken(request);
    return {
      title: isTaken ? breakGlassTitle(shown, reader) : requestTitle(shown, reader),
      blocks: [
        // While it is open, a question or an answer is why its message came, and a notification shows the first line.
        ...(request.state === 'open' ? await talkBlocks(request, context) : []),
        paragraph(await standing(shown, context)),
        factList(await factsOf({ ...shown, isTaken }, context)),
        ...(await saidSoFar(shown, context)),
        ...(request.state === 'open' ? [] : await talkBlocks(request, context)),
        ...(breakGlass ? await breakGlassBlocks(breakGlass, shown, context) : []),
        ...(await failedSetup(shown, context)),
        ...buttonsOf(shown, reader),
      ],
    };
  },
});

/** Approvers who can try it again get no other message. */
async function failedSetup(
  { request, person, integration }: RequestDetails,
  { stores, reader }: Reader,
): Promise<Block[]> {
  if (request.state !== 'approved' || request.runId === undefined) return [];
  const run = mayManage(reader, person) ? await stores.runs.find(request.runId) : undefined;
  if (!run || !cameToNothing(run)) return [];
  const about = t`Details: ${integration.name}`;
  return buttonRow([{ label: t`Details`, about, does: openRun.with({ runId: run.id }) }]);
}

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

async function factsOf(
  {
    request,
    person,
    integration,
    content,
    isTaken,
  }: RequestDetails & {
    /** By break-glass: nobody requested it, and its first line says when. */
    readonly isTaken: boolean;
  },
  context: Reader,
): Promise<Fact[]> {
  const about = [fullName(person), person.email, person.position, person.department].filter(
    Boolean,
  );
  const isOpen = request.state === 'open';
  // They know who they are, and what they have.
  const isOwn = person.id === context.reader.id;
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
    !isOwn && [t`For`, about.join(' · ')],
    !isTaken && [t`Requested`, showTime(request.createdAt, context)],
    [
      request.kind === 'extend' ? t`How much longer` : t`How long`,
      [howLong(request, policyOf(integration))],
    ],
    isOpen
      ? untilFact(request, { policy: policyOf(integration), held, context })
      : await grantedUntil(request, context),
    [t`Reason`, content.reason || t`none given`],
    // An extension keeps the answers of the hold that it extends.
    ...(held ?? content).answers.map(({ label, value }): Fact => [sayReadyMade(label), value]),
    held?.isUnknown && [
      t`What was granted`,
      t`no longer known: Latchkey doesn't keep answers from that long ago`,
    ],
    options.length > 0 && [t`Needs approval`, options.join(', ')],
    // After the end of the request, this would include what was granted through it.
    isOpen && !isOwn && [t`Has now`, await alreadyHas(person, context)],
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
    return t`${hoursWords(Math.min(hours, longestHours ?? hours))}, shortened by an approver (requested: ${asked})`;
  if (request.state !== 'open' || longestHours === null) return asked;
  const given = hoursGiven(request, policy);
  return given === request.hours
    ? t`${asked} (at most ${hoursWords(longestHours)})`
    : t`${hoursWords(longestHours)}, the most allowed now (requested: ${asked})`;
}

/** A day is over at midnight, which is a time of the next one. */
const LAST_MOMENT_MS = 1;

/** The end that an approval at the time of the request would give; undefined without one. */
function untilFact(
  request: AccessRequest,
  {
    policy,
    held,
    context,
  }: {
    readonly policy: Policy;
    /** What an extension extends. Its end is left out while its grant waits. */
    readonly held: Pick<Hold, 'endsAt'> | undefined;
    readonly context: Reader;
  },
): Fact | undefined {
  const hours = hoursGiven(request, policy);
  if (hours === undefined || (held && !held.endsAt)) return undefined;
  const end = addHours(held?.endsAt ?? request.createdAt, hours);
  const until = endWords(end, hours, context);
  return [t`Until`, held?.endsAt ? until : t`${until}, or later if it's approved later`];
}

const endWords = (end: Date, hours: number, context: Reader): string =>
  hours < 2 * HOURS_A_DAY
    ? showTime(end, context)
    : showDate(new Date(end.getTime() - LAST_MOMENT_MS), context);

/** The end of what it granted or extended, while that is there; undefined also where the grant still waits: see `isEndMoving`. */
async function grantedUntil(request: AccessRequest, context: Reader): Promise<Fact | undefined> {
  if (request.state !== 'approved' || request.hours === undefined) return undefined;
  const { personId, integrationId, hours } = request;
  const { stores } = context;
  const open = await stores.holds.openAt(personId, integrationId);
  const hold = open.find(({ requestId }) => requestId === request.id) ?? extendedBy(request, open);
  if (!hold?.endsAt || (await isEndMoving(stores, hold))) return undefined;
  return [t`Until`, endWords(hold.endsAt, hours, context)];
}

/** An extension moved the end of the hold that ended last, and is named in none. */
const extendedBy = (
  { kind, decidedAt }: Extract<AccessRequest, { state: 'approved' }>,
  open: readonly Hold[],
): Hold | undefined =>
  kind === 'extend' && open.every(({ endsAt }) => endsAt)
    ? open
        .filter(({ startedAt }) => startedAt <= decidedAt)
        .toSorted((one, other) => Number(one.endsAt) - Number(other.endsAt))
        .at(-1)
    : undefined;

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

/** Who has approved so far, while more are needed: in this stage or in one before. */
async function saidSoFar(
  { request, verdicts, approvers }: RequestDetails,
  context: Reader,
): Promise<readonly Block[]> {
  const isOpen = request.state === 'open';
  const isStaged = isOpen && approvers.stages > 1;
  if (approvers.needed < 2 && verdicts.length < 2 && !isStaged) return [];
  const lines = await Promise.all(
    verdicts.map(async (each) => {
      const who = await whoSaid(each, context);
      const when = showTime(each.at, context);
      return each.verdict === 'approve'
        ? each.hours === undefined
          ? t`${who} approved on ${when}.`
          : t`${who} approved for ${hoursWords(each.hours)} at most on ${when}.`
        : t`${who} denied on ${when}.`;
    }),
  );
  const needed =
    isOpen && approvers.needed > 1
      ? [t`${approvers.approved} of ${approvers.needed} approvals so far.`]
      : [];
  return [...needed, ...lines].map(muted);
}

function buttonsOf(shown: RequestDetails, reader: Person): Block[] {
  const { request, person, integration, isLost, approvers, verdicts } = shown;
  if (request.state !== 'open') return requestAgain(shown, reader);
  if (isTheirs(request, reader))
    return buttonRow(
      [{ label: t`Withdraw`, does: withdrawOwnRequest.with({ requestId: request.id }) }],
      reader.id === request.personId && breakGlassHours(integration) !== undefined
        ? [
            {
              label: t`Break-glass…`,
              does: takeByBreakGlass.with({ integrationId: integration.id }),
            },
          ]
        : [],
    );
  if (pressNow(approvers, verdicts, reader.id).kind !== 'seat') return [];
  const [approve, deny] = approveAndDeny(request, integration);
  if (isLost) return buttonRow([deny]);
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
  return buttonRow([{ ...approve, tone: 'primary' }, deny], more);
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
  return buttonRow([{ label: t`Request again…`, does }]);
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
