/**
 * Advances a sync run as far as one job can. The rows of a page are stored together with the cursor of the next page. So after a
 * crash another worker continues right there: no row is stored twice, and none is left out.
 */
import { compact } from '../../core/compact.ts';
import { dayIn } from '../../core/days.ts';
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Tokens } from '../calls/oauth.ts';
import type { Person } from '../people/directory.ts';
import { settleKnown } from '../people/fact-claims.ts';
import { type PersonChange, personChanged } from '../people/person-changed.ts';
import type { Http } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import type { RunError } from '../runs/run.ts';
import { alone, BREAKDOWN_PAUSE_MS, brokeDown, stillHeld, type Worker } from '../work/leased.ts';
import {
  askAboutReturns,
  countChanges,
  countsOf,
  lastComplete,
  leaveOutSecondRows,
  leaveOutSharedIds,
  noteMissing,
  todayIn,
} from './compare-rows.ts';
import { decideAfterReading, endDone, endFailed, handOver } from './end-sync.ts';
import { redactedError, whenAgain } from './failed-page.ts';
import {
  type HeldRun,
  type Holding,
  inTurns,
  LostSync,
  sourceOf,
  storeSync,
  syncWork,
  takeSync,
  wakeSync,
  whileOurs,
} from './hold-sync.ts';
import { type Judged, judgeRows } from './judge-rows.ts';
import { cursorText } from './next-page.ts';
import { ownedBy } from './owned-fields.ts';
import { hashOf, openPages, type PageSource } from './page-source.ts';
import { endedEarly, type PageOutcome } from './sync.ts';
import {
  type ConnectingRound,
  newRound,
  queueSync,
  type Reading,
  type RowState,
  type SyncRow,
  waitForPage,
} from './sync-run.ts';
import { connectManagers, type Taking, takeRows } from './take-rows.ts';

export interface Syncing extends Holding, Pick<Worker, 'underWay'>, Time {
  readonly http: Http;
  readonly tokens: Tokens;
  /** The workspace's, an IANA name. */
  readonly timeZone: string;
}

/** Rows per transaction. Other writers wait for it, and a new row costs far less than a changed one (decision 27). */
const NEW_ROWS_AT_ONCE = 500;
const CHANGED_ROWS_AT_ONCE = 50;
/**
 * Rows that are searched for those to import. This upper bound keeps PostgreSQL from reading more, even before it has statistics
 * of the table.
 */
const ROWS_AHEAD = 10 * NEW_ROWS_AT_ONCE;
/** A job is short, so that other jobs of its lane get their turn, and so does a shutdown. */
const JOB_MS = 5000;
const MAX_BREAKDOWNS = 3;
/** How often a worker may die or break down at one page or batch. Then the run fails, since the next worker would die too. */
const MAX_DEATHS = 3;
/** A page that was requested so often without success has failed by then. */
const MAX_ASKED = 3;
/** Per run; further warnings of one manifest are repetitions. */
const MAX_WARNINGS = 20;

const crashes = () =>
  t`Latchkey stopped ${MAX_DEATHS} times during this import and won't try again. Tell your Latchkey admin; the log has more.`;

const lost = () => t`What is stored about this import is damaged, so it has ended. Import again.`;

/** Does nothing if the run isn't due, another worker holds it, or it has ended. */
export const advanceSync = (runId: string, deps: Syncing): Promise<void> =>
  alone({ kind: syncWork, id: runId }, deps, () =>
    takeAndWork(runId, { ...deps, transact: inTurns(deps.transact, deps) }),
  );

async function takeAndWork(runId: string, deps: Syncing): Promise<void> {
  const held = await takeSync(runId, deps);
  if (!held) return;
  const hasCrashed = held.tries >= MAX_DEATHS + (held.askedSince ? MAX_ASKED : 0);
  try {
    if (held.isLost) await fail(held, { code: 'internal', message: lost() }, deps);
    else if (hasCrashed) await fail(held, { code: 'internal', message: crashes() }, deps);
    else await work(held, deps);
  } catch (error) {
    if (error instanceof LostSync) return; // Another worker holds it, or it was cancelled.
    await afterBreakdown(runId, deps);
    throw error;
  }
}

async function work(held: HeldRun, deps: Syncing): Promise<void> {
  // After a death one page or batch. The next death is another job's then, and two of one job would give up the import.
  const until = deps.now().getTime() + (held.tries > 0 ? 0 : JOB_MS);
  const source = createSource(deps, until);
  for (let run: HeldRun | undefined = await dropHalfDone(held, deps); run; ) {
    const next: HeldRun | undefined = await goOn(run, source, deps);
    if (!next) return;
    if (!source.hasTime() && !source.isAhead()) {
      await whileOurs(next, deps, (tx, ours) =>
        handOver(tx, queueSync({ ...ours, tries: 0 }, tx.now)),
      );
      return;
    }
    run = next;
  }
}

/** @returns undefined if this job ends here */
function goOn(run: HeldRun, source: Source, deps: Syncing): Promise<HeldRun | undefined> {
  switch (run.phase) {
    case 'reading':
      return readPage(run, source, deps);
    case 'comparing':
      return compare(run, deps);
    case 'importing':
      return importSome(run, deps);
    case 'connecting':
      return connectSome(run, deps);
    case 'tidying':
      return tidySome(run, deps);
    default:
      return unreachable(run.phase);
  }
}

/**
 * Something broke in Latchkey, not at the app. The run is retried a few times, then it fails, so that it doesn't hang. If even
 * this can't be stored, the lease expires.
 */
async function afterBreakdown(runId: string, deps: Syncing): Promise<void> {
  await deps.transact(async (tx) => {
    const run = await stillHeld(tx, { kind: syncWork, id: runId }, deps);
    if (!run) return;
    if (run.tries + 1 >= MAX_BREAKDOWNS)
      return endFailed(tx, run, { code: 'internal', message: brokeDown() });
    const dueAt = new Date(tx.now.getTime() + BREAKDOWN_PAUSE_MS);
    const tried = { ...run, tries: run.tries + 1 };
    const waiting = await storeSync(tx, waitForPage(tried, dueAt, brokeDown()));
    await wakeSync(tx, waiting, dueAt);
  });
}

const fail = (run: HeldRun, error: RunError, deps: Syncing): Promise<undefined> =>
  whileOurs(run, deps, async (tx, ours) => {
    await endFailed(tx, ours, error);
    return undefined;
  });

// ---------------------------------------------------------------- reading

/** Secrets and token are gathered once per job, and only if it reads a page. */
interface Source {
  readonly open: (run: HeldRun) => Promise<PageSource | RunError>;
  readonly isAhead: () => boolean;
  /** Whether the job has time for one more page. */
  readonly hasTime: () => boolean;
}

function createSource(deps: Syncing, until: number): Source {
  let pages: PageSource | undefined;
  return {
    async open(run) {
      if (pages) return pages;
      const opened = await openPages(run, deps);
      if ('code' in opened) return opened;
      pages = opened;
      return opened;
    },
    isAhead: () => pages?.isAhead() ?? false,
    hasTime: () => deps.now().getTime() < until,
  };
}

async function readPage(run: HeldRun, source: Source, deps: Syncing): Promise<HeldRun | undefined> {
  const pages = await source.open(run);
  if ('code' in pages) return fail(run, pages, deps);
  const outcome = await pages.read(await deps.stores.syncRuns.cursor(run.id));
  if (outcome.kind === 'failed') {
    return afterFailedPage(
      run,
      { ...outcome, error: redactedError(outcome.error, pages.reader) },
      deps,
    );
  }
  if (source.hasTime()) pages.readAhead(outcome);
  return storePage(run, { page: outcome, pages }, deps);
}

/** @param failed its error without secrets */
async function afterFailedPage(
  run: HeldRun,
  { error, came }: Extract<PageOutcome, { kind: 'failed' }>,
  deps: Syncing,
): Promise<undefined> {
  const again = whenAgain({ run, came }, deps.now());
  if (!again) return fail(run, error, deps);
  const { dueAt, ...asked } = again;
  return whileOurs(run, deps, async (tx, ours) => {
    const waiting = await storeSync(tx, waitForPage({ ...ours, ...asked }, dueAt, error.message));
    await wakeSync(tx, waiting, dueAt);
    return undefined;
  });
}

type Page = Extract<PageOutcome, { kind: 'page' }>;

/** Stores a page in small transactions. The last of them marks the page as read. */
async function storePage(
  begun: HeldRun,
  { page, pages }: { readonly page: Page; readonly pages: PageSource },
  deps: Syncing,
): Promise<HeldRun> {
  const { rows, address, since, mark, after } = page;
  const { manifest, reader } = pages;
  let run = begun;
  let { counts } = run;
  const size = manifest.action === 'update' ? CHANGED_ROWS_AT_ONCE : NEW_ROWS_AT_ONCE;
  for (let start = 0; start === 0 || start < rows.length; start += size) {
    const some = rows.slice(start, start + size);
    const isLast = start + size >= rows.length;
    const { integrationId } = run;
    const before = { runId: run.id, integrationId, firstSeq: counts.rows, rows: some, counts };
    const owns = new Set(run.owns);
    const held = run;
    const { timeZone, stores } = deps;
    const asked = { ...before, owns, today: dayIn(timeZone, deps.now()), timeZone };
    // Of a create: it changes no one yet, so others may write meanwhile. `takeRows` looks at each person again.
    const known = manifest.action === 'create' && (await judgeRows(stores, manifest, asked));
    const stored = await whileOurs(held, deps, async (tx, ours) => {
      const judged = known || (await judgeRows(tx, manifest, asked));
      await tx.syncRows.insertMany(judged.rows);
      await saveUpdated(tx, ours, judged.updated);
      await saveConfirmed(tx, judged.confirmed);
      if (!isLast) return { run: await keepUpdated(tx, ours, judged), counts: judged.counts };
      await tx.syncRuns.addPage(run.id, hashOf(address));
      const marked = manifest.since === true ? run.createdAt.toISOString() : mark;
      if (marked !== undefined) await tx.syncRuns.setMark(run.id, marked);
      const isMixed = after.kind !== 'next' && (await isOfTwo(tx, ours));
      const isEarly = after.kind === 'end' && after.isEarly === true;
      const said = compact([isMixed && mixed(), isEarly && early()]);
      const warnings = warningsAfter(ours, reader, { after, said });
      const { askedSince: _, ...facts } = ours;
      const read = { ...facts, warnings, counts: judged.counts, pages: run.pages + 1, tries: 0 };
      const next =
        after.kind === 'next'
          ? await storeProgress(tx, read, {
              refreshes: isRefreshDue(read.pages),
              cursor: cursorText(after.cursor),
            })
          : await storeSync(
              tx,
              {
                ...read,
                reading: isMixed || isEarly ? 'cut-off' : readingOf(after, since),
                phase: manifest.action === 'create' ? 'comparing' : 'tidying',
              },
              null,
            );
      return { run: next, counts: judged.counts };
    });
    ({ run, counts } = stored);
  }
  return run;
}

/** People with values of an update. Rules and sequences may depend on them. */
async function saveUpdated(
  tx: Transaction,
  run: HeldRun,
  updated: readonly PersonChange[],
): Promise<void> {
  if (updated.length === 0) return;
  const by = { actor: run.startedBy, source: await sourceOf(tx, run) };
  for (const change of updated)
    await personChanged(tx, { ...change, person: await tx.people.save(change.person) }, by);
  await settleKnown(
    tx,
    updated.map(({ person }) => person),
  );
}

/** Nothing of them changed, so nobody hears of it. Rules believe these values from now on. */
async function saveConfirmed(tx: Transaction, confirmed: readonly Person[]): Promise<void> {
  for (const person of confirmed) await tx.people.save(person);
  await settleKnown(tx, confirmed);
  await notePeople(
    tx,
    confirmed.map(({ id }) => id),
  );
}

/** A worker that reads the page again after a crash finds these people unchanged. */
async function keepUpdated(
  tx: Transaction,
  run: HeldRun,
  { updated, counts }: Pick<Judged, 'updated' | 'counts'>,
): Promise<HeldRun> {
  if (updated.length === 0) return run;
  return tx.syncRuns.save({ ...run, counts: { ...run.counts, updated: counts.updated } });
}

function readingOf({ kind }: Page['after'], since: string): Reading {
  if (kind === 'cut-off') return 'cut-off';
  return since === '' ? 'complete' : 'changes';
}

/** Whether its pages may be of two tenants: the values of the manifest or the connection have changed since it began. */
async function isOfTwo(tx: Transaction, { integrationId, createdAt }: HeldRun): Promise<boolean> {
  const changedAt = await tx.health.forgottenAt(integrationId);
  return changedAt !== undefined && changedAt > createdAt;
}

const mixed = (): string =>
  t`While the list was read, the values of the manifest or the connection changed. So it may lack people.`;

const early = (): string => sentences(endedEarly(), t`So it may lack people.`);

/** Cards show each of the first pages or batches, then every tenth, then every hundredth: chat platforms limit edits. */
const isRefreshDue = (done: number): boolean =>
  done <= 10 || (done <= 100 ? done % 10 === 0 : done % 100 === 0);

const storeProgress = (
  tx: Transaction,
  run: HeldRun,
  { refreshes, cursor }: { readonly refreshes: boolean; readonly cursor?: string },
): Promise<HeldRun> => (refreshes ? storeSync(tx, run, cursor) : tx.syncRuns.save(run, cursor));

function warningsAfter(
  run: HeldRun,
  reader: PageSource['reader'],
  { after, said }: { readonly after: Page['after']; readonly said: readonly string[] },
): readonly string[] {
  const all = compact([...reader.warnings(), ...said, after.kind === 'cut-off' && after.warning]);
  // The last warnings stay: the one about the page limit matters most.
  return [...new Set([...run.warnings, ...all.map((text) => reader.redact(text))])].slice(
    -MAX_WARNINGS,
  );
}

/** Deletes rows that a crash left of an unfinished page or comparison. */
async function dropHalfDone(begun: HeldRun, deps: Syncing): Promise<HeldRun> {
  if (begun.phase !== 'reading' && begun.phase !== 'comparing') return begun;
  let run = begun;
  for (let dropped = 1; dropped > 0; ) {
    [run, dropped] = await whileOurs(run, deps, async (tx, ours) => [
      ours,
      await tx.syncRows.deleteFrom(ours.id, ours.counts.rows, NEW_ROWS_AT_ONCE),
    ]);
  }
  return run;
}

// ---------------------------------------------------------------- comparing

/**
 * Records people who were in the source before and no longer are. Nothing else happens to them. Then every row of the source is
 * known: `compare-rows.ts`.
 */
async function compare(begun: HeldRun, deps: Syncing): Promise<HeldRun | undefined> {
  const shared = await leaveOutSharedIds(begun, deps);
  const single = await leaveOutSecondRows(shared, deps);
  const { run: counted, changes } = await countChanges(single, deps);
  const asked = await askAboutReturns(counted, deps);
  const before = begun.reading === 'complete' ? await lastComplete(begun, deps) : undefined;
  const { run, ...missing } =
    before === undefined
      ? { run: asked, missing: 0, newlyMissing: 0 }
      : await noteMissing(asked, before, deps);
  return whileOurs(run, deps, (tx, ours) =>
    decideAfterReading(tx, {
      ...ours,
      counts: { ...ours.counts, ...countsOf(changes, todayIn(tx)), ...missing },
    }),
  );
}

// ---------------------------------------------------------------- importing

const IMPORTED: readonly RowState[] = ['new', 'left', 'fill'];

interface Batch {
  readonly rows: readonly SyncRow[];
  /** The last row that was searched; -1: there are no more. */
  readonly upTo: number;
}

/** The next rows to import; none if none of the `ROWS_AHEAD` is chosen. */
async function nextBatch(tx: Transaction, run: HeldRun): Promise<Batch> {
  const from = run.importedUpTo + 1;
  const below = from + ROWS_AHEAD;
  const which = { from, below, states: IMPORTED };
  const rows = await tx.syncRows.chosenBetween(run.id, which, NEW_ROWS_AT_ONCE);
  const upTo = (rows.length === NEW_ROWS_AT_ONCE ? rows.at(-1)?.seq : undefined) ?? below - 1;
  return { rows, upTo: upTo + 1 < run.counts.rows ? upTo : -1 };
}

/** The batch without the rows from number `next` on. */
const below = (next: number | undefined, { rows, upTo }: Batch): Batch =>
  next === undefined
    ? { rows, upTo }
    : { rows: rows.filter(({ seq }) => seq < next), upTo: next - 1 };

/** The number of the row after as many new people as there are, and as many others as one transaction may change. */
function oneTooMany(rows: readonly SyncRow[]): number | undefined {
  const changing = rows.filter(({ state, details }) => state !== 'new' || details?.endDate); // It plans an offboarding.
  return changing[CHANGED_ROWS_AT_ONCE]?.seq;
}

const importSome = (run: HeldRun, deps: Syncing): Promise<HeldRun> =>
  whileOurs(run, deps, async (tx, ours) => {
    const found = await nextBatch(tx, ours);
    const { rows, upTo } = below(oneTooMany(found.rows), found);
    const taking = await takingBy(tx, ours);
    const taken = await takeRows(tx, { rows, before: ours.counts }, taking);
    const unconnected = ours.unconnected + taken.unconnected;
    const isDone = upTo === -1;
    const next: HeldRun = {
      ...ours,
      counts: taken.counts,
      warnings: [...new Set([...ours.warnings, ...taken.warnings])].slice(-MAX_WARNINGS),
      unconnected,
      importedUpTo: upTo,
      tries: 0,
      ...(isDone && { phase: unconnected > 0 ? 'connecting' : 'tidying' }),
    };
    const batches = Math.floor(taken.counts.created / NEW_ROWS_AT_ONCE);
    return storeProgress(tx, next, { refreshes: isDone || isRefreshDue(batches) });
  });

const connectSome = (run: HeldRun, deps: Syncing): Promise<HeldRun> =>
  whileOurs(run, deps, async (tx, ours) => {
    const found = await nextBatch(tx, ours);
    const taking = await takingBy(tx, ours);
    const some = await connectManagers(tx, found.rows, { ...taking, most: CHANGED_ROWS_AT_ONCE });
    const { upTo } = below(some.next, found);
    const round: ConnectingRound = {
      set: ours.connecting.set + some.set,
      refused: ours.connecting.refused + some.refused,
      without: ours.connecting.without + some.without,
    };
    if (upTo !== -1) return tx.syncRuns.save({ ...ours, connecting: round, importedUpTo: upTo });
    // Someone who was refused may fit now: their manager has another manager.
    if (round.refused > 0 && round.set > 0)
      return tx.syncRuns.save({ ...ours, connecting: newRound, importedUpTo: -1 });
    const { counts } = ours;
    return tx.syncRuns.save({
      ...ours,
      counts: { ...counts, withoutManager: counts.withoutManager + round.without },
      importedUpTo: -1,
      phase: 'tidying' as const,
    });
  });

const takingBy = async (tx: Transaction, run: HeldRun): Promise<Taking> => ({
  actor: run.approvedBy ?? run.startedBy,
  runId: run.id,
  beganAt: run.createdAt,
  integrationId: run.integrationId,
  owns: await stillOwned(tx, run),
  source: await sourceOf(tx, run),
});

/** While the run waited for an OK, an admin may have given a field to another import. */
async function stillOwned(tx: Transaction, run: HeldRun): Promise<ReadonlySet<string>> {
  const integration = await tx.integrations.find(run.integrationId);
  const now = integration ? await ownedBy(tx, integration) : [];
  return new Set(run.owns.filter((field) => now.includes(field)));
}

// ---------------------------------------------------------------- tidying

/**
 * Of earlier runs, only the rows of people that they created stay, or an hourly import would fill the database. The newest
 * complete run keeps all its rows: the next run is compared with it.
 */
async function tidySome(run: HeldRun, deps: Syncing): Promise<HeldRun | undefined> {
  const isBaseline = run.action === 'create' && run.reading === 'complete';
  const before = isBaseline ? undefined : await lastComplete(run, deps);
  const kept = before === undefined ? [run.id] : [run.id, before];
  return whileOurs(run, deps, async (tx, ours) => {
    const [id] = await tx.syncRuns.unthinned(ours.integrationId, kept);
    if (id === undefined) {
      await endDone(tx, ours);
      return undefined;
    }
    if ((await tx.syncRows.thin(id, NEW_ROWS_AT_ONCE)) === 0) await tx.syncRuns.thinned(id);
    return ours;
  });
}
