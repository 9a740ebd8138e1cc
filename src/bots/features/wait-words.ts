import { waitsFor } from '../../engine/access/deferred-words.ts';
import { fullName } from '../../engine/directory.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type { RunIn } from '../../engine/run.ts';

/** What a deferred run waits for, at this moment. */
export async function waitWords(
  { personId, integrationId }: RunIn<'deferred'>,
  { runs, people, integrations }: Stores,
): Promise<string> {
  const [behind, person, integration] = await Promise.all([
    runs.unfinished(personId, integrationId),
    people.find(personId),
    integrations.find(integrationId),
  ]);
  return person && integration ? waitsFor(behind, integration.name, fullName(person)) : '';
}
