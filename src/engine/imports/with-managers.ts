/** Managers whom a source names by employee ID, in whatever order its rows come. */
import type { Stores } from '../ports/unit-of-work.ts';
import { findPeople } from './find-people.ts';
import type { RowDetails } from './row-details.ts';

/**
 * The rows, each with its manager's address: of the person here with that employee ID, else of the row of this run that has it. An ID
 * that nobody has stays in place of the address, and is reported as nobody's. Call it again after the last row: managers come late.
 */
export async function withManagers<R extends { readonly details?: RowDetails }>(
  { people, syncRows }: Pick<Stores, 'people' | 'syncRows'>,
  runId: string,
  rows: readonly R[],
): Promise<readonly R[]> {
  const ids = [...new Set(rows.flatMap(({ details }) => details?.managerId || []))];
  const known = new Map<string, string>();
  if (ids.length > 0) {
    const here = await people.findByEmployeeIds(ids);
    // Those who have left first: someone who comes later wins.
    const left = here.filter(({ active }) => !active);
    for (const { employeeId = '', email } of left) known.set(employeeId, email);
    for (const { details, email = '' } of await syncRows.withEmployeeIds(runId, ids))
      known.set(details?.employeeId ?? '', email);
    const active = here.filter((person) => person.active);
    for (const { employeeId = '', email } of active) {
      const isOne = active.filter((each) => each.employeeId === employeeId).length === 1;
      if (isOne) known.set(employeeId, email);
      else known.delete(employeeId);
    }
  }
  return rows.map((row) => {
    const { managerId, ...details } = row.details ?? {};
    if (managerId === undefined) return row;
    const managerEmail = known.get(managerId) ?? managerId;
    return { ...row, details: { ...details, managerId, managerEmail } };
  });
}

/**
 * After the last row: where the source gives a manager's address to someone other than who has it here, as where two people
 * exchange addresses, the manager is whom the source means, by the address that they have here.
 */
export async function withManagersMeant<R extends { readonly details?: RowDetails }>(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  runId: string,
  read: readonly R[],
): Promise<readonly R[]> {
  const rows = await withManagers(stores, runId, read);
  // An employee ID has named the others.
  const byAddress = rows.flatMap(({ details: { managerId, managerEmail } = {} }) =>
    managerId === undefined ? managerEmail || [] : [],
  );
  if (byAddress.length === 0) return rows;
  const of = { emails: [...new Set(byAddress)], employeeIds: [] };
  const theirs = await stores.syncRows.ofPeople(runId, of);
  const people = await findPeople(stores, theirs);
  const meant = new Map(
    theirs.flatMap((row) => {
      const found = people.of(row);
      return found.kind === 'person' && found.holder
        ? [[row.email, found.person.email] as const]
        : [];
    }),
  );
  return rows.map((row) => {
    const { managerId, managerEmail } = row.details ?? {};
    const email = managerId === undefined ? meant.get(managerEmail) : undefined;
    return email === undefined ? row : { ...row, details: { ...row.details, managerEmail: email } };
  });
}

/** As the source says it: an address that was found by an ID is found again each time. */
export function asRead({ managerEmail, ...details }: RowDetails): RowDetails {
  if (managerEmail === undefined || details.managerId !== undefined) return details;
  return { ...details, managerEmail };
}

/**
 * The topmost manager above someone; they themselves where they have none. Someone without a manager can report to anyone but those
 * who have them at the top.
 * @param above managers by the report's id. It is changed: those who were passed get the top itself, so that a long line is walked once.
 */
export function topOf(id: string, above: Map<string, string>): string {
  const passed = new Set<string>(); // Data of before may have a circle.
  let top = id;
  for (let next = above.get(top); next !== undefined && !passed.has(next); next = above.get(top)) {
    passed.add(top);
    top = next;
  }
  for (const each of passed) above.set(each, top);
  return top;
}
