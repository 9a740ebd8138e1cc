/** An approver asks the requester, who answers. */
import type { Actor, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, topicsOf } from '../work/topics.ts';
import { aboutRequest } from './access-request.ts';
import { MAX_QUESTIONS } from './question.ts';
import { type SeatNow, seatNow } from './seat-now.ts';

export type QuestionResult =
  | { readonly kind: 'asked' }
  | Exclude<SeatNow, { readonly kind: 'seat' }>
  | { readonly kind: 'too-many' };

/** @param question not empty, at most as long as a comment */
export async function askRequester(
  tx: Transaction,
  { requestId, question }: { readonly requestId: string; readonly question: string },
  { by, actor }: { readonly by: Person; readonly actor: Actor },
): Promise<QuestionResult> {
  const found = await seatNow(tx, requestId, by);
  if (found.kind !== 'seat') return found;
  const { request } = found;
  const before = await tx.questions.of(request.id);
  // A second press: the same question waits for its answer.
  if (before.some((each) => !each.answered && each.question === question)) return { kind: 'asked' };
  if (before.length >= MAX_QUESTIONS) return { kind: 'too-many' };
  const asked = { id: tx.newId(), requestId, askedById: by.id, askedAt: tx.now, question };
  await tx.questions.insert(asked);
  // The version moves: of two questions at once, the second one counts the first.
  const saved = await tx.requests.save(request);
  await tx.audit('request.question', aboutRequest(saved, actor));
  await invalidate(tx, ...topicsOf(request));
  await tx.emit({ kind: 'request-question', request: saved, question: asked });
  return { kind: 'asked' };
}

export type AnswerResult =
  | { readonly kind: 'answered' }
  | { readonly kind: 'gone' }
  /** The request has ended. */
  | { readonly kind: 'over' }
  /** Only the requester answers. */
  | { readonly kind: 'not-yours' }
  | { readonly kind: 'answered-already' };

/** @param answer not empty, at most as long as a comment */
export async function answerQuestion(
  tx: Transaction,
  { questionId, answer }: { readonly questionId: string; readonly answer: string },
  { by, actor }: { readonly by: Person; readonly actor: Actor },
): Promise<AnswerResult> {
  const question = await tx.questions.find(questionId);
  const request = question && (await tx.requests.find(question.requestId));
  if (!question || !request) return { kind: 'gone' };
  if (request.requestedById !== by.id) return { kind: 'not-yours' };
  if (request.state !== 'open') return { kind: 'over' };
  const answered = { byId: by.id, at: tx.now, answer };
  if ((await tx.questions.answer(question.id, answered)) === 'taken')
    return { kind: 'answered-already' };
  await tx.audit('request.answer', aboutRequest(request, actor));
  await invalidate(tx, ...topicsOf(request));
  await tx.emit({ kind: 'request-question', request, question: { ...question, answered } });
  return { kind: 'answered' };
}
