/** Facts that an integration asks for (`extra_user_info`) and nobody has answered. In a sequence, nobody fills in a form. */
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Person } from '../people/directory.ts';
import { knownFacts } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { SequenceItem } from './sequence.ts';

type Facts = Manifest['extraUserInfo'];

/** Empty for other items than grants, and for manual integrations. Facts that wait for the person to confirm don't count. */
export async function missingFacts(
  stores: Pick<Stores, 'integrations' | 'factClaims'>,
  { does }: Pick<SequenceItem, 'does'>,
  person: Pick<Person, 'id' | 'stored'>,
): Promise<Facts> {
  if (does.kind !== 'grant') return [];
  const manifest = await manifestOf(stores, await stores.integrations.find(does.integrationId));
  const missing =
    manifest?.extraUserInfo.filter(({ id }) => !Object.hasOwn(knownFacts(person), id)) ?? [];
  if (missing.length === 0) return [];
  const claims = await stores.factClaims.namesOf([person.id]);
  return missing.filter(({ id }) => !claims.some(({ name }) => name === id));
}
