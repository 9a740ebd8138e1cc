/** Which address of a chat user's profile identifies a person in the directory. */

import type { LinkedBy } from '../../engine/people/chat-links.ts';
import type { Person } from '../../engine/people/directory.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type { WorkspaceSettings } from '../../engine/settings/settings.ts';
import { workspaceSettings } from '../../engine/settings/workspace-settings.ts';
import type { ChatProfile } from '../view/platform.ts';

export interface ProfileAddress {
  readonly email: string;
  readonly by: Exclude<LinkedBy, 'by-hand'>;
}

type Counting = Pick<WorkspaceSettings, 'takesUnconfirmed' | 'mailDomains'>;

/**
 * The addresses that count, in order. First the verified one or, if the workspace allows it, the one in a member's
 * profile. Then the mail address beside a sign-in name, if its domain is listed.
 */
export function addressesOf(profile: ChatProfile, settings: Counting): readonly ProfileAddress[] {
  const { email, unconfirmedEmail, kind, mail } = profile;
  const found: ProfileAddress[] = [];
  if (email !== undefined) found.push({ email, by: 'confirmed-address' });
  else if (settings.takesUnconfirmed && kind === 'member' && unconfirmedEmail !== undefined)
    found.push({ email: unconfirmedEmail, by: 'unconfirmed-address' });
  if (mail !== undefined && mailCounts(mail, settings))
    found.push({ email: mail, by: 'mail-address' });
  return found;
}

export const mailCounts = (mail: string, { mailDomains = [] }: Counting): boolean =>
  mailDomains.includes(mail.slice(mail.lastIndexOf('@') + 1).toLowerCase());

/** The person whom a profile identifies, by its first address that is in the directory. */
export async function matchOf(
  profile: ChatProfile,
  settings: Counting,
  { people }: Pick<Stores, 'people'>,
): Promise<{ readonly person: Person; readonly address: ProfileAddress } | undefined> {
  for (const address of addressesOf(profile, settings)) {
    const person = await people.findByEmail(address.email);
    if (person) return { person, address };
  }
  return undefined;
}

/** The person whom a profile would be linked to. An unverified address never identifies an admin. */
export async function personOf(
  profile: ChatProfile | undefined,
  stores: Pick<Stores, 'people' | 'settings'>,
): Promise<Person | undefined> {
  const match = profile && (await matchOf(profile, await workspaceSettings(stores), stores));
  if (!match) return undefined;
  const { person, address } = match;
  return person.role === 'admin' && address.by !== 'confirmed-address' ? undefined : person;
}
