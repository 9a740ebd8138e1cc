/** Who had someone's address until an import passed it on. Apps and chat may know them by it, until they follow. */
import { DAY_MS } from '../../core/hours.ts';
import type { ChatIdentity } from '../ports/people-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Person } from './directory.ts';

/** HR systems and directories pass a change on within hours, and apps that someone keeps by hand within weeks. */
const FOLLOWED_AFTER_MS = 30 * DAY_MS;

const isRecent = (at: Date, now: Date): boolean =>
  now.getTime() - at.getTime() <= FOLLOWED_AFTER_MS;

export const hasExchanged = ({ exchangedAt }: Pick<Person, 'exchangedAt'>, now: Date): boolean =>
  exchangedAt !== undefined && isRecent(exchangedAt, now);

/**
 * Of people who get these addresses now, those whose address someone else had until lately.
 * @returns their ids
 */
export async function gettingFormer(
  { formerEmails }: Pick<Stores, 'formerEmails'>,
  people: readonly Pick<Person, 'id' | 'email'>[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const last = await formerEmails.whose(people.map(({ email }) => email));
  const had = await formerEmails.ofPeople([...new Set(last.values())]);
  const isFormer = ({ id, email }: Pick<Person, 'id' | 'email'>): boolean => {
    const other = last.get(email) ?? id;
    const until = had.get(other)?.find((each) => each.email === email)?.until;
    return other !== id && until !== undefined && isRecent(until, now);
  };
  return new Set(people.filter(isFormer).map(({ id }) => id));
}

/** Also someone who has left since: their chat user and their accounts may still be there. @returns undefined where it was long ago */
export async function hadBefore(
  { people, formerEmails }: Pick<Stores, 'people' | 'formerEmails'>,
  person: Person,
  now: Date,
): Promise<Person | undefined> {
  if (!hasExchanged(person, now)) return undefined;
  const { id, email } = person;
  const before = (await formerEmails.whose([email])).get(email);
  return before === undefined || before === id ? undefined : people.find(before);
}

/** Whether a chat user with this person's address may still be someone who had it lately: on that platform nobody is linked as them. */
export async function mayBeFormer(
  { formerEmails, identities }: Pick<Stores, 'formerEmails' | 'identities'>,
  person: Person,
  { platform, now }: Pick<ChatIdentity, 'platform'> & { readonly now: Date },
): Promise<boolean> {
  if (!hasExchanged(person, now)) return false;
  const since = new Date(now.getTime() - FOLLOWED_AFTER_MS);
  const had = await formerEmails.hadSince(person.email, since);
  for (const id of had.filter((each) => each !== person.id)) {
    const linked = await identities.ofPerson(id);
    if (!linked.some((each) => each.platform === platform)) return true;
  }
  return false;
}
