/** `POST /requests` and what becomes of a request: through the same functions as chat. */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { takenFact } from '../../engine/people/fact-claims.ts';
import { noteRefusal } from '../../engine/people/note-refusal.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../engine/requests/access-request.ts';
import {
  createRequest,
  maySeeRequest,
  withdrawRequest,
} from '../../engine/requests/create-request.ts';
import {
  type DecisionResult,
  decideRequest,
  triedWords,
} from '../../engine/requests/decide-request.ts';
import { codeProblemWords } from '../../engine/step-up/use-code.ts';
import { answersBody, readAnswers } from './answers.ts';
import { askedRequest, noteNotAllowed } from './asked-request.ts';
import { type Endpoint, named, type Turn } from './endpoint.ts';
import { conflict, invalid, notAllowed, notFound, type Problem, pointerOf } from './problems.ts';
import { requestSchema, shownRequest } from './requests.ts';
import { forWhom, givenReason, MAX_ID, MAX_REASON, wishedHours } from './values.ts';
import { type Done, writing } from './writing.ts';

export const newRequest = named(
  'NewRequest',
  z.strictObject({
    integrationId: z.string().max(MAX_ID),
    personId: forWhom,
    reason: givenReason,
    hours: wishedHours,
    ...answersBody,
  }),
);

const nothing = named('Nothing', z.strictObject({}));
const rules = z
  .string()
  .min(1)
  .max(1000)
  .describe(
    '`rules` of the request as it was read, so that nobody decides by rules that have changed',
  );
const approval = named(
  'Approval',
  z.strictObject({
    rules,
    comment: z.string().trim().max(MAX_REASON).optional(),
    hours: wishedHours.describe('For how many hours at most. Left out: as requested'),
  }),
);
const denial = named('Denial', z.strictObject({ rules, reason: givenReason }));

type Written = Done<z.input<typeof requestSchema>>;

const namesOf = ({ personId, integrationId }: AccessRequest) => ({ personId, integrationId });

export const requestWrites: readonly Endpoint[] = [
  writing({
    path: '/requests',
    tag: 'Requests',
    scope: 'request',
    summary: 'Requests access, for oneself or for someone else',
    description:
      'Managers request for their reports, the helpdesk and admins for everyone. Who has it until some time requests more time, and gives no answers.',
    body: newRequest,
    answer: requestSchema,
    status: 201,
    async prepare({ body }, turn) {
      const { reader, actor } = turn;
      const asked = await askedRequest(body, turn);
      if (asked.kind === 'problem') return asked;
      if (asked.kind === 'not-allowed')
        return async (tx) => ({ problem: await noteNotAllowed(tx, asked, actor) });
      const { person, integration, form } = asked;
      const read = await readAnswers(body, { manifest: form, person, integration }, turn);
      if (!read.ok) return { problem: read.problem };
      const { reason } = body;
      const content = { reason, form: read.form, answers: read.answers, facts: read.facts };
      return async (tx): Promise<Written> => {
        const taken = await takenFact(tx, { personId: person.id, facts: read.facts, actor });
        if (taken) return { problem: wrongFact(taken) };
        const wish = { actor, requester: reader, person, integration, hours: body.hours, content };
        const outcome = await createRequest(tx, wish);
        switch (outcome.kind) {
          case 'requested':
            return { done: shownRequest(outcome.request) };
          case 'open-already':
            return conflict('It is requested already, and waits for approval.');
          case 'refused':
            return conflict(outcome.why);
          default:
            return unreachable(outcome);
        }
      };
    },
  }),
  writing({
    path: '/requests/{id}/withdraw',
    tag: 'Requests',
    scope: 'request',
    summary: 'Withdraws a request: who made it, or whom it is for',
    body: nothing,
    answer: requestSchema,
    status: 200,
    async prepare({ id }, { reader, actor }) {
      return async (tx): Promise<Written> => {
        const request = await tx.requests.find(id);
        if (!request) return { problem: notFound };
        const outcome = await withdrawRequest(tx, request, { actor, personId: reader.id });
        switch (outcome.kind) {
          case 'withdrawn':
            return { done: shownRequest(outcome.request) };
          case 'over':
            return conflict(`It has ended: ${outcome.request.state}.`);
          case 'not-yours':
            await noteRefusal(
              tx,
              { actor, wanted: () => t`withdraw this request` },
              namesOf(request),
            );
            return (await maySeeRequest(reader, request, tx))
              ? notAllowed('Only the requester and the person it is for withdraw it.')
              : { problem: notFound };
          default:
            return unreachable(outcome);
        }
      };
    },
  }),
  writing({
    path: '/requests/{id}/approve',
    tag: 'Requests',
    scope: 'approve',
    summary: 'Approves a request',
    description:
      'Where the integration asks for a code of an authenticator, this is done in chat: the answer is 403 with `code-needed`.',
    body: approval,
    answer: requestSchema,
    status: 200,
    async prepare({ id, body }, turn) {
      const { comment: reason, ...rest } = body;
      return (tx) => decide(tx, { requestId: id, verdict: 'approve', reason, ...rest }, turn);
    },
  }),
  writing({
    path: '/requests/{id}/deny',
    tag: 'Requests',
    scope: 'approve',
    summary: 'Denies a request',
    body: denial,
    answer: requestSchema,
    status: 200,
    async prepare({ id, body }, turn) {
      return (tx) => decide(tx, { requestId: id, verdict: 'deny', ...body }, turn);
    },
  }),
];

export const wrongFact = ({
  name,
  why,
}: {
  readonly name: string;
  readonly why: string;
}): Problem => invalid([{ detail: why, pointer: pointerOf(['facts', name]) }]);

type Wish = Omit<Parameters<typeof decideRequest>[1], 'by' | 'actor' | 'code'>;

async function decide(tx: Transaction, wish: Wish, { reader, actor }: Turn): Promise<Written> {
  const decided = await decideRequest(tx, { ...wish, by: reader, actor });
  if (decided.kind === 'decided' || decided.kind === 'counted')
    return { done: shownRequest(decided.request) };
  const request = await tx.requests.find(wish.requestId);
  if (!request) return { problem: notFound };
  if (decided.kind !== 'needs-code') {
    const wanted = () => triedWords(wish.verdict, decided.kind);
    await noteRefusal(tx, { actor, wanted }, namesOf(request));
  }
  return (await maySeeRequest(reader, request, tx)) ? whyNot(decided) : { problem: notFound };
}

function whyNot(decided: Exclude<DecisionResult, { readonly kind: 'decided' | 'counted' }>): {
  readonly problem: Problem;
} {
  switch (decided.kind) {
    case 'gone':
      return { problem: notFound };
    case 'over':
      return conflict(`It has ended: ${decided.request.state}.`);
    case 'said-already':
      return conflict('You have responded already.');
    case 'filled':
      return conflict('The approver or their delegate has responded in your place.');
    case 'rules-changed':
      return conflict('Who approves it, or for how long, has changed. Read it again.');
    case 'refused':
      return conflict(decided.why);
    case 'own':
      return notAllowed('No one approves or denies what they requested, or what is for them.');
    case 'not-approver':
      return notAllowed('You are not an approver of it now.');
    case 'needs-code':
      return {
        problem: {
          kind: 'code-needed',
          detail: `This is approved in chat, with a code. ${codeProblemWords(decided.problem, decided.integration)}`,
        },
      };
    default:
      return unreachable(decided);
  }
}
