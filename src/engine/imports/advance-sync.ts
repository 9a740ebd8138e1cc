/** Advances a sync run as far as one job can. Each page and each batch is stored with how far it is: see `store-page.ts`. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Tokens } from '../calls/oauth.ts';
import type { Http } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
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
import {
  type HeldRun,
  inTurns,
  LostSync,
  NEW_ROWS_AT_ONCE,
  storeSync,
  syncWork,
  takeSync,
  wakeSync,
  whileOurs,
} from './hold-sync.ts';
import { connectSome, createRowsAhead, importSome, type RowsAhead } from './import-batches.ts';
import { openPages, type PageSource, redactedError, whenAgain } from './pages/page-source.ts';
import type { PageOutcome } from './pages/read-pages.ts';
import { type StoringPages, storePage } from './store-page.ts';
import { queueSync, waitForPage } from './sync-run.ts';

export interface Syncing extends StoringPages, Pick<Worker, 'underWay'>, Time {
  readonly http: Http;
  readonly tokens: Tokens;
}

/** A job is short, so that other jobs of its lane get their turn, and so does a shutdown. */
const JOB_MS = 5000;
const MAX_BREAKDOWNS = 3;
/** How often a worker may die or break down at one page or batch. Then the run fails, since the next worker would die too. */
const MAX_DEATHS = 3;
/** A page that was requested so often without success has failed by then. */
const MAX_ASKED = 3;

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
  const job = { source, rowsAhead: createRowsAhead(deps) };
  for (let run: HeldRun | undefined = await dropHalfDone(held, deps); run; ) {
    const next: HeldRun | undefined = await goOn(run, job, deps);
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

interface Job {
  readonly source: Source;
  readonly rowsAhead: RowsAhead;
}

/** @returns undefined if this job ends here */
function goOn(run: HeldRun, job: Job, deps: Syncing): Promise<HeldRun | undefined> {
  switch (run.phase) {
    case 'reading':
      return readPage(run, job.source, deps);
    case 'comparing':
      return compare(run, deps);
    case 'importing':
      return importSome(run, { rowsAhead: job.rowsAhead, hasTime: job.source.hasTime }, deps);
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
      const opened = pages ?? (await openPages(run, deps));
      if (!('code' in opened)) pages = opened;
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
    const error = redactedError(outcome.error, pages.reader);
    return afterFailedPage(run, { ...outcome, error }, deps);
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

/** Deletes rows that a crash left of an unfinished page or comparison. */
async function dropHalfDone(begun: HeldRun, deps: Syncing): Promise<HeldRun> {
  if (begun.phase !== 'reading' && begun.phase !== 'comparing') return begun;
  let run = begun;
  for (let dropped = 1; dropped > 0; ) {
    [run, dropped] = await whileOurs(run, deps, async (tx, ours) => [
      await tx.syncRuns.save(ours),
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
    return tx.syncRuns.save(ours);
  });
}
