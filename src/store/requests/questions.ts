import type { Knex } from 'knex';
import type { QuestionStore, ReassignmentStore } from '../../engine/ports/access-stores.ts';
import type { Question } from '../../engine/requests/question.ts';
import type { Reassignment } from '../../engine/requests/reassignment.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { type RowOf, time, withoutNulls } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { date, rowMapper, text } from '../work/row-mapper.ts';

interface QuestionRow {
  readonly id: string;
  readonly request_id: string;
  readonly asked_by_id: string;
  readonly asked_at: number;
  /** Sealed. */
  readonly question: string;
  readonly answered_by_id: string | null;
  readonly answered_at: number | null;
  /** Sealed. */
  readonly answer: string | null;
}

export function createQuestionStore(db: Knex, vault: Vault): QuestionStore {
  const questions = () => db<QuestionRow>('request_questions');
  const sealedQuestions = sealedTexts(vault, sealedColumns.requestQuestion);
  const answers = sealedTexts(vault, sealedColumns.requestAnswer);

  async function toQuestion(row: QuestionRow): Promise<Question> {
    const { id, answered_by_id: byId, answered_at: at } = row;
    const answer = await answers.openWords(row);
    const isAnswered = answer !== null && byId !== null && at !== null;
    return withoutNulls({
      id,
      requestId: row.request_id,
      askedById: row.asked_by_id,
      askedAt: time(row.asked_at),
      question: await sealedQuestions.openWords(row),
      answered: isAnswered ? { byId, at: time(at), answer } : null,
    });
  }

  return {
    async insert({ id, requestId, askedById, askedAt, question }) {
      await questions().insert({
        id,
        request_id: requestId,
        asked_by_id: askedById,
        asked_at: askedAt.getTime(),
        question: await sealedQuestions.seal({ id }, question),
      });
    },

    find: findBy('id', questions, toQuestion),

    async of(requestId) {
      const rows = await questions().where({ request_id: requestId }).orderBy(['asked_at', 'id']);
      return Promise.all(rows.map(toQuestion));
    },

    async answer(id, { byId, at, answer }) {
      const changed = await questions()
        .where({ id })
        .whereNull('answered_at')
        .update({
          answered_by_id: byId,
          answered_at: at.getTime(),
          answer: await answers.seal({ id }, answer),
        });
      return changed === 1 ? 'saved' : 'taken';
    },
  };
}

export function createReassignmentStore(db: Knex, vault: Vault): ReassignmentStore {
  const reassignments = () => db<ReassignmentRow>('request_reassignments');
  const comments = sealedTexts(vault, sealedColumns.reassignment);

  const toRow = async (reassignment: Reassignment) => ({
    ...toColumns(reassignment),
    comment: await comments.seal(reassignment, reassignment.comment),
  });
  type ReassignmentRow = RowOf<typeof toRow>;

  const toReassignment = async (row: ReassignmentRow): Promise<Reassignment> => ({
    ...withoutComment(row),
    comment: (await comments.openWords(row)) ?? undefined,
  });

  return {
    async insert(reassignment) {
      await reassignments().insert(await toRow(reassignment));
    },

    async of(requestId) {
      const rows = await reassignments().where({ request_id: requestId }).orderBy(['at', 'id']);
      return Promise.all(rows.map(toReassignment));
    },
  };
}

const { toRow: toColumns, fromRow: withoutComment } = rowMapper('request_reassignments', {
  id: text,
  requestId: text,
  fromId: text,
  toId: text,
  byId: text,
  at: date,
});
