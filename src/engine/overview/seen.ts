/** What of runs, requests and removals someone sees in lists. Each is asked again where one of them is opened. */
import { seenApps } from '../integrations/seen-apps.ts';
import type { Person } from '../people/directory.ts';
import { may } from '../people/permission.ts';
import type { SeenBy } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** Undefined: everything. */
export async function seenBy(
  stores: Pick<Stores, 'integrations'>,
  reader: Person,
): Promise<SeenBy | undefined> {
  if (may(reader, 'see')) return undefined;
  const apps = await seenApps(stores, reader);
  return { readerId: reader.id, appIds: apps.map(({ id }) => id) };
}

/** Of whose reports they see removals; undefined: of everyone. */
export const managerToSeePlans = (reader: Person): string | undefined =>
  may(reader, 'see plans') ? undefined : reader.id;
