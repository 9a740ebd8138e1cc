/** From the texts of files to what they would change, with everything that is wrong. */
import type { Stores } from '../ports/unit-of-work.ts';
import type { At } from '../rules/load-rules.ts';
import { checkPlan } from './check.ts';
import type { FileProblem } from './document.ts';
import { type Plan, planOf } from './plan.ts';
import { type Files, readFiles } from './read-files.ts';
import { type Question, questionsOf } from './safeguards.ts';
import { allThings } from './things.ts';

export type ReadPlan =
  | {
      readonly ok: true;
      readonly plan: Plan;
      /** What an admin has to say yes to first, as in chat. */
      readonly questions: readonly Question[];
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

export async function readPlan(stores: Stores, files: Files, at: At): Promise<ReadPlan> {
  const read = readFiles(files);
  if (read.problems.length > 0) return { ok: false, problems: read.problems };
  const things = await allThings(stores);
  const managed = await stores.managedThings.list();
  const plan = await planOf(stores, read.things, { things, managed });
  if (plan.problems.length > 0) return { ok: false, problems: plan.problems };
  const problems = await checkPlan(stores, plan, things);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, plan, questions: await questionsOf(stores, plan, at) };
}
