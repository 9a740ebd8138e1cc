/**
 * An import never sets the manager of an admin. Managers see, grant and approve for their reports, so an admin has to confirm
 * each of these rows. The import only counts them.
 */
import { changePerson } from '../people/change-person.ts';
import type { Actor, Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { findPeople } from './find-people.ts';
import { sourceOf } from './hold-sync.ts';
import type { OwnedFields, RowOfPerson } from './what-changes.ts';
import { withManagersMeant } from './with-managers.ts';

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
export const managersOf = (
  { people }: Pick<Stores, 'people'>,
  reports: readonly Person[],
): Promise<ReadonlyMap<string, string>> =>
  people.addresses([...new Set(reports.flatMap(({ managerId }) => managerId ?? []))]);

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
  if (!run) return [];
  const { integrationId } = run;
  const owns = new Set(run.owns);
  const admins = await stores.people.admins();
  const read = await stores.syncRows.ofPeople(runId, {
    emails: admins.map(({ email }) => email),
    employeeIds: admins.flatMap(({ employeeId }) => employeeId ?? []),
  });
  const rows = await withManagersMeant(stores, runId, read);
  const people = await findPeople(stores, rows);
  const managers = await managersOf(stores, admins);
  const named = new Map<string, NamedManager>();
  for (const row of rows) {
    const found = people.of(row);
    const manager = people.byEmail.get(row.details?.managerEmail ?? '');
    if (found.kind !== 'person' || !manager?.active) continue;
    const { person: admin } = found;
    const managerEmail = managers.get(admin.managerId ?? '');
    const about = { row, person: admin, managerEmail, integrationId };
    if (!named.has(admin.id) && namesManagerOfAdmin(about, owns))
      named.set(admin.id, { admin, manager });
  }
  return [...named.values()];
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
