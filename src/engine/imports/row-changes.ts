/** What rows change of people who are here now: for the counts, and one by one for the admin who decides. */
import { isJsonObject, type Json } from '../../core/json.ts';
import type { PersonDetails } from '../people/person-details.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import { findPeople } from './find-people.ts';
import { managersOf } from './managers-of-admins.ts';
import type { SyncRow, SyncRun } from './sync-run.ts';
import { changesNothing, changesOf, keyOf, type RowChanges } from './what-changes.ts';

export interface ChangedField {
  /** Its name in `data_structure`. */
  readonly key: string;
  /** Empty: cleared. */
  readonly value: string;
}

export interface ChangedRow {
  readonly row: SyncRow;
  /** Undefined: it changes nothing, since it only names a manager who isn't in the directory. */
  readonly changes: RowChanges | undefined;
}

/** Of rows about people who are here. A manager counts who is active here, or whom another row of the run adds. */
export async function changesOfPeople(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  { id: runId, owns }: Pick<SyncRun, 'id' | 'owns'>,
  rows: readonly SyncRow[],
): Promise<readonly ChangedRow[]> {
  const people = await findPeople(stores, rows);
  const about = rows.flatMap((row) => {
    const found = people.of(row);
    return found.kind === 'person' ? [{ row, person: found.person }] : [];
  });
  const managers = await managersOf(
    stores,
    about.map(({ person }) => person),
  );
  const isHere = (email: string): boolean => people.byEmail.get(email)?.active === true;
  const named = about.flatMap(({ row: { details } }) => details?.managerEmail || []);
  const coming = await stores.syncRows.newAmong(
    runId,
    named.filter((email) => !isHere(email)),
  );
  const owned = new Set(owns);
  return about.map(({ row, person }): ChangedRow => {
    const managerEmail = managers.get(person.managerId ?? '');
    const changes = changesOf({ row, person, managerEmail }, owned);
    const { managerEmail: wanted = '', ...others } = changes;
    if (wanted === '' || isHere(wanted) || coming.has(wanted)) return { row, changes };
    const replaced = others.replaced.filter((key) => key !== 'manager');
    const rest = { ...others, replaced };
    return { row, changes: changesNothing(rest) ? undefined : rest };
  });
}

/** By the number of the row; rows of people who aren't here have none. */
export async function changesOfRows(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  run: Pick<SyncRun, 'id' | 'owns'>,
  rows: readonly SyncRow[],
): Promise<ReadonlyMap<number, readonly ChangedField[]>> {
  const changed = await changesOfPeople(stores, run, rows);
  return new Map(changed.map(({ row, changes }) => [row.seq, changes ? fieldsIn(changes) : []]));
}

const fieldsIn = (changes: RowChanges): readonly ChangedField[] => [
  ...Object.entries(changes.details).map(([field, value]) => ({
    key: keyOf(field as keyof PersonDetails), // Its keys are the details'.
    value: String(value),
  })),
  ...(changes.managerEmail === undefined ? [] : [{ key: 'manager', value: changes.managerEmail }]),
  ...(changes.endDate === undefined ? [] : [{ key: 'end', value: changes.endDate }]),
  ...Object.entries(changes.stored).map(([key, value]) => ({ key, value: shown(value) })),
];

const shown = (value: Json): string =>
  Array.isArray(value) || isJsonObject(value) ? '…' : toText(value);
