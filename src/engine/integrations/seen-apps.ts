/** Which apps someone may see: admins and auditors all, owners their own. */
import type { Integration, Person } from '../people/directory.ts';
import { mayAt, maySeeSetUp } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';

type Reading = Pick<Stores, 'integrations'>;

export const seenApps = async (
  { integrations }: Reading,
  reader: Person,
): Promise<readonly Integration[]> =>
  (await integrations.list()).filter((each) => mayAt(reader, 'see app', each));

/** Whether there may be something in a list of apps for them. */
export const seesAnApp = async (stores: Reading, reader: Person): Promise<boolean> =>
  maySeeSetUp(reader) || (await seenApps(stores, reader)).length > 0;
