/**
 * An import never sets the manager of an admin. Managers see, grant and approve for their reports, so an admin has to confirm
 * each of these rows. The import only counts them.
 */
import { changePerson } from '../people/change-person.ts';
import type { Actor, Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { findPeople } from './find-people.ts';
import { sourceOf } from './import-source.ts';
import type { OwnedFields, RowOfPerson } from './what-changes.ts';

/** Whether the row names a manager for an admin who has none, or another one for an import that owns managers. */
export const namesManagerOfAdmin = (
  { row, person, managerEmail }: RowOfPerson,
  owns: OwnedFields,
): boolean => {
  const wanted = row.details?.managerEmail || undefined;
  return (
    person.role === 'admin' &&
    wanted !== undefined &&
    wanted !== person.email &&
    (managerEmail === undefined || (owns.has('manager') && managerEmail !== wanted))
  );
};

/** The addresses of their managers, by the manager's id. */
export async function managersOf(
  { people }: Pick<Stores, 'people'>,
  reports: readonly Person[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(reports.flatMap(({ managerId }) => managerId ?? []));
  const managers = ids.size === 0 ? [] : await people.findMany([...ids]);
  return new Map(managers.map(({ id, email }) => [id, email]));
}

export interface NamedManager {
  readonly admin: Person;
  readonly manager: Person;
}

/** The managers that rows of the run name, for people as they are now. */
export async function namedManagers(
  stores: Pick<Stores, 'people' | 'syncRows' | 'syncRuns'>,
  runId: string,
): Promise<readonly NamedManager[]> {
  const run = await stores.syncRuns.find(runId);
  const owns = new Set(run?.owns);
  const admins = new Map((await stores.people.admins()).map((admin) => [admin.email, admin]));
  const rows = await stores.syncRows.ofPeople(runId, [...admins.keys()]);
  const { byEmail } = await findPeople(stores, rows);
  const managers = await managersOf(stores, [...admins.values()]);
  return rows.flatMap((row) => {
    const person = admins.get(row.email ?? '');
    const manager = byEmail.get(row.details?.managerEmail ?? '');
    if (!person || !manager?.active) return [];
    const managerEmail = managers.get(person.managerId ?? '');
    return namesManagerOfAdmin({ row, person, managerEmail }, owns)
      ? [{ admin: person, manager }]
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
  const run = await tx.syncRuns.find(runId);
  const source = run && (await sourceOf(tx, run));
  for (const { admin, manager } of await namedManagers(tx, runId)) {
    if (!adminIds.includes(admin.id)) continue;
    const changed = await changePerson(tx, admin, {
      ...deps,
      ...(source && { source }),
      details: { managerEmail: manager.email },
    });
    if (changed.ok) set += 1;
  }
  return set;
}
