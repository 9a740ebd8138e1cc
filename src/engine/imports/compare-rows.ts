/**
 * After the last row of a create: leaves out rows that could be two people, counts what the others change, and asks whether people
 * who left are back. Only now all people and managers of the source are known.
 */
import { dayIn } from '../../core/days.ts';
import { sentences, t } from '../../core/translate.ts';
import type { Person } from '../people/directory.ts';
import { auditEndDate, personChanged } from '../people/person-changed.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { findPeople } from './find-people.ts';
import { MAX_AT_ONCE } from './given-addresses.ts';
import { type HeldRun, type Holding, sourceOf, whileOurs } from './hold-sync.ts';
import { type ChangedRow, changesOfPeople } from './row-changes.ts';
import {
  type RowState,
  type SkipReason,
  type SyncCounts,
  type SyncRow,
  skip,
  skipReasons,
} from './sync-run.ts';

/** Rows that are looked at together. */
const AT_ONCE = 500;
/** Employee ids that several rows have, whose rows are left out in one transaction. */
const IDS_AT_ONCE = 50;

/** An employee ID belongs to one person. Rows with different addresses and the same id could each be them, so none is imported. */
export async function leaveOutSharedIds(begun: HeldRun, deps: Holding): Promise<HeldRun> {
  let run = begun;
  for (;;) {
    const ids = await deps.stores.syncRows.sharedEmployeeIds(run.id, IDS_AT_ONCE);
    if (ids.length === 0) return run;
    run = await whileOurs(run, deps, async (tx, ours) => {
      let { counts } = ours;
      for (const id of ids) {
        const note = t`Several rows have the employee ID ${id}.`;
        const left = await tx.syncRows.leaveOutId(ours.id, id, { state: 'invalid', note });
        for (const [from, many] of left) counts = movedTo(counts, { from, to: 'invalid', many });
      }
      return tx.syncRuns.save({ ...ours, counts });
    });
  }
}

/**
 * Someone has a row with their employee ID, and one without it that has their address of now. Both can't be right, and the ID says
 * more. So the other one is left out. The same goes for someone who has left.
 */
export async function leaveOutSecondRows(begun: HeldRun, deps: Holding): Promise<HeldRun> {
  return leaveOutSecond(await leaveOutSecond(begun, 'fill', deps), 'left', deps);
}

async function leaveOutSecond(
  begun: HeldRun,
  state: 'fill' | 'left',
  deps: Holding,
): Promise<HeldRun> {
  let run = begun;
  for await (const rows of rowsIn(begun, state, deps.stores)) {
    const without = rows.filter(({ details }) => details?.employeeId === undefined);
    const people = await findPeople(deps.stores, without);
    const idOf = (row: SyncRow): string => {
      const found = people.of(row);
      return found.kind === 'person' ? (found.person.employeeId ?? '') : '';
    };
    const ids = new Set(without.map(idOf));
    ids.delete('');
    const named = await deps.stores.syncRows.withEmployeeIds(run.id, [...ids]);
    const other = new Map(named.map(({ details, email }) => [details?.employeeId ?? '', email]));
    const second = without.filter((row) => other.has(idOf(row)));
    if (second.length === 0) continue;
    run = await whileOurs(run, deps, async (tx, ours) => {
      for (const row of second)
        await tx.syncRows.leaveOut(ours.id, row.seq, {
          state: 'invalid',
          note: t`Another row has this person's employee ID: ${other.get(idOf(row)) ?? ''}.`,
        });
      const moved = { from: state, to: 'invalid', many: second.length } as const;
      return tx.syncRuns.save({ ...ours, counts: movedTo(ours.counts, moved) });
    });
  }
  return run;
}

/** The counts, where rows that were counted under one state are left out for another reason. */
function movedTo(
  counts: SyncCounts,
  { from, to, many }: { readonly from: RowState; readonly to: SkipReason; readonly many: number },
): SyncCounts {
  const reason = skipReasons.find((each) => each === from);
  const left = reason ? skip(counts.skipped, reason, -many) : counts.skipped;
  return {
    ...counts,
    fresh: counts.fresh - (from === 'new' ? many : 0),
    skipped: skip(left, to, many),
  };
}

interface Changes
  extends Pick<SyncCounts, 'replaced' | 'exchanged' | 'cleared' | 'moved' | 'unended'> {
  /** How many people get each last day. */
  readonly ends: ReadonlyMap<string, number>;
}

const noChanges: Changes = {
  replaced: {},
  exchanged: 0,
  cleared: 0,
  moved: 0,
  unended: 0,
  ends: new Map(),
};

/** @param today ISO date: a last day before it is over */
export const countsOf = ({ ends, ...counts }: Changes, today: string): Partial<SyncCounts> => {
  const all = [...ends];
  const sum = (some: typeof all) => some.reduce((total, [, count]) => total + count, 0);
  return { ...counts, ends: sum(all), pastEnds: sum(all.filter(([day]) => day < today)) };
};

/**
 * Counts what the rows change of people in the directory. A row that changes nothing, as its manager is nobody or only renamed, is
 * left out. One whose address someone else keeps says so.
 */
export async function countChanges(
  begun: HeldRun,
  deps: Holding,
): Promise<{ readonly run: HeldRun; readonly changes: Changes }> {
  let run = begun;
  let changes = noChanges;
  for await (const rows of rowsIn(begun, 'fill', deps.stores)) {
    const judged = await changesOfPeople(deps.stores, run, rows);
    for (const each of judged) changes = withChanges(changes, each);
    const without = judged.filter((each) => each.changes === undefined);
    const inPart = judged.filter((each) => each.changes !== undefined && isUnsaid(each));
    if (without.length + inPart.length === 0) continue;
    run = await whileOurs(run, deps, async (tx, ours) => {
      for (const each of without)
        await tx.syncRows.leaveOut(ours.id, each.row.seq, {
          state: 'existing',
          note: each.namesNobody ? sayNobody(each.row) : noteOf(each),
        });
      for (const each of inPart)
        await tx.syncRows.setNote(ours.id, each.row.seq, noteOf(each) ?? '');
      const { skipped, withoutManager, partly } = ours.counts;
      const counts = {
        ...ours.counts,
        // A note says already that a row is imported in part, and was counted.
        partly: partly + inPart.filter(({ row }) => row.note === undefined).length,
        skipped: skip(skipped, 'existing', without.length),
        withoutManager: withoutManager + without.filter((each) => each.namesNobody).length,
      };
      return tx.syncRuns.save({ ...ours, counts });
    });
  }
  return { run, changes };
}

function sayKept({ withoutAddress: email, waitsForMany }: ChangedRow): string | undefined {
  if (email === undefined) return undefined;
  return waitsForMany
    ? t`Imported without the address ${email}: more than ${MAX_AT_ONCE} people would have to pass theirs on first. Import again, or change some by hand.`
    : t`Imported without the address ${email}, which someone else already has.`;
}

const noteOf = (changed: ChangedRow): string | undefined =>
  sentences(changed.row.note, sayKept(changed)) || undefined;

/** A worker that has died may have said it. */
function isUnsaid(changed: ChangedRow): boolean {
  const kept = sayKept(changed);
  return kept !== undefined && !changed.row.note?.includes(kept);
}

const sayNobody = ({ details: { managerId, managerEmail = '' } = {} }: SyncRow): string =>
  managerId === undefined
    ? t`No one here has the manager's address, ${managerEmail}.`
    : t`No one here has the manager's employee ID, ${managerId}.`;

function withChanges(sum: Changes, { changes, getsFormer }: ChangedRow): Changes {
  if (!changes) return sum;
  const { replaced, cleared, endDate } = changes;
  const ends = new Map(sum.ends);
  if (endDate) ends.set(endDate, (ends.get(endDate) ?? 0) + 1);
  const counted = { ...sum.replaced };
  for (const key of replaced) counted[key] = (counted[key] ?? 0) + 1;
  const hasMoved = replaced.includes('department') || replaced.includes('manager');
  return {
    replaced: counted,
    exchanged: sum.exchanged + (getsFormer ? 1 : 0),
    cleared: sum.cleared + cleared.length,
    moved: sum.moved + (hasMoved ? 1 : 0),
    unended: sum.unended + (endDate === '' ? 1 : 0),
    ends,
  };
}

/**
 * The source moved or removed the last day of someone who has left: an admin is asked whether they are back, once for each day that
 * it names. Nothing else happens to them.
 */
export async function askAboutReturns(begun: HeldRun, deps: Holding): Promise<HeldRun> {
  let run = begun;
  if (!run.owns.includes('end')) return run;
  for await (const rows of rowsIn(begun, 'left', deps.stores)) {
    const ended = rows.filter(({ details }) => details?.endDate !== undefined);
    const people = await findPeople(deps.stores, ended);
    const back = ended.flatMap((row) => {
      const found = people.of(row);
      const endDate = row.details?.endDate ?? '';
      return found.kind === 'person' &&
        !isAnother(found.person, row) &&
        isMoved(found.person, endDate)
        ? [{ person: found.person, endDate }]
        : [];
    });
    if (back.length === 0) continue;
    run = await whileOurs(run, deps, async (tx, ours) => {
      for (const { person, endDate } of back) {
        const now = await tx.people.hold(person.id); // Someone may have changed them since.
        if (!now || !isMoved(now, endDate)) continue;
        if (endDate === '' || endDate >= todayIn(tx))
          await askAboutReturn(tx, ours, { person: now, endDate });
      }
      return tx.syncRuns.save(ours);
    });
  }
  return run;
}

const isMoved = ({ active, endDate: before }: Person, endDate: string): boolean =>
  !active && before !== undefined && before !== endDate;

/** Who has left had another employee ID: the address is someone else's now. */
const isAnother = ({ employeeId }: Person, { details }: SyncRow): boolean =>
  employeeId !== undefined &&
  details?.employeeId !== undefined &&
  details.employeeId !== employeeId;

async function askAboutReturn(
  tx: Transaction,
  run: HeldRun,
  { person, endDate }: { readonly person: Person; readonly endDate: string },
): Promise<void> {
  const { endDate: _, ...rest } = person;
  const saved = await tx.people.save(endDate === '' ? rest : { ...rest, endDate });
  const by = { actor: run.startedBy, source: await sourceOf(tx, run) };
  await auditEndDate(tx, saved, by);
  await personChanged(tx, { before: person, person: saved }, by);
  await tx.emit({ kind: 'rehire-found', personId: person.id, integrationId: run.integrationId });
}

/** The rows in a state, some at a time. Rows that leave the state meanwhile are not seen twice. */
async function* rowsIn(
  { id, counts }: HeldRun,
  state: RowState,
  { syncRows }: Pick<Stores, 'syncRows'>,
): AsyncIterable<readonly SyncRow[]> {
  for (let from = 0; from < counts.rows; ) {
    const below = from + 10 * AT_ONCE;
    const rows = await syncRows.between(id, { from, below, state }, AT_ONCE);
    if (rows.length > 0) yield rows;
    from = rows.length === AT_ONCE ? (rows.at(-1)?.seq ?? below) + 1 : below;
  }
}

/** ISO date, in the workspace's time zone. */
export const todayIn = ({ now, timeZone }: Pick<Transaction, 'now' | 'timeZone'>): string =>
  dayIn(timeZone, now);

/** @param before the id of the last complete run */
export async function noteMissing(
  begun: HeldRun,
  before: string,
  deps: Holding,
): Promise<{ readonly run: HeldRun; readonly missing: number; readonly newlyMissing: number }> {
  let run = begun;
  let [missing, newlyMissing, email] = [0, 0, ''];
  for (let isMore = true; isMore; ) {
    const gone = await deps.stores.syncRows.goneSince({
      before,
      runId: run.id,
      afterEmail: email,
      limit: AT_ONCE,
    });
    const rows = gone.map((row, index) => asMissing(row, run, run.counts.rows + missing + index));
    run = await whileOurs(run, deps, async (tx, ours) => {
      await tx.syncRows.insertMany(rows);
      return tx.syncRuns.save(ours);
    });
    missing += gone.length;
    newlyMissing += gone.filter(({ state }) => state !== 'missing').length;
    email = gone.at(-1)?.email ?? email;
    isMore = gone.length === AT_ONCE;
  }
  return { run, missing, newlyMissing };
}

const asMissing = (row: SyncRow, run: HeldRun, seq: number): SyncRow => ({
  runId: run.id,
  seq,
  email: row.email,
  firstName: row.firstName,
  lastName: row.lastName,
  state: 'missing',
  chosen: false,
});

export async function lastComplete(run: HeldRun, { stores }: Holding): Promise<string | undefined> {
  const { runs } = await stores.syncRuns.list(
    { integrationId: run.integrationId, states: ['done'], action: 'create', isComplete: true },
    { offset: 0, limit: 1 },
  );
  return runs[0]?.id;
}
