/**
 * An import never sets the manager of an admin. Managers see, grant and approve for their reports, so an admin has to confirm
 * each of these rows. The import only counts them.
 */
import { changePerson } from '../people/change-person.ts';
import type { Actor, Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { RowDetails } from './row-details.ts';

/** Whether the row names a manager for an admin who has none. */
export const namesManagerOfAdmin = (person: Person, { managerEmail }: RowDetails): boolean =>
  person.role === 'admin' &&
  person.managerId === undefined &&
  managerEmail !== undefined &&
  managerEmail !== person.email;

export interface NamedManager {
  readonly admin: Person;
  readonly manager: Person;
}

/** The managers that rows of the run name, for people as they are now. */
export async function namedManagers(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  runId: string,
): Promise<readonly NamedManager[]> {
  const admins = new Map((await stores.people.admins()).map((admin) => [admin.email, admin]));
  const rows = await stores.syncRows.ofPeople(runId, [...admins.keys()]);
  const emails = rows.flatMap(({ details }) => details?.managerEmail ?? []);
  const found = await stores.people.findByEmails([...new Set(emails)]);
  const people = new Map(found.map((person) => [person.email, person]));
  return rows.flatMap(({ email = '', details }) => {
    const admin = admins.get(email);
    const manager = people.get(details?.managerEmail ?? '');
    return admin && details && manager?.active && namesManagerOfAdmin(admin, details)
      ? [{ admin, manager }]
      : [];
  });
}

/**
 * An admin has confirmed.
 * @param adminIds the admins whose managers are set
 * @returns how many were set; fewer if they changed since, or if it would make a circle
 */
export async function setNamedManagers(
  tx: Transaction,
  runId: string,
  { adminIds, ...deps }: { readonly actor: Actor; readonly adminIds: readonly string[] },
): Promise<number> {
  let set = 0;
  for (const { admin, manager } of await namedManagers(tx, runId)) {
    if (!adminIds.includes(admin.id)) continue;
    const changed = await changePerson(tx, admin, {
      ...deps,
      details: { managerEmail: manager.email },
    });
    if (changed.ok) set += 1;
  }
  return set;
}
