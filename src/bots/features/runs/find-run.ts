import { t } from '../../../core/translate.ts';
import type { PersonAtApp } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Run } from '../../../engine/runs/run.ts';
import { type Card, note } from '../../view/card.ts';

export interface FoundRun extends PersonAtApp {
  readonly run: Run;
}

/** Undefined once the run, its person or its integration is deleted. */
export async function findRun(runId: string, stores: Stores): Promise<FoundRun | undefined> {
  const run = await stores.runs.find(runId);
  if (!run) return undefined;
  const [person, integration] = await Promise.all([
    stores.people.find(run.personId),
    stores.integrations.find(run.integrationId),
  ]);
  return person && integration && { run, person, integration };
}

export const runIsGone = (): Card =>
  note(t`This run no longer exists`, t`The person or the integration was deleted.`);
