/** By which address a chat user's profile leads to somebody in the directory. */
import type { Person } from '../../engine/directory.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { type WorkspaceSettings, workspaceSettings } from '../../engine/settings.ts';
import type { ChatProfile } from '../view/platform.ts';

export interface ProfileAddress {
  readonly email: string;
  readonly isConfirmed: boolean;
}

/** The confirmed one; else, where the workspace takes those too, the one that the profile of a member shows. */
export function addressOf(
  { email, unconfirmedEmail, kind }: ChatProfile,
  { takesUnconfirmed }: Pick<WorkspaceSettings, 'takesUnconfirmed'>,
): ProfileAddress | undefined {
  if (email !== undefined) return { email, isConfirmed: true };
  return takesUnconfirmed && kind === 'member' && unconfirmedEmail !== undefined
    ? { email: unconfirmedEmail, isConfirmed: false }
    : undefined;
}

/** Whom that profile would be linked to: nobody is taken for an admin by an address that isn't confirmed. */
export async function personOf(
  profile: ChatProfile | undefined,
  stores: Pick<Stores, 'people' | 'settings'>,
): Promise<Person | undefined> {
  const address = profile && addressOf(profile, await workspaceSettings(stores));
  const person = address && (await stores.people.findByEmail(address.email));
  return person && !address.isConfirmed && person.role === 'admin' ? undefined : person;
}
