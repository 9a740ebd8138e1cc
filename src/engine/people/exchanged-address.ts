/** Who had someone's address until an import exchanged it. Apps and chat may know them by it, until they follow. */

import type { ChatIdentity } from '../ports/people-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Person } from './directory.ts';

/** HR systems and directories pass a change on within hours, and apps that someone keeps by hand within weeks. */
const FOLLOWED_AFTER_MS = 30 * 24 * 60 * 60_000;

export const hasExchanged = ({ exchangedAt }: Pick<Person, 'exchangedAt'>, now: Date): boolean =>
  exchangedAt !== undefined && now.getTime() - exchangedAt.getTime() <= FOLLOWED_AFTER_MS;

/** @returns undefined where nobody active had it, or it was long ago */
export async function hadBefore(
  { people, formerEmails }: Pick<Stores, 'people' | 'formerEmails'>,
  person: Person,
  now: Date,
): Promise<Person | undefined> {
  if (!hasExchanged(person, now)) return undefined;
  const { id, email } = person;
  const before = (await formerEmails.whose([email])).get(email);
  const other = before === undefined || before === id ? undefined : await people.find(before);
  return other?.active ? other : undefined;
}

/** Whether a chat user with this person's address may still be whoever had it before: on that platform nobody is linked as them. */
export async function mayBeFormer(
  stores: Pick<Stores, 'people' | 'formerEmails' | 'identities'>,
  person: Person,
  { platform, now }: Pick<ChatIdentity, 'platform'> & { readonly now: Date },
): Promise<boolean> {
  const other = await hadBefore(stores, person, now);
  if (!other) return false;
  const linked = await stores.identities.ofPerson(other.id);
  return !linked.some((each) => each.platform === platform);
}
