/** Approve, Deny… and Withdraw. All cards follow the request, so a successful click needs no reply. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { withdrawRequest } from '../../../engine/requests/create-request.ts';
import {
  type DecisionResult,
  type DecisionWish,
  decideRequest,
  type RefusedDecision,
  triedWords,
} from '../../../engine/requests/decide-request.ts';
import { type FoundSeat, seatNow } from '../../../engine/requests/seat-now.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  type Reply,
  type SubmitReply,
  sayHere,
} from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { giveBack } from '../access/give-back.ts';
import { auditRefusal } from '../admins.ts';
import { CODE, codeCard, codeField, invalidCode } from '../step-up/code-field.ts';
import { MAX_REASON } from '../typed-text.ts';
import { closedRequest } from './closed-request.ts';
import { requestIntro } from './request-title.ts';

/** `rules`: the version of the approval rules that the card showed. */
export const target = z.object({ requestId: z.string(), rules: z.string() });

export const approveRequest = buttonAction({
  id: 'request.approve',
  payload: target,
  handle: (wanted, turn: Turn) => decide({ ...wanted, verdict: 'approve' }, turn),
});

/** Under More: what the requester and the other approvers then read. */
export const approveWithComment = formAction({
  id: 'request.approve-comment',
  payload: target,
  title: () => t`Approve with a comment`,
  submitLabel: () => t`Approve`,

  async fields({ requestId }, turn: Turn) {
    const { request, refused } = await openFor(requestId, 'approve', turn);
    if (refused) return { refused };
    return {
      intro: await requestIntro(request, turn),
      fields: { comment: textForRequester(t`Your comment`) },
    };
  },

  submit: ({ comment }, wanted, turn) =>
    decide({ ...wanted, verdict: 'approve', reason: comment }, turn),
});

/** For the form of someone who may answer it now. Anyone else reads nothing of it, and their press is in the audit log. */
async function openFor(
  requestId: string,
  verdict: DecisionWish['verdict'],
  turn: Turn,
): Promise<OrRefused<Pick<FoundSeat, 'request'>>> {
  const found = await seatNow(seenBy(turn), requestId, turn.actor);
  if (found.kind === 'seat') return { request: found.request };
  if (found.kind !== 'gone' && found.kind !== 'over') {
    const request = await turn.stores.requests.find(requestId);
    const about = request ? namesOf(request) : {};
    await auditRefusal(() => triedWords(verdict, found.kind), turn, about);
  }
  return { refused: await whyNot(found.kind, { requestId }, turn) };
}

/** What `seatNow` reads. */
export const seenBy = ({ stores, now, installation }: Turn) => ({
  ...stores,
  now: now(),
  timeZone: installation.timeZone,
});

/** What the requester reads of a decision. */
export const textForRequester = (label: string) =>
  ({
    kind: 'text',
    label,
    multiline: true,
    maxLength: MAX_REASON,
    hint: t`The requester will see this.`,
  }) as const;

/** In place of Approve and of Approve with a comment, where the integration asks for a code. */
export const approveWithCode = formAction({
  id: 'request.approve-code',
  payload: target,
  title: () => t`Approve the request`,
  submitLabel: () => t`Approve`,

  async fields({ requestId }, turn: Turn) {
    const { request, refused } = await openFor(requestId, 'approve', turn);
    if (refused) return { refused };
    return {
      intro: await requestIntro(request, turn),
      fields: {
        [CODE]: codeField(),
        comment: { ...textForRequester(t`Your comment`), optional: true },
      },
    };
  },

  submit: ({ comment, [CODE]: code }, wanted, turn) =>
    approveTyped({ ...wanted, verdict: 'approve', reason: comment, code }, turn),
});

/** By a form that may have a field for a code. */
export async function approveTyped(wish: Wish, turn: Turn): Promise<SubmitReply> {
  const decided = await press(wish, turn);
  const wrong = decided.kind === 'needs-code' && invalidCode(decided.problem, decided.integration);
  return wrong || answerTo(decided, wish, turn);
}

export const denyRequest = formAction({
  id: 'request.deny',
  payload: target,
  title: () => t`Deny the request`,
  submitLabel: () => t`Deny`,

  async fields({ requestId }, turn: Turn) {
    const { request, refused } = await openFor(requestId, 'deny', turn);
    if (refused) return { refused };
    return {
      intro: await requestIntro(request, turn),
      fields: { reason: textForRequester(t`Reason`) },
    };
  },

  submit: ({ reason }, wanted, turn) => decide({ ...wanted, verdict: 'deny', reason }, turn),
});

export const withdrawOwnRequest = buttonAction({
  id: 'request.withdraw',
  payload: z.object({ requestId: z.string() }),

  async handle({ requestId }, turn: Turn) {
    const actor = actorOf(turn);
    const outcome = await turn.transact(async (tx) => {
      const request = await tx.requests.find(requestId);
      return request && withdrawRequest(tx, request, { actor, personId: turn.actor.id });
    });
    if (outcome?.kind === 'withdrawn' || (await isWithdrawn(requestId, turn)))
      return { kind: 'nothing' };
    if (outcome?.kind !== 'not-yours') return sayHere(await tooLateToWithdraw(requestId, turn));
    await auditRefusal(() => t`withdraw this request`, turn, {});
    return sayHere(notYoursToWithdraw());
  },
});

/** What was approved meanwhile is theirs now: they can give it back. */
async function tooLateToWithdraw(requestId: string, turn: Turn): Promise<Card> {
  const request = await turn.stores.requests.find(requestId);
  const card = await closedRequest(requestId, turn);
  if (request?.state !== 'approved' || request.personId !== turn.actor.id) return card;
  const { integrationId } = request;
  return withButtons(card, { label: t`Give back…`, does: giveBack.with({ integrationId }) });
}

export const notYoursToWithdraw = (): Card =>
  note(
    t`You can't withdraw this`,
    t`Only the requester and the person it's for can. Nothing changed.`,
  );

/** By a first click of one of the two who may. */
async function isWithdrawn(requestId: string, { stores, actor }: Turn): Promise<boolean> {
  const request = await stores.requests.find(requestId);
  return (
    request?.state === 'withdrawn' && [request.requestedById, request.personId].includes(actor.id)
  );
}

type Wish = Pick<DecisionWish, 'requestId' | 'rules' | 'verdict' | 'reason' | 'hours' | 'code'>;

const decide = async (wanted: Wish, turn: Turn): Promise<Reply> =>
  answerTo(await press(wanted, turn), wanted, turn);

function press(wanted: Wish, turn: Turn): Promise<DecisionResult> {
  const actor = actorOf(turn);
  return turn.transact((tx) => decideRequest(tx, { ...wanted, by: turn.actor, actor }));
}

async function answerTo(decided: DecisionResult, wanted: Wish, turn: Turn): Promise<Reply> {
  if (decided.kind === 'decided' || decided.kind === 'counted') return { kind: 'nothing' };
  const isLate = decided.kind !== 'refused' && decided.kind !== 'needs-code';
  if (isLate && (await isSecondClick(wanted, turn))) return { kind: 'nothing' };
  if (decided.kind === 'needs-code') {
    const { requestId, rules } = wanted;
    const again = { label: t`Approve…`, does: approveWithCode.with({ requestId, rules }) };
    return sayHere(codeCard(decided.problem, decided.integration, again));
  }
  const request = await turn.stores.requests.find(wanted.requestId);
  const about = request ? namesOf(request) : {};
  await auditRefusal(() => triedWords(wanted.verdict, decided.kind), turn, about);
  return sayHere(
    decided.kind === 'refused'
      ? notGrantable(decided.why)
      : await whyNot(decided.kind, wanted, turn),
  );
}

/** Whether they have said the same already. The card shows it, but not a reason that comes with this one. */
async function isSecondClick(
  { requestId, verdict, reason }: Pick<DecisionWish, 'requestId' | 'verdict' | 'reason'>,
  { stores, actor }: Turn,
): Promise<boolean> {
  const verdicts = await stores.requests.verdicts(requestId);
  return verdicts.some(
    (each) =>
      each.personId === actor.id &&
      each.verdict === verdict &&
      (reason === undefined || each.reason === reason),
  );
}

/** @param said what they pressed, where that was a verdict */
export async function whyNot(
  kind: Exclude<RefusedDecision['kind'], 'refused'>,
  said: Pick<DecisionWish, 'requestId'> & Partial<Pick<DecisionWish, 'verdict' | 'reason'>>,
  turn: Turn,
): Promise<Card> {
  const { requestId, verdict, reason } = said;
  switch (kind) {
    case 'gone':
    case 'over':
      return closedRequest(requestId, turn);
    case 'said-already':
      return note(
        t`You've already responded`,
        t`Your response is saved. The other approvers still have to respond.`,
        ...(verdict === 'approve' && reason ? [t`The comment was not added.`] : []),
      );
    case 'filled':
      return note(
        t`This was answered in your place`,
        t`An approver and their delegate respond once, and the other one of you has. Nothing changed.`,
      );
    case 'own':
      return notYoursToDecide();
    case 'not-approver':
      return note(
        t`You're not the approver`,
        t`The manager, a delegate or the settings may have changed. Nothing changed here; the current approvers have been notified.`,
      );
    case 'rules-changed':
      return note(
        t`The rules have changed`,
        t`An admin changed who approves this, or for how long. Check the card, then press again.`,
      );
    default:
      return unreachable(kind);
  }
}

const notGrantable = (why: string): Card =>
  note(t`This can't be granted now`, why, t`The request stays open.`);

export const notYoursToDecide = (): Card =>
  note(
    t`You can't decide this one`,
    t`It's for you, or you requested it. Someone else has to approve it; the card shows who.`,
  );

const namesOf = ({ personId, integrationId }: AccessRequest) => ({ personId, integrationId });
