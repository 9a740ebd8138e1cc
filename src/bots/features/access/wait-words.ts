import { waitsFor } from '../../../engine/access/deferred-words.ts';
import { whyNotSetUp } from '../../../engine/integrations/integration-state.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { waitingFacts } from '../../../engine/people/fact-questions.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { RunIn } from '../../../engine/runs/run.ts';

/** What a deferred run is waiting for now. */
export async function waitWords(
  { personId, integrationId }: RunIn<'deferred'>,
  stores: Stores,
): Promise<string> {
  const [behind, facts, person, integration] = await Promise.all([
    stores.runs.unfinished(personId, integrationId),
    waitingFacts(stores, personId, integrationId),
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration) return '';
  const notSetUp = behind || facts ? undefined : await whyNotSetUp(stores, integration);
  return waitsFor({ behind, facts, notSetUp }, integration.name, fullName(person));
}
