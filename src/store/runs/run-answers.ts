/** The last answers of apps to runs that were deleted because of their age. */
import type { Knex } from 'knex';
import { z } from 'zod';
import type { RunStore } from '../../engine/ports/run-stores.ts';
import { type LastAnswer, lastAnswerOf } from '../../engine/runs/last-answer.ts';
import { moves, type RunState } from '../../engine/runs/run.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { readable } from '../work/readable.ts';
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
  // What nobody can read proves nothing, and must not keep the others from their end.
  for (const ended of await readable(runIds, (id) => readEnded(runs, id))) {
    if (!ended || ended.answer.text === '') continue;
    const { run, answer } = ended;
    await tx<AnswerRow>('run_answers')
      .insert({
        run_id: run.id,
        person_id: run.personId,
        ended_at: run.finishedAt.getTime(),
        content: await sealedTexts(vault, sealedColumns.runAnswer).sealJson(
          { run_id: run.id },
          answer,
        ),
      })
      .onConflict('run_id')
      .ignore();
  }
}

async function readEnded(runs: RunStore, id: string) {
  const run = await runs.find(id);
  if (!run || !('finishedAt' in run)) return undefined;
  return { run, answer: lastAnswerOf(run, await runs.steps(id, run.attempt)) };
}

export async function findAnswer(
  db: Knex,
  vault: Vault,
  runId: string,
): Promise<LastAnswer | undefined> {
  const row = await db<AnswerRow>('run_answers').where({ run_id: runId }).first();
  return row && sealedTexts(vault, sealedColumns.runAnswer).openJson(content, row);
}
