/** Managers whom a source names by employee ID, in whatever order its rows come. */
import type { Stores } from '../ports/unit-of-work.ts';
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

/** As the source says it: an address that was found by an ID is found again each time. */
export function asRead({ managerEmail, ...details }: RowDetails): RowDetails {
  if (managerEmail === undefined || details.managerId !== undefined) return details;
  return { ...details, managerEmail };
}
