/** What rows of a preview would change of people who are here now, for the admin who decides. */
import { isJsonObject, type Json } from '../../core/json.ts';
import type { PersonDetails } from '../people/person-details.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import { findPeople } from './find-people.ts';
import { managersOf } from './managers-of-admins.ts';
import type { SyncRow, SyncRun } from './sync-run.ts';
import { changesOf, keyOf } from './what-changes.ts';

export interface ChangedField {
  /** Its name in `data_structure`. */
  readonly key: string;
  /** Empty: cleared. */
  readonly value: string;
}

/** By the number of the row; rows of people who aren't here have none. */
export async function changesOfRows(
  stores: Pick<Stores, 'people'>,
  { owns }: Pick<SyncRun, 'owns'>,
  rows: readonly SyncRow[],
): Promise<ReadonlyMap<number, readonly ChangedField[]>> {
  const people = await findPeople(stores, rows);
  const about = rows.flatMap((row) => {
    const found = people.of(row);
    return found.kind === 'person' ? [{ row, person: found.person }] : [];
  });
  const managers = await managersOf(
    stores,
    about.map(({ person }) => person),
  );
  return new Map(
    about.map(({ row, person }) => {
      const managerEmail = managers.get(person.managerId ?? '');
      const changes = changesOf({ row, person, managerEmail }, new Set(owns));
      return [
        row.seq,
        [
          ...Object.entries(changes.details).map(([field, value]) => ({
            key: keyOf(field as keyof PersonDetails), // Its keys are the details'.
            value: String(value),
          })),
          ...(changes.managerEmail === undefined
            ? []
            : [{ key: 'manager', value: changes.managerEmail }]),
          ...(changes.endDate === undefined ? [] : [{ key: 'end', value: changes.endDate }]),
          ...Object.entries(changes.stored).map(([key, value]) => ({ key, value: shown(value) })),
        ],
      ];
    }),
  );
}

const shown = (value: Json): string =>
  Array.isArray(value) || isJsonObject(value) ? '…' : toText(value);
