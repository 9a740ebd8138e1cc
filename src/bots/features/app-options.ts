/** The apps that a form offers: no import, and nothing that sends texts. */
import { manifestsOf } from '../../engine/integrations/manifest-of.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type { Option } from '../view/form.ts';

/** Also those by hand, those that are turned off, and those whose manifest can't be read. */
export async function appOptions(stores: Stores): Promise<readonly Option[]> {
  const integrations = await stores.integrations.list();
  const manifests = await manifestsOf(stores, integrations);
  return integrations
    .filter(({ id }) => (manifests.get(id)?.kind ?? 'provision') === 'provision')
    .map(({ id, name }) => ({ value: id, label: name }));
}
