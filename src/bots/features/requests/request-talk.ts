/** What was asked and handed on about a request, as everyone who may see it reads it. */
import { sentences, t } from '../../../core/translate.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { Question } from '../../../engine/requests/question.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, muted, type Row } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { commentWords } from './comment-words.ts';
import { answerApprover } from './decide-otherwise.ts';

export async function talkBlocks(
  request: AccessRequest,
  context: Reader,
): Promise<readonly Block[]> {
  const { stores } = context;
  const [questions, reassignments] = await Promise.all([
    stores.questions.of(request.id),
    stores.reassignments.of(request.id),
  ]);
  const moves = reassignments.map(async ({ fromId, toId, byId, at, comment }): Promise<Block> => {
    const [from, to, by] = await Promise.all([
      nameOf(fromId, context),
      nameOf(toId, context),
      nameOf(byId, context),
    ]);
    const when = showTime(at, context);
    const what =
      byId === fromId
        ? t`${from} reassigned it to ${to} on ${when}.`
        : t`${by} reassigned it from ${from} to ${to} on ${when}.`;
    const text = sentences(what, commentWords(comment));
    return muted(text);
  });
  const asked = questions.map((question) => questionRow(question, request, context));
  return Promise.all([...moves, ...asked]);
}

/** The requester has Answer… beside it, while the request is open. */
async function questionRow(
  { id: questionId, askedById, askedAt, question, answered }: Question,
  { state, requestedById }: AccessRequest,
  context: Reader,
): Promise<Row> {
  const { reader } = context;
  const who = await nameOf(askedById, context);
  if (answered) {
    const text = t`${who} asked: "${question}"`;
    const by = await nameOf(answered.byId, context);
    const detail = t`${by} answered on ${showTime(answered.at, context)}: "${answered.answer}"`;
    return { kind: 'row', text: [text], detail: [detail], buttons: [] };
  }
  const mayAnswer = state === 'open' && requestedById === reader.id;
  const about = t`Answer ${who}`;
  return {
    kind: 'row',
    text: [t`${who} asks: "${question}"`],
    detail: [t`Asked on ${showTime(askedAt, context)}; no answer yet.`],
    buttons: mayAnswer
      ? [{ label: t`Answer…`, about, does: answerApprover.with({ questionId }) }]
      : [],
  };
}

async function nameOf(personId: string, { stores }: Reader): Promise<string> {
  const person = await stores.people.find(personId);
  return nameOrDeleted(person);
}
