/** What an integration asks about a person (`extra_user_info`) and nobody has answered yet: a grant of a sequence has nobody who fills in a form. */
import type { Person } from '../directory.ts';
import { manifestOf } from '../integration-state.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { SequenceItem } from './sequence.ts';

type Facts = Manifest['extraUserInfo'];

/** Of an item that does something else, and of an integration that is done by hand, there are none. */
export async function missingFacts(
  stores: Pick<Stores, 'integrations'>,
  { does }: Pick<SequenceItem, 'does'>,
  { stored }: Pick<Person, 'stored'>,
): Promise<Facts> {
  if (does.kind !== 'grant') return [];
  const integration = await stores.integrations.find(does.integrationId);
  const manifest = integration && (await manifestOf(stores, integration));
  return manifest?.extraUserInfo.filter(({ id }) => !Object.hasOwn(stored, id)) ?? [];
}
