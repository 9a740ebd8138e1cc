/** What an integration asks about a person (`extra_user_info`) and nobody has answered yet: a grant of a sequence has nobody who fills in a form. */

import { manifestOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { SequenceItem } from './sequence.ts';

type Facts = Manifest['extraUserInfo'];

/** Of an item that does something else, and of an integration that is done by hand, there are none; nor is what the person is asked to confirm. */
export async function missingFacts(
  stores: Pick<Stores, 'integrations' | 'factClaims'>,
  { does }: Pick<SequenceItem, 'does'>,
  { id: personId, stored }: Pick<Person, 'id' | 'stored'>,
): Promise<Facts> {
  if (does.kind !== 'grant') return [];
  const manifest = await manifestOf(stores, await stores.integrations.find(does.integrationId));
  const missing = manifest?.extraUserInfo.filter(({ id }) => !Object.hasOwn(stored, id)) ?? [];
  if (missing.length === 0) return [];
  const claims = await stores.factClaims.namesOf([personId]);
  return missing.filter(({ id }) => !claims.some(({ name }) => name === id));
}
