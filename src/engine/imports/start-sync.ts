/** What admins do with syncs: start one, choose rows, import or cancel it, ignore people for good. */
import { t } from '../../core/translate.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { SyncManifest } from '../manifest/schema.ts';
import type { Actor, ChangedBy, Integration } from '../people/directory.ts';
import type { AuditNote, Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { invalidate, syncTopic } from '../work/topics.ts';
import { wakeSync } from './hold-sync.ts';
import { ownedBy } from './owned-fields.ts';
import {
  cancelSync,
  hasEnded,
  isHeldByNewer,
  newRound,
  noCounts,
  queueSync,
  type SyncAtWork,
  type SyncRun,
  skip,
} from './sync-run.ts';

export type StartedSync =
  | { readonly kind: 'started'; readonly run: SyncRun }
  /** A run of that integration is already running. */
  | { readonly kind: 'taken'; readonly run: SyncAtWork }
  /** A sentence for people: why, and the cure. */
  | { readonly kind: 'refused'; readonly why: string };

/** Undefined if the integration is no sync, or its manifest can't be read. */
export async function syncManifestOf(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<SyncManifest | undefined> {
  const manifest = await manifestOf(stores, integration);
  return manifest?.kind === 'sync' ? manifest : undefined;
}

/**
 * Starts a run for the worker.
 * @param wanted `preview`: an admin chooses from the new people. `scheduledFor`: the time of its schedule
 */
export async function startSync(
  tx: Transaction,
  integration: Integration,
  {
    actor,
    ...wanted
  }: { readonly mode: SyncRun['mode']; readonly scheduledFor?: Date } & ChangedBy,
): Promise<StartedSync> {
  // Held: turning it off stops its imports, and comes before or after this one.
  const current = await tx.integrations.hold(integration.id, 'shared');
  const manifest = current && (await syncManifestOf(tx, current));
  const why = refusal(current, manifest);
  if (why !== undefined || !current?.manifestVersionId || !manifest)
    return { kind: 'refused', why: why ?? '' };
  const run: SyncRun = {
    id: tx.newId(),
    version: 1,
    integrationId: current.id,
    manifestVersionId: current.manifestVersionId,
    action: manifest.action,
    // An update only changes stored values of people in the directory: there is nothing to choose.
    mode: manifest.action === 'update' ? 'import' : wanted.mode,
    startedBy: actor,
    scheduledFor: wanted.scheduledFor,
    createdAt: tx.now,
    phase: 'reading',
    pages: 0,
    counts: noCounts,
    warnings: [],
    tries: 0,
    owns: manifest.action === 'create' ? await ownedBy(tx, current) : [],
    importedUpTo: -1,
    unconnected: 0,
    connecting: newRound,
    failures: 0,
    state: 'queued',
    dueAt: tx.now,
  };
  if ((await tx.syncRuns.insert(run)) === 'taken') {
    const atWork = await tx.syncRuns.atWork(current.id);
    return atWork
      ? { kind: 'taken', run: atWork }
      : { kind: 'refused', why: t`An import from ${current.name} has just ended. Try again.` };
  }
  await wakeSync(tx, run, run.dueAt);
  if (!wanted.scheduledFor) await tx.audit('sync.started', about(run, actor, { mode: run.mode }));
  return { kind: 'started', run };
}

function refusal(
  integration: Integration | undefined,
  manifest: SyncManifest | undefined,
): string | undefined {
  if (!integration || integration.deletedAt) return t`The integration has been deleted.`;
  if (!integration.enabled)
    return t`${integration.name} is turned off. Turn it on again to import people from it.`;
  return manifest
    ? undefined
    : t`${integration.name} imports no one: its manifest isn't a sync. Choose another integration.`;
}

/**
 * For a run that is ready. `busy`: another run of the integration is running, so retry later. `over`: it isn't ready any more. `newer`:
 * only a newer version can take an OK for it.
 */
export async function importSync(
  tx: Transaction,
  run: SyncRun,
  deciding: ChangedBy,
): Promise<'importing' | 'busy' | 'over' | 'newer'> {
  const current = await tx.syncRuns.find(run.id);
  if (current?.state !== 'ready') return 'over';
  if (isHeldByNewer(current)) return 'newer';
  const integration = await tx.integrations.find(current.integrationId);
  if (!integration || integration.deletedAt) return 'over';
  if (await tx.syncRuns.atWork(current.integrationId)) return 'busy';
  const { actor } = deciding;
  const queued = await tx.syncRuns.save({
    ...queueSync(current, tx.now),
    phase: 'importing' as const,
    approvedBy: actor,
  });
  await wakeSync(tx, queued, queued.dueAt);
  await tx.audit('sync.approved', about(queued, deciding.actor, { fresh: queued.counts.fresh }));
  await invalidateSync(tx, queued);
  return 'importing';
}

/** Cancels a run. A running one stops at its next page or batch. @returns false if it had ended */
export async function endSync(
  tx: Transaction,
  run: SyncRun,
  deciding: ChangedBy,
): Promise<boolean> {
  const current = await tx.syncRuns.find(run.id);
  if (!current || hasEnded(current)) return false;
  await tx.syncRuns.save(cancelSync(current, deciding.actor, tx.now), null);
  await tx.audit('sync.cancelled', about(current, deciding.actor));
  await invalidateSync(tx, current);
  return true;
}

/** Rows that are chosen in one transaction: other writers wait some milliseconds. */
const CHOSEN_AT_ONCE = 2000;
/** Rows that are ignored in one transaction. */
const IGNORED_AT_ONCE = 250;

/** Chooses new people of a preview for the import: all, or those that a search finds. */
export async function chooseFound(
  {
    runId,
    search,
    chosen,
  }: { readonly runId: string; readonly search: string; readonly chosen: boolean },
  { stores, transact }: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const { counts } = (await stores.syncRuns.find(runId)) ?? { counts: noCounts };
  for (let from = 0; from < counts.rows; from += CHOSEN_AT_ONCE) {
    const isReady = await transact(async (tx) => {
      const current = await tx.syncRuns.find(runId);
      if (current?.state !== 'ready') return false;
      const below = from + CHOSEN_AT_ONCE;
      await tx.syncRows.chooseBetween(runId, { from, below, search }, chosen);
      const saved = await beforeImport(tx, current);
      if (below >= counts.rows) await invalidateSync(tx, saved);
      return true;
    });
    if (!isReady) return;
  }
}

/** Ignores the new people that a search finds, in all later syncs. @returns how many there were */
export async function ignoreFound(
  runId: string,
  search: string,
  {
    stores,
    transact,
    ...deciding
  }: ChangedBy & {
    readonly stores: Stores;
    readonly transact: UnitOfWork;
  },
): Promise<number> {
  for (let ignored = 0; ; ) {
    const page = { offset: 0, limit: IGNORED_AT_ONCE };
    const { rows } = await stores.syncRows.list(runId, { states: ['new'], search }, page);
    const emails = rows.flatMap(({ email }) => email ?? []);
    const run = await stores.syncRuns.find(runId);
    if (!run || emails.length === 0) return ignored;
    const some = await transact((tx) => ignoreForGood(tx, run, { ...deciding, emails }));
    if (some === 0) return ignored; // It is no longer ready.
    ignored += some;
  }
}

/** Chooses people of a preview for the import. @param emails at most 250, of new people or of people who left */
export async function chooseRows(
  tx: Transaction,
  run: SyncRun,
  { emails, chosen }: { readonly emails: readonly string[]; readonly chosen: boolean },
): Promise<void> {
  const current = await tx.syncRuns.find(run.id);
  if (current?.state !== 'ready') return;
  await tx.syncRows.choose(run.id, emails, chosen);
  await invalidateSync(tx, await beforeImport(tx, current));
}

/** Its version moves: an import that begins at the same moment reads what was chosen, or this is too late and changes nothing. */
const beforeImport = (tx: Transaction, ready: SyncRun): Promise<SyncRun> => tx.syncRuns.save(ready);

/**
 * Ignores these people in all later syncs. People in the directory stay.
 * @param emails at most 250 new people of a run that is ready @returns how many there were
 */
export async function ignoreForGood(
  tx: Transaction,
  run: SyncRun,
  { emails, ...deciding }: ChangedBy & { readonly emails: readonly string[] },
): Promise<number> {
  const current = await tx.syncRuns.find(run.id);
  if (current?.state !== 'ready') return 0;
  const { actor: by } = deciding;
  const count = await tx.syncRows.setState(run.id, emails, 'ignored');
  if (count === 0) return 0;
  await tx.ignoredEmails.addMany(emails.map((email) => ({ email, by, at: tx.now })));
  const { counts } = current;
  const saved = await tx.syncRuns.save({
    ...current,
    counts: {
      ...counts,
      fresh: counts.fresh - count,
      skipped: skip(counts.skipped, 'ignored', count),
    },
  });
  await tx.audit('sync.ignored', about(saved, deciding.actor, { people: count }));
  await invalidateSync(tx, saved);
  return count;
}

/** Syncs import that address again. */
export async function stopIgnoring(tx: Transaction, email: string, actor: Actor): Promise<void> {
  await tx.ignoredEmails.delete(email);
  await tx.audit('sync.unignored', { actor, detail: { email } });
}

const invalidateSync = (tx: Transaction, { id }: SyncRun): Promise<void> =>
  invalidate(tx, syncTopic(id));

const about = (
  { id, integrationId }: SyncRun,
  actor: Actor,
  detail: Readonly<Record<string, string | number>> = {},
): Omit<AuditNote, 'what'> => ({ actor, integrationId, detail: { syncId: id, ...detail } });
