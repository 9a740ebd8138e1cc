/** Under More on an approver's card: a shorter time, a question to the requester, and another approver. */
import { z } from 'zod';
import { hoursWords, lengthWords, MAX_HOURS } from '../../../core/hours.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Integration } from '../../../engine/people/directory.ts';
import { type AccessRequest, hoursGiven } from '../../../engine/requests/access-request.ts';
import {
  type AnswerResult,
  answerQuestion,
  askRequester,
  type QuestionResult,
} from '../../../engine/requests/ask-requester.ts';
import { MAX_QUESTIONS } from '../../../engine/requests/question.ts';
import { type ReassignResult, reassignRequest } from '../../../engine/requests/reassign-request.ts';
import { MAX_REASSIGNMENTS } from '../../../engine/requests/reassignment.ts';
import { admittedTo, seatNow } from '../../../engine/requests/seat-now.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, type Reply, sayHere } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { LENGTH, OTHER, readLength, valueOf } from '../access/length-fields.ts';
import { auditRefusal } from '../admins.ts';
import { CODE, codeFieldOf } from '../step-up/code-field.ts';
import { MAX_COMMENT, MAX_REASON } from '../typed-text.ts';
import { closedRequest, requestGone } from './closed-request.ts';
import { approveTyped, seenBy, target, whyNot } from './decide-request.ts';
import { requestIntro } from './request-title.ts';

const commentField = (hint: string, maxLength: number) =>
  ({
    kind: 'text',
    label: t`Your comment`,
    hint,
    multiline: true,
    maxLength,
    optional: true,
  }) as const;

// ---------------------------------------------------------------- a shorter time

const COMMENT = 'comment';
/** In hours: shorter ones than a request offers, since it may be for a few hours itself. */
const SHORTER = [1, 2, 4, 8, 24, 3 * 24, 7 * 24, 14 * 24, 30 * 24, 90 * 24];

export const approveForShorter = formAction({
  id: 'request.approve-shorter',
  payload: target,
  title: () => t`Approve for less time`,
  submitLabel: () => t`Approve`,

  async fields({ requestId }, turn: Turn) {
    const found = await seatNow(seenBy(turn), requestId, turn.actor);
    if (found.kind !== 'seat')
      return { refused: await refused(found.kind, requestId, { turn, what: toApprove }) };
    const { request, integration } = found;
    const now = hoursGiven(request, policyOf(integration));
    const offered = SHORTER.filter((hours) => hours < (now ?? MAX_HOURS));
    return {
      intro: [
        ...(await requestIntro(request, turn)),
        sentences(
          now === undefined
            ? t`It was requested with no end date.`
            : t`Otherwise, it's granted for ${lengthWords(now)}.`,
          t`If several approvers shorten it, the shortest time counts. The requester can request more later.`,
        ),
      ],
      fields: {
        [LENGTH]: {
          kind: 'choice',
          label: t`For how long`,
          options: offered.map((hours) => ({ label: hoursWords(hours), value: valueOf(hours) })),
          initial: valueOf(offered.at(-1) ?? 1),
        },
        [OTHER]: {
          kind: 'text',
          label: t`Or another time`,
          hint: t`Like 6 hours or 10 days. It is used instead of the choice above.`,
          optional: true,
        },
        [COMMENT]: commentField(t`The requester will see this.`, MAX_REASON),
        ...codeFieldOf(integration),
      } satisfies Fields,
    };
  },

  async submit(values, wanted, turn) {
    const comment = values[COMMENT];
    const length = readLength(values, MAX_HOURS);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const { hours = MAX_HOURS } = length;
    // Who can't approve it is refused below, and reads nothing of what was requested.
    const found = await seatNow(seenBy(turn), wanted.requestId, turn.actor);
    // By what was requested: another approver may have shortened it since, and then the shorter time counts.
    const asked = found.kind === 'seat' ? hoursAsked(found.request, found.integration) : undefined;
    if (asked !== undefined && hours >= asked)
      return {
        kind: 'invalid',
        errors: {
          [values[OTHER] ? OTHER : LENGTH]:
            t`Choose a time that is shorter than ${lengthWords(asked)}.`,
        },
      };
    const wish = { ...wanted, verdict: 'approve', reason: comment, hours } as const;
    return approveTyped({ ...wish, code: values[CODE] }, turn);
  },
});

/** For how long it would be granted if no approver shortened it. */
function hoursAsked(
  { hours, requestedHours = hours }: AccessRequest,
  integration: Integration,
): number | undefined {
  const asked = requestedHours === 'no-end' ? undefined : requestedHours;
  return hoursGiven({ hours: asked }, policyOf(integration));
}

// ---------------------------------------------------------------- a question

const about = z.object({ requestId: z.string() });

/** For the audit log: what the actor can't do. */
const toApprove = () => t`approve a request that others approve`;
const toAsk = () => t`ask about a request that others approve`;
const toReassign = () => t`reassign a request that others approve`;

export const askTheRequester = formAction({
  id: 'request.question',
  payload: about,
  title: () => t`Ask the requester`,
  submitLabel: () => t`Ask`,

  async fields({ requestId }, turn: Turn) {
    const found = await seatNow(seenBy(turn), requestId, turn.actor);
    if (found.kind !== 'seat')
      return { refused: await refused(found.kind, requestId, { turn, what: toAsk }) };
    return {
      intro: [
        ...(await requestIntro(found.request, turn)),
        t`The requester gets your question and answers with a button. All approvers see both. The request stays open.`,
      ],
      fields: {
        question: {
          kind: 'text',
          label: t`Your question`,
          multiline: true,
          maxLength: MAX_COMMENT,
        },
      },
    };
  },

  async submit({ question }, { requestId }, turn) {
    const asked = await turn.transact((tx) =>
      askRequester(tx, { requestId, question }, { by: turn.actor, actor: actorOf(turn) }),
    );
    return asked.kind === 'asked'
      ? followed
      : sayHere(await refused(asked.kind, requestId, { turn, what: toAsk }));
  },
});

export const answerApprover = formAction({
  id: 'request.answer',
  payload: z.object({ questionId: z.string() }),
  title: () => t`Answer the question`,
  submitLabel: () => t`Answer`,

  async fields({ questionId }, turn: Turn) {
    const { stores, actor } = turn;
    const question = await stores.questions.find(questionId);
    if (!question) return { refused: requestGone() };
    const request = await stores.requests.find(question.requestId);
    if (request?.state !== 'open')
      return { refused: await closedRequest(question.requestId, turn) };
    if (request.requestedById !== actor.id) return { refused: await notYoursToAnswer(turn) };
    if (question.answered) return { refused: answeredAlready() };
    const asker = await stores.people.find(question.askedById);
    return {
      intro: [
        ...(await requestIntro(request, turn)),
        asker ? t`${fullName(asker)} asks: "${question.question}"` : question.question,
      ],
      fields: {
        answer: {
          kind: 'text',
          label: t`Your answer`,
          hint: t`All approvers of this request will see this.`,
          multiline: true,
          maxLength: MAX_COMMENT,
        },
      },
    };
  },

  async submit({ answer }, { questionId }, turn) {
    const { kind } = await turn.transact((tx) =>
      answerQuestion(tx, { questionId, answer }, { by: turn.actor, actor: actorOf(turn) }),
    );
    return kind === 'answered' ? followed : sayHere(await whyUnanswered(kind, questionId, turn));
  },
});

async function whyUnanswered(
  kind: Exclude<AnswerResult['kind'], 'answered'>,
  questionId: string,
  turn: Turn,
): Promise<Card> {
  switch (kind) {
    case 'gone':
      return requestGone();
    case 'over': {
      const question = await turn.stores.questions.find(questionId);
      return question ? closedRequest(question.requestId, turn) : requestGone();
    }
    case 'not-yours':
      return notYoursToAnswer(turn);
    case 'answered-already':
      return answeredAlready();
    default:
      return unreachable(kind);
  }
}

async function notYoursToAnswer(turn: Turn): Promise<Card> {
  await auditRefusal(() => t`answer a question to someone else`, turn, {});
  return note(t`You can't answer this`, t`Only the requester can. Nothing changed.`);
}

const answeredAlready = (): Card =>
  note(t`This question has an answer`, t`Nothing changed; the card shows the answer.`);

// ---------------------------------------------------------------- another approver

export const reassignApproval = formAction({
  id: 'request.reassign',
  payload: about,
  title: () => t`Reassign the request`,
  submitLabel: () => t`Reassign`,

  async fields({ requestId }, turn: Turn) {
    const found = await seatNow(seenBy(turn), requestId, turn.actor);
    if (found.kind !== 'seat')
      return { refused: await refused(found.kind, requestId, { turn, what: toReassign }) };
    const people = await admittedTo(found, seenBy(turn));
    if (people.length === 0)
      return {
        refused: note(
          t`There's no one to reassign this to`,
          t`Only people whom its rules name and Latchkey admins can approve it. Nothing changed.`,
        ),
      };
    const { approver } = found.seat;
    return {
      intro: [
        ...(await requestIntro(found.request, turn)),
        approver.id === turn.actor.id
          ? t`They approve in your place, and you no longer can. They get the request at once.`
          : t`They approve in place of ${fullName(approver)}, who no longer can. They get the request at once.`,
      ],
      fields: {
        to: {
          kind: 'choice',
          label: t`New approver`,
          options: people.map((person) => ({ label: fullName(person), value: person.id })),
        },
        [COMMENT]: commentField(t`The new approver and the requester will see this.`, MAX_COMMENT),
      },
    };
  },

  async submit({ to: toId, comment }, { requestId }, turn) {
    const moved = await turn.transact((tx) =>
      reassignRequest(tx, { requestId, toId, comment }, { by: turn.actor, actor: actorOf(turn) }),
    );
    return moved.kind === 'reassigned'
      ? followed
      : sayHere(await refused(moved.kind, requestId, { turn, what: toReassign }));
  },
});

// ---------------------------------------------------------------- answers

/** Its cards follow the request, and whom it concerns gets a message. */
const followed: Reply = { kind: 'nothing' };

type Kept = Exclude<QuestionResult | ReassignResult, { readonly kind: 'asked' | 'reassigned' }>;

/** What the actor reads. The audit log has a press of someone who may not approve it. */
async function refused(
  kind: Kept['kind'],
  requestId: string,
  { turn, what }: { readonly turn: Turn; readonly what: () => string },
): Promise<Card> {
  switch (kind) {
    case 'too-many':
      return note(
        t`The limit is reached`,
        t`A request can have up to ${MAX_QUESTIONS} questions and ${MAX_REASSIGNMENTS} reassignments. Approve it, deny it, or talk to the requester.`,
      );
    case 'too-few':
      return note(
        t`Too few approvers would be left`,
        t`They are already an approver of this request, and each person counts once. Choose someone else.`,
      );
    case 'not-admitted':
      return note(
        t`They can't approve this`,
        t`They have responded already, or the rules no longer name them. Nothing changed; open the form again.`,
      );
    case 'gone':
    case 'over':
    case 'own':
    case 'not-approver':
    case 'said-already':
    case 'filled': {
      const request = await turn.stores.requests.find(requestId);
      await auditRefusal(what, turn, {
        ...(request && { personId: request.personId, integrationId: request.integrationId }),
      });
      return whyNot(kind, { requestId }, turn);
    }
    default:
      return unreachable(kind);
  }
}
