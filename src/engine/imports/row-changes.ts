/** What rows change of people who are here now: for the counts, and one by one for the admin who decides. */
import { compact } from '../../core/compact.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import type { Person } from '../people/directory.ts';
import type { PersonDetails } from '../people/person-details.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import { findPeople } from './find-people.ts';
import { givenAddresses } from './given-addresses.ts';
import { managersOf } from './managers-of-admins.ts';
import type { SyncRow, SyncRun } from './sync-run.ts';
import { changesNothing, changesOf, keyOf, type RowChanges } from './what-changes.ts';
import { withManagersMeant } from './with-managers.ts';

export interface ChangedField {
  /** Its name in `data_structure`. */
  readonly key: string;
  /** Empty: cleared. */
  readonly value: string;
  /** Of an address: who has it until then. */
  readonly holder?: Person;
}

export interface ChangedRow {
  readonly row: SyncRow;
  /** Undefined: it changes nothing. */
  readonly changes: RowChanges | undefined;
  /** The row's address, which someone else keeps. */
  readonly withoutAddress: string | undefined;
  /** Who has it would get another one, but too many wait for each other. */
  readonly waitsForMany: boolean;
  /** Whether they get an address that someone else has until then. */
  readonly getsFormer: boolean;
  /** Who has the row's address; undefined: no one else. */
  readonly holder: Person | undefined;
  /** Whether it names a manager whom nobody here is, or will be. */
  readonly namesNobody: boolean;
}

/**
 * Of rows about people who are here. A manager counts who is active here, whom another row of the run adds, or to whom another row
 * gives that address.
 */
export async function changesOfPeople(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  { id: runId, integrationId, owns }: Pick<SyncRun, 'id' | 'integrationId' | 'owns'>,
  rows: readonly SyncRow[],
): Promise<readonly ChangedRow[]> {
  const named = await withManagersMeant(stores, runId, rows);
  const people = await findPeople(stores, named);
  const about = named.flatMap((row) => {
    const found = people.of(row);
    return found.kind === 'person' ? [{ ...found, row }] : [];
  });
  const managers = await managersOf(
    stores,
    about.map(({ person }) => person),
  );
  const isHere = (email: string): boolean => people.byEmail.get(email)?.active === true;
  const addresses = about.flatMap(({ row: { details } }) => details?.managerEmail || []);
  const absent = [...new Set(addresses.filter((email) => !isHere(email)))];
  const coming = await stores.syncRows.newAmong(runId, absent);
  const owned = new Set(owns);
  const given = await givenAddresses(stores, { id: runId, owns: owned }, { rows: named, people });
  const renamed = owned.has('email') ? await renamedTo(stores, runId, absent) : new Map();
  return about.map(({ row, person, holder }): ChangedRow => {
    const { managerEmail: email = '' } = row.details ?? {};
    const isSame = person.managerId !== undefined && renamed.get(email) === person.managerId;
    const managerEmail = isSame ? email : managers.get(person.managerId ?? '');
    const gives = given.get(person.id);
    const getsFormer = gives !== undefined && gives !== 'too many';
    const keepsAddress = holder !== undefined && !getsFormer;
    const of = { row, person, keepsAddress, managerEmail, integrationId };
    const { withoutAddress, ...changes } = changesOf(of, owned);
    const { managerEmail: wanted = '', ...others } = changes;
    const namesNobody =
      wanted !== '' && !isHere(wanted) && !coming.has(wanted) && !renamed.has(wanted);
    const replaced = others.replaced.filter((key) => key !== 'manager');
    const rest = namesNobody ? { ...others, replaced } : changes;
    return {
      row,
      changes: changesNothing(rest) ? undefined : rest,
      withoutAddress,
      waitsForMany: gives === 'too many',
      getsFormer,
      holder,
      namesNobody,
    };
  });
}

/** The ids of active people to whom the run gives these addresses, by address: it knows them by their employee ID. */
async function renamedTo(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  runId: string,
  emails: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const by = { emails, employeeIds: [] };
  const rows = emails.length === 0 ? [] : await stores.syncRows.ofPeople(runId, by);
  const people = await findPeople(stores, rows);
  return new Map(
    rows.flatMap((row) => {
      const found = people.of(row);
      return found.kind === 'person' && found.person.active && found.person.role !== 'admin'
        ? [[row.email ?? '', found.person.id] as const]
        : [];
    }),
  );
}

/** By the number of the row; rows of people who aren't here have none. */
export async function changesOfRows(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  run: Pick<SyncRun, 'id' | 'integrationId' | 'owns'>,
  rows: readonly SyncRow[],
): Promise<ReadonlyMap<number, readonly ChangedField[]>> {
  const changed = await changesOfPeople(stores, run, rows);
  return new Map(
    changed.map(({ row, changes, holder }) => [row.seq, changes ? fieldsIn(changes, holder) : []]),
  );
}

const fieldsIn = (changes: RowChanges, holder: Person | undefined): readonly ChangedField[] =>
  compact([
    ...Object.entries(changes.details).map(([field, value]) => ({
      key: keyOf(field as keyof PersonDetails), // Its keys are the details'.
      value,
      ...(field === 'email' && holder && { holder }),
    })),
    changes.managerEmail !== undefined && { key: 'manager', value: changes.managerEmail },
    changes.endDate !== undefined && { key: 'end', value: changes.endDate },
    ...Object.entries(changes.stored).map(([key, value]) => ({ key, value: shown(value) })),
  ]);

const shown = (value: Json): string =>
  Array.isArray(value) || isJsonObject(value) ? '…' : toText(value);
