/** From the texts of files to what they would change, with everything that is wrong. */
import type { Stores } from '../ports/unit-of-work.ts';
import type { At } from '../rules/load-rules.ts';
import { changedSince } from './changed-since.ts';
import { checkPlan } from './check.ts';
import type { FileProblem } from './document.ts';
import type { ManagedThing } from './managed.ts';
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
      /** When and by whom a thing was changed since its file was applied, by the file. */
      readonly changedSince: ReadonlyMap<string, string>;
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
  return {
    ok: true,
    plan,
    questions: await questionsOf(stores, plan, at),
    changedSince: await changesSince(stores, plan, managed),
  };
}

async function changesSince(
  stores: Stores,
  { changes }: Plan,
  managed: readonly ManagedThing[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { thing, stored } of changes) {
    const mark = managed.find((each) => each.kind === stored?.kind && each.id === stored.id);
    const since = mark && (await changedSince(stores, mark));
    if (since !== undefined) found.set(thing.file, since);
  }
  return found;
}
