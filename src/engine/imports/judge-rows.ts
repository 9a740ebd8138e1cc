/** Judges the rows of a page against the directory as it is now: what each adds, fills, or takes from another person. */

import { factKey } from '../../core/fold.ts';
import { type Json, stringifyJson } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { SyncManifest } from '../manifest/schema.ts';
import type { Person } from '../people/directory.ts';
import { factQuestions, mayBeShared } from '../people/fact-questions.ts';
import type { PersonDetails } from '../people/person-details.ts';
import { withStored } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import { namesManagerOfAdmin } from './managers-of-admins.ts';
import type { RowDetails } from './row-details.ts';
import { type ReadRow, readRow } from './sync-rows.ts';
import {
  type RowState,
  type SkipReason,
  type SyncCounts,
  type SyncRow,
  skip,
  skipReasons,
} from './sync-run.ts';

/** The result for a few rows. */
export interface Judged {
  readonly rows: readonly SyncRow[];
  readonly counts: SyncCounts;
  /** People with the values of an update, to be saved. */
  readonly updated: readonly Person[];
}

export interface RowsToJudge {
  readonly runId: string;
  /** The writer of an update's values. */
  readonly integrationId: string;
  /** The number of the first row. */
  readonly firstSeq: number;
  /** At most 500. */
  readonly rows: readonly Json[];
  /** Before these rows. */
  readonly counts: SyncCounts;
}

/** Rows without an address that are stored, so that an admin sees what is wrong. Further ones are only counted. */
export const MAX_INVALID_KEPT = 1000;

/** A bad row is counted, and the others are still judged. */
export async function judgeRows(
  stores: Pick<Stores, 'people' | 'syncRows' | 'ignoredEmails' | 'integrations'>,
  manifest: SyncManifest,
  { runId, integrationId, firstSeq, rows, counts }: RowsToJudge,
): Promise<Judged> {
  const read = rows.map((row) => readRow(manifest, row));
  const known = await whatIsKnown(stores, runId, read);
  const taken = await takenFacts(stores, broughtBy(read, known));
  const seen = new Set(known.earlier);
  const judging = { ...known, earlier: seen, taken, integrationId, action: manifest.action };
  const judged: SyncRow[] = [];
  const updated: Person[] = [];
  let sum = { ...counts, rows: counts.rows + rows.length };
  for (const [index, row] of read.entries()) {
    const verdict = judge(row, judging);
    const { state, person } = verdict;
    if (row.email !== undefined) seen.add(row.email);
    const isKept = row.email !== undefined || (sum.skipped.invalid ?? 0) < MAX_INVALID_KEPT;
    const place = { runId, seq: firstSeq + index };
    if (isKept) judged.push(toRow(withoutErased(row, known), { ...place, ...verdict }));
    if (person) updated.push(person);
    sum = count(sum, state);
    if (isTakenInPart(row, verdict)) sum = { ...sum, partly: sum.partly + 1 };
    if (isHere(state) && namesManager(row, known))
      sum = { ...sum, managersOfAdmins: sum.managersOfAdmins + 1 };
  }
  return { rows: judged, counts: sum, updated };
}

type Unwanted = Awaited<ReturnType<Stores['ignoredEmails']['among']>>;

interface Directory {
  readonly people: ReadonlyMap<string, Person>;
  readonly unwanted: Unwanted;
  /** Addresses of rows that came before. */
  readonly earlier: ReadonlySet<string>;
}

async function whatIsKnown(
  { people, syncRows, ignoredEmails }: Pick<Stores, 'people' | 'syncRows' | 'ignoredEmails'>,
  runId: string,
  read: readonly ReadRow[],
): Promise<Directory> {
  const emails = [...new Set(read.flatMap(({ email }) => email ?? []))];
  const managers = read.flatMap((row) =>
    row.kind === 'person' ? (row.details.managerEmail ?? []) : [],
  );
  const named = [...new Set([...emails, ...managers])];
  const found = await people.findByEmails(named);
  return {
    people: new Map(found.map((person) => [person.email, person])),
    unwanted: await ignoredEmails.among(named),
    earlier: await syncRows.known(runId, emails),
  };
}

interface Judging extends Directory {
  readonly taken: TakenFacts;
  readonly integrationId: string;
  readonly action: SyncManifest['action'];
}

function judge(
  row: ReadRow,
  { people, unwanted, earlier, taken, integrationId, action }: Judging,
): Verdict {
  if (row.email === undefined) return { state: 'invalid' };
  if (earlier.has(row.email)) return { state: 'duplicate' };
  const person = people.get(row.email);
  switch (row.kind) {
    case 'invalid':
      return { state: action === 'create' || person ? 'invalid' : 'unknown' };
    case 'person': {
      if (person?.active === false) return { state: 'left' };
      if (!person) return { state: unwanted.has(row.email) ? 'ignored' : 'new' };
      const manager = people.get(row.details.managerEmail ?? '');
      return { state: detailsThatFill(person, row.details, manager) ? 'fill' : 'existing' };
    }
    case 'values': {
      if (!person) return { state: 'unknown' };
      if (!person.active) return { state: 'left' };
      const refused = taken({ person, row });
      const brought = Object.entries(row.stored).filter(([name]) => !refused.has(name));
      const next = withStored(person, Object.fromEntries(brought), integrationId);
      const partly = refused.size === 0 ? {} : { without: sayTaken([...refused.values()]) };
      return stringifyJson(next.stored) === stringifyJson(person.stored)
        ? { state: 'unchanged', ...partly }
        : { state: 'updated', person: next, ...partly };
    }
    default:
      return unreachable(row);
  }
}

interface Verdict {
  readonly state: RowState;
  /** The person with the row's values. */
  readonly person?: Person;
  /** For an update: which of its values are left out, and why. */
  readonly without?: string;
}

const isTakenInPart = (row: ReadRow, { state, without }: Verdict): boolean =>
  without !== undefined || (isTaken(state) && row.kind === 'person' && row.without !== undefined);

const sayTaken = (labels: readonly string[]): string =>
  t`Imported without ${labels.join(', ')}, which someone else already has.`;

/** The people that the rows of an update name, each with their first row. */
function broughtBy(read: readonly ReadRow[], { people, earlier }: Directory): readonly Brought[] {
  const seen = new Set(earlier);
  return read.flatMap((row): Brought[] => {
    if (row.kind !== 'values' || seen.has(row.email)) return [];
    seen.add(row.email);
    const person = people.get(row.email);
    return person?.active ? [{ person, row }] : [];
  });
}

/** The source still has people who were erased here; nothing of theirs is stored. */
function withoutErased(row: ReadRow, { unwanted }: Pick<Directory, 'unwanted'>): ReadRow {
  if (row.email !== undefined && unwanted.get(row.email) === 'erased') return erasedText();
  if (row.kind !== 'person' || unwanted.get(row.details.managerEmail ?? '') !== 'erased')
    return row;
  const { managerEmail: _, ...details } = row.details;
  return { ...row, details };
}

const erasedText = (): ReadRow => ({ kind: 'invalid', why: t`They were erased from Latchkey.` });

const toRow = (
  row: ReadRow,
  { runId, seq, state, without }: Verdict & { readonly runId: string; readonly seq: number },
): SyncRow => ({
  runId,
  seq,
  email: row.email,
  firstName: row.kind === 'person' ? row.firstName : '',
  lastName: row.kind === 'person' ? row.lastName : '',
  details: row.kind === 'person' && Object.keys(row.details).length > 0 ? row.details : undefined,
  state,
  chosen: isTaken(state),
  note: noteOf(row, without),
});

function noteOf(row: ReadRow, without: string | undefined): string | undefined {
  switch (row.kind) {
    case 'invalid':
      return row.why;
    case 'person':
      return row.without;
    case 'values':
      return without;
    default:
      return unreachable(row);
  }
}

/** Whether it is the first row of an active person. */
const isHere = (state: RowState): boolean => state === 'existing' || state === 'fill';

function namesManager(row: ReadRow, { people }: Directory): boolean {
  const person = people.get(row.email ?? '');
  return row.kind === 'person' && person !== undefined && namesManagerOfAdmin(person, row.details);
}

const isTaken = (state: RowState): boolean => state === 'new' || state === 'fill';

const skips: ReadonlySet<RowState> = new Set(skipReasons);
const isSkip = (state: RowState): state is SkipReason => skips.has(state);

function count(counts: SyncCounts, state: RowState): SyncCounts {
  if (isSkip(state)) return { ...counts, skipped: skip(counts.skipped, state) };
  if (state === 'new') return { ...counts, fresh: counts.fresh + 1 };
  return state === 'updated' ? { ...counts, updated: counts.updated + 1 } : counts;
}

/**
 * Fills empty fields of a person. It never overwrites a value.
 * @param manager the person that the row names; undefined if nobody has that address
 * @returns the fields to fill; undefined if there are none
 */
export function detailsThatFill(
  person: Person,
  details: RowDetails,
  manager: Person | undefined,
): PersonDetails | undefined {
  const { phone, position, department, startDate, managerEmail } = details;
  const takesManager =
    person.managerId === undefined &&
    manager?.active === true &&
    manager.id !== person.id &&
    !namesManagerOfAdmin(person, details);
  const lacked: PersonDetails = {
    ...(phone !== undefined && !person.phone && { phone }),
    ...(position !== undefined && !person.position && { position }),
    ...(department !== undefined && !person.department && { department }),
    ...(startDate !== undefined && !person.startDate && { startDate }),
    ...(managerEmail !== undefined && takesManager && { managerEmail }),
  };
  return Object.keys(lacked).length > 0 ? lacked : undefined;
}

type Values = Extract<ReadRow, { readonly kind: 'values' }>;

export interface Brought {
  readonly person: Person;
  readonly row: Values;
}

/** Names of facts that a row brings and the person can't have, each with its label. */
export type TakenFacts = (brought: Brought) => ReadonlyMap<string, string>;

/**
 * Finds facts that another active person already has: a username belongs to one person.
 * @param all in the order of the rows: if two rows bring the same value, the person of the first one gets it
 */
async function takenFacts(
  stores: Pick<Stores, 'people' | 'integrations'>,
  all: readonly Brought[],
): Promise<TakenFacts> {
  const changed = new Map<string, { readonly personId: string; readonly value: string }[]>();
  for (const { person, row } of all)
    for (const [name, value] of changesOf({ person, row })) {
      const wanted = changed.get(name) ?? [];
      wanted.push({ personId: person.id, value });
      changed.set(name, wanted);
    }
  const taken = new Map<string, Map<string, string>>();
  for (const [name, label] of await ownFacts(stores, [...changed.keys()])) {
    const wanted = changed.get(name) ?? [];
    const holders = await stores.people.withFacts(
      name,
      wanted.map(({ value }) => value),
    );
    const first = new Map<string, string>();
    for (const { personId, value } of wanted) {
      const key = factKey(value);
      const others = [...(holders.get(value) ?? []), first.get(key) ?? personId];
      if (others.every((id) => id === personId)) first.set(key, personId);
      else taken.set(personId, (taken.get(personId) ?? new Map<string, string>()).set(name, label));
    }
  }
  return ({ person }) => taken.get(person.id) ?? new Map<string, string>();
}

/** What the row would change, as texts. Empty values don't count: they are no account. */
const changesOf = ({ person, row }: Brought): readonly (readonly [string, string])[] =>
  Object.entries(row.stored)
    .map(([name, value]) => [name, toText(value).trim()] as const)
    .filter(([name, value]) => value !== '' && value !== known(person, name));

const known = ({ stored }: Person, name: string): string =>
  Object.hasOwn(stored, name) ? toText(stored[name] ?? null).trim() : '';

/** Facts that integrations ask for and that belong to one person; each with its label. */
async function ownFacts(
  stores: Pick<Stores, 'integrations'>,
  names: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  if (names.length === 0) return [];
  const own: (readonly [string, string])[] = [];
  for (const { id, name } of await factQuestions(stores))
    if (names.includes(id) && !(await mayBeShared(stores, id))) own.push([id, name]);
  return own.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
