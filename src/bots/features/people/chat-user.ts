import type { Person } from '../../../engine/people/directory.ts';
import { mayBeFormer } from '../../../engine/people/exchanged-address.ts';
import type { Turn } from '../../live/context.ts';
import { personOf } from '../../live/identify.ts';

/** The directory's person for a user of this platform. */
export async function chatUser(userId: string, turn: Turn): Promise<Person | undefined> {
  const { stores, via, tenant } = turn;
  const identity = await stores.identities.find(via, tenant, userId);
  if (identity) return stores.people.find(identity.personId);
  const person = await personOf(await turn.profileOf(userId), stores);
  const isUnsure =
    person && (await mayBeFormer(stores, person, { platform: via, now: turn.now() }));
  return isUnsure ? undefined : person;
}
