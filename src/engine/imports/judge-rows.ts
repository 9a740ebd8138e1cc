/** Judges the rows of a page against the directory as it is now: what each adds, fills, or takes from another person. */
import { dayWords } from '../../core/days.ts';
import type { Json } from '../../core/json.ts';
import { together } from '../../core/together.ts';
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { SyncManifest } from '../manifest/schema.ts';
import { type Brought, sayTaken, type TakenFacts, takenFacts } from '../people/brought-facts.ts';
import type { Person } from '../people/directory.ts';
import type { PersonChange } from '../people/person-changed.ts';
import { hasReadableFacts, hasSame, isBroughtBy, withBrought } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { findPeople, type PeopleOfRows, peopleIn } from './find-people.ts';
import { managersOf, namesManagerOfAdmin } from './managers-of-admins.ts';
import { type ReadRow, rowReader } from './sync-rows.ts';
import {
  type RowState,
  type SkipReason,
  type SyncCounts,
  type SyncRow,
  skip,
  skipReasons,
} from './sync-run.ts';
import { changesNothing, changesOf, type OwnedFields } from './what-changes.ts';
import { asRead, withManagers } from './with-managers.ts';

/** The result for a few rows. */
export interface Judged {
  readonly rows: readonly SyncRow[];
  readonly counts: SyncCounts;
  /** People with the values of an update, to be saved. */
  readonly updated: readonly PersonChange[];
  /** People for whose equal values an update answers from now on, to be saved. */
  readonly confirmed: readonly Person[];
}

export interface RowsToJudge {
  readonly runId: string;
  /** The writer of an update's values. */
  readonly integrationId: string;
  /** The number of the first row. */
  readonly firstSeq: number;
  /** At most 500. */
  readonly rows: readonly Json[];
  /** Of a create. */
  readonly owns: OwnedFields;
  /** ISO date, in the time zone of the workspace: a last day before it is over. */
  readonly today: string;
  /** The workspace's; an IANA name. */
  readonly timeZone: string;
  /** Before these rows. */
  readonly counts: SyncCounts;
}

/** Rows without an address that are stored, so that an admin sees what is wrong. Further ones are only counted. */
export const MAX_INVALID_KEPT = 1000;

/** A bad row is counted, and the others are still judged. */
export async function judgeRows(
  stores: Pick<Stores, 'people' | 'syncRows' | 'ignoredEmails' | 'integrations'>,
  manifest: SyncManifest,
  { runId, integrationId, firstSeq, rows, counts, timeZone, ...asked }: RowsToJudge,
): Promise<Judged> {
  const read = await readRows(stores, manifest, { runId, rows, timeZone });
  const known = await whatIsKnown(stores, runId, read);
  const taken = await takenFacts(stores, broughtBy(read, known));
  const seen = new Set(known.earlier);
  const { action } = manifest;
  const judging = { ...known, ...asked, earlier: seen, taken, integrationId, action };
  const judged: SyncRow[] = [];
  const updated: PersonChange[] = [];
  const confirmed: Person[] = [];
  const states = new Map<RowState, number>();
  let [partly, managersOfAdmins] = [counts.partly, counts.managersOfAdmins];
  for (const [index, given] of read.entries()) {
    const { row, without } = withoutTaken(given, judging);
    const judgedRow = judge(row, judging);
    const verdict =
      without === undefined
        ? judgedRow
        : { ...judgedRow, without: sentences(without, judgedRow.without) };
    const { state, change } = verdict;
    if (verdict.confirmed) confirmed.push(verdict.confirmed);
    if (row.email !== undefined) seen.add(row.email);
    const invalid = (counts.skipped.invalid ?? 0) + (states.get('invalid') ?? 0);
    const isKept = row.email !== undefined || invalid < MAX_INVALID_KEPT;
    const place = { runId, seq: firstSeq + index };
    if (isKept) judged.push(toRow(withoutErased(row, known), verdict, place));
    if (change) updated.push(change);
    states.set(state, (states.get(state) ?? 0) + 1);
    if (isTakenInPart(row, verdict)) partly += 1;
    if (isHere(state) && namesManager(row, judging)) managersOfAdmins += 1;
  }
  const all = { ...counts, rows: counts.rows + rows.length, partly, managersOfAdmins };
  return { rows: judged, counts: withStates(all, states), updated, confirmed };
}

/** With the managers that are known by now. */
async function readRows(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  manifest: SyncManifest,
  { runId, rows, timeZone }: Pick<RowsToJudge, 'runId' | 'rows' | 'timeZone'>,
): Promise<readonly ReadRow[]> {
  const read = rows.map(rowReader(manifest, timeZone));
  const people = read.filter((row) => row.kind === 'person');
  const named = await withManagers(stores, runId, people);
  const of = new Map(people.map((row, index) => [row as ReadRow, named[index] ?? row]));
  return read.map((row) => of.get(row) ?? row);
}

type Unwanted = Awaited<ReturnType<Stores['ignoredEmails']['among']>>;

interface Directory {
  readonly people: PeopleOfRows;
  /** Addresses of their managers, by the manager's id. */
  readonly managers: ReadonlyMap<string, string>;
  readonly unwanted: Unwanted;
  /** Addresses of rows that came before. */
  readonly earlier: ReadonlySet<string>;
}

async function whatIsKnown(
  stores: Pick<Stores, 'people' | 'syncRows' | 'ignoredEmails'>,
  runId: string,
  read: readonly ReadRow[],
): Promise<Directory> {
  const emails = [...new Set(read.flatMap(({ email }) => email ?? []))];
  const persons = read.filter((row) => row.kind === 'person'); // Of an update there are none.
  const named = persons.flatMap(({ details }) => details.managerEmail || []);
  const [found, unwanted, earlier] = await together([
    findPeople(stores, read).then(async (people) => ({
      people,
      managers: await managersOf(stores, peopleIn(people, persons)),
    })),
    stores.ignoredEmails.among([...new Set([...emails, ...named])]),
    stores.syncRows.known(runId, emails),
  ]);
  return { ...found, unwanted, earlier };
}

interface Judging extends Directory {
  readonly taken: TakenFacts;
  readonly integrationId: string;
  readonly action: SyncManifest['action'];
  readonly owns: OwnedFields;
  readonly today: string;
}

function judge(row: ReadRow, judging: Judging): Verdict {
  const { people, earlier, taken, integrationId, action } = judging;
  if (row.email === undefined) return { state: 'invalid' };
  if (earlier.has(row.email)) return { state: 'duplicate' };
  const person = people.byEmail.get(row.email);
  switch (row.kind) {
    case 'invalid':
      return { state: action === 'create' || person ? 'invalid' : 'unknown' };
    case 'person':
      return judgePerson(row, judging);
    case 'values': {
      if (!person) return { state: 'unknown' };
      if (!person.active) return { state: 'left' };
      if (!hasReadableFacts(person)) return { state: 'unchanged', without: unreadFacts() };
      const refused = taken({ key: person.id, person, stored: row.stored });
      const brought = Object.entries(row.stored).filter(([name]) => !refused.has(name));
      const next = withBrought(person, Object.fromEntries(brought), integrationId);
      const partly = refused.size === 0 ? {} : { without: sayTaken([...refused.values()]) };
      const names = brought.map(([name]) => name);
      const stored = names.filter((name) => !hasSame(next, person, name));
      if (stored.length > 0)
        return { state: 'updated', change: { before: person, person: next, stored }, ...partly };
      const confirms = names.some((name) => !isBroughtBy(person, name, integrationId));
      return { state: 'unchanged', ...partly, ...(confirms && { confirmed: next }) };
    }
    default:
      return unreachable(row);
  }
}

/** Of a create. Whether the manager is someone, and the address is given, shows after the last row (`compare-rows.ts`). */
function judgePerson(row: PersonRow, judging: Judging): Verdict {
  const { people, managers, unwanted, integrationId, owns, today } = judging;
  const found = people.of(row);
  const { endDate = '' } = row.details;
  const hasLeft = endDate !== '' && endDate < today;
  switch (found.kind) {
    case 'unclear':
      return { state: 'invalid', without: found.why };
    case 'nobody':
      if (unwanted.has(row.email)) return { state: 'ignored' };
      return hasLeft
        ? { state: 'left', without: t`Their last day was ${dayWords(endDate)}.` }
        : { state: 'new' };
    case 'person': {
      const { person } = found;
      if (!person.active) return { state: 'left' };
      const managerEmail = managers.get(person.managerId ?? '');
      const changes = changesOf({ row, person, managerEmail, integrationId }, owns);
      return { state: changesNothing(changes) ? 'existing' : 'fill' };
    }
    default:
      return unreachable(found);
  }
}

interface Verdict {
  readonly state: RowState;
  /** The person with the row's values. */
  readonly change?: PersonChange;
  /** The person, where the import answers for equal values from now on. */
  readonly confirmed?: Person;
  /** Which of its values are left out, and why; or why the row is. */
  readonly without?: string;
}

/** A row that is left out says why in `without`, too. */
const isTakenInPart = (row: ReadRow, { state, without }: Verdict): boolean =>
  (without !== undefined && (row.kind === 'values' || !isSkip(state))) ||
  (isTaken(state) && row.kind === 'person' && row.without !== undefined);

/** The values that rows bring, each with its person. Of several rows with one address, the first counts. */
function broughtBy(read: readonly ReadRow[], { people, earlier }: Directory): readonly Brought[] {
  const seen = new Set(earlier);
  return read.flatMap((row): readonly Brought[] => {
    if (row.kind === 'invalid' || seen.has(row.email)) return [];
    seen.add(row.email);
    const brought = bringing(row, people);
    return brought ? [brought] : [];
  });
}

function bringing(row: PersonRow | Values, people: PeopleOfRows): Brought | undefined {
  if (row.kind === 'values') {
    const person = people.byEmail.get(row.email);
    return person?.active && hasReadableFacts(person)
      ? { key: person.id, person, stored: row.stored }
      : undefined;
  }
  const { stored } = row.details;
  const found = people.of(row);
  const person = found.kind === 'person' ? found.person : undefined;
  if (!stored || found.kind === 'unclear' || person?.active === false) return undefined;
  if (person && !hasReadableFacts(person)) return undefined;
  return { key: person?.id ?? row.email, person, stored };
}

/** A row of a create without the facts that someone else already has; without any, where the person's can't be read. */
function withoutTaken(
  row: ReadRow,
  { people, taken }: Judging,
): { readonly row: ReadRow; readonly without?: string } {
  if (row.kind === 'person' && row.details.stored && hasUnreadFacts(people.of(row))) {
    const { stored: _, ...details } = row.details;
    return { row: { ...row, details }, without: unreadFacts() };
  }
  const brought = row.kind === 'person' ? bringing(row, people) : undefined;
  const refused = brought && taken(brought);
  if (row.kind !== 'person' || !brought || !refused || refused.size === 0) return { row };
  const stored = Object.fromEntries(
    Object.entries(brought.stored).filter(([name]) => !refused.has(name)),
  );
  return {
    row: { ...row, details: { ...row.details, stored } },
    without: sayTaken([...refused.values()]),
  };
}

const hasUnreadFacts = (found: ReturnType<PeopleOfRows['of']>): boolean =>
  found.kind === 'person' && found.person.active && !hasReadableFacts(found.person);

const unreadFacts = (): string =>
  t`What is stored about this person can't be read, so nothing was added to it. The operator of Latchkey can restore it (see Troubleshooting).`;

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
  { state, without }: Verdict,
  { runId, seq }: Pick<SyncRow, 'runId' | 'seq'>,
): SyncRow => ({
  runId,
  seq,
  email: row.email,
  firstName: (row.kind !== 'values' && row.firstName) || '',
  lastName: (row.kind !== 'values' && row.lastName) || '',
  details:
    row.kind === 'person' && Object.keys(row.details).length > 0 ? asRead(row.details) : undefined,
  state,
  chosen: isTaken(state),
  note: noteOf(row, without),
});

function noteOf(row: ReadRow, without: string | undefined): string | undefined {
  switch (row.kind) {
    case 'invalid':
      return row.why;
    case 'person':
      return sentences(without, row.without) || undefined;
    case 'values':
      return without;
    default:
      return unreachable(row);
  }
}

/** Whether it is the first row of an active person. */
const isHere = (state: RowState): boolean => state === 'existing' || state === 'fill';

function namesManager(row: ReadRow, { people, managers, integrationId, owns }: Judging): boolean {
  const found = row.kind === 'person' ? people.of(row) : undefined;
  if (row.kind !== 'person' || found?.kind !== 'person') return false;
  const managerEmail = managers.get(found.person.managerId ?? '');
  return namesManagerOfAdmin({ row, person: found.person, managerEmail, integrationId }, owns);
}

const isTaken = (state: RowState): boolean => state === 'new' || state === 'fill';

const skips: ReadonlySet<RowState> = new Set(skipReasons);
const isSkip = (state: RowState): state is SkipReason => skips.has(state);

function withStates(counts: SyncCounts, states: ReadonlyMap<RowState, number>): SyncCounts {
  let { skipped } = counts;
  for (const [state, many] of states) if (isSkip(state)) skipped = skip(skipped, state, many);
  const fresh = counts.fresh + (states.get('new') ?? 0);
  return { ...counts, skipped, fresh, updated: counts.updated + (states.get('updated') ?? 0) };
}

type PersonRow = Extract<ReadRow, { readonly kind: 'person' }>;
type Values = Extract<ReadRow, { readonly kind: 'values' }>;
