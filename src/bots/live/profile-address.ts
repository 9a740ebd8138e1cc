/** By which address a chat user's profile leads to somebody in the directory. */

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
 * Those that count, the first one first: the confirmed one; where the workspace takes those too, the one that the profile of a
 * member shows; and the mail address beside a sign-in name, where its domain is listed.
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

/** Whom a profile is, and by which of its addresses: by the first that somebody in the directory has. */
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

/** Whom that profile would be linked to: nobody is taken for an admin by an address that isn't confirmed. */
export async function personOf(
  profile: ChatProfile | undefined,
  stores: Pick<Stores, 'people' | 'settings'>,
): Promise<Person | undefined> {
  const match = profile && (await matchOf(profile, await workspaceSettings(stores), stores));
  if (!match) return undefined;
  const { person, address } = match;
  return person.role === 'admin' && address.by !== 'confirmed-address' ? undefined : person;
}
