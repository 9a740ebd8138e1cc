/** The last answers of apps to runs that were deleted because of their age. */
import type { Knex } from 'knex';
import { z } from 'zod';
import { type LastAnswer, lastAnswerOf } from '../../engine/runs/last-answer.ts';
import { moves, type RunState } from '../../engine/runs/run.ts';
import { identityOf, sealedColumns } from '../vault/sealed-columns.ts';
import type { Vault } from '../vault/vault.ts';
import { readJson } from '../work/columns.ts';
import { createRunStore } from './runs.ts';

interface AnswerRow {
  readonly run_id: string;
  readonly person_id: string;
  readonly ended_at: number;
  /** Sealed JSON of `content`. */
  readonly content: string;
}

const states = Object.keys(moves) as [RunState, ...RunState[]];
const content = z.object({ outcome: z.enum(states), text: z.string() });

/** In the transaction that deletes these runs, before it does. */
export async function keepAnswers(
  tx: Knex,
  vault: Vault,
  runIds: readonly string[],
): Promise<void> {
  const runs = createRunStore(tx, vault);
  for (const id of runIds) {
    const run = await runs.find(id);
    if (!run || !('finishedAt' in run)) continue;
    const answer = lastAnswerOf(run, await runs.steps(id, run.attempt));
    if (answer.text === '') continue;
    await tx<AnswerRow>('run_answers')
      .insert({
        run_id: id,
        person_id: run.personId,
        ended_at: run.finishedAt.getTime(),
        content: await vault.seal(identityOf(sealedColumns.runAnswer, id), JSON.stringify(answer)),
      })
      .onConflict('run_id')
      .ignore();
  }
}

export async function findAnswer(
  db: Knex,
  vault: Vault,
  runId: string,
): Promise<LastAnswer | undefined> {
  const row = await db<AnswerRow>('run_answers').where({ run_id: runId }).first();
  if (!row) return undefined;
  const text = await vault.open(identityOf(sealedColumns.runAnswer, runId), row.content);
  return readJson(content, text, 'run_answers.content');
}
