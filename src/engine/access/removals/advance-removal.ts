/**
 * Moves a removal one step on, without network access. It stops grants in flight. It revokes and checks each account that isn't
 * proven gone, with that account's facts. It closes the removal when all accounts are proven gone.
 */
import { readExplained } from '../../../core/explained.ts';
import { plural, t } from '../../../core/translate.ts';
import { provisionOf } from '../../integrations/manifest-of.ts';
import type { ProvisionManifest } from '../../manifest/schema.ts';
import { type Actor, type Integration, isManual } from '../../people/directory.ts';
import { hadBefore } from '../../people/exchanged-address.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import { hasReadableFacts, unreadFactsWords } from '../../people/stored-values.ts';
import type { Transaction, UnitOfWork } from '../../ports/unit-of-work.ts';
import type { Run } from '../../runs/run.ts';
import { stopRun } from '../../runs/stop-run.ts';
import { endTask, openRevokeTask } from '../../tasks/manual.ts';
import type { Task } from '../../tasks/task.ts';
import { type Account, hasReadableNames } from '../account.ts';
import { sayTheirs } from '../account-keys.ts';
import {
  doubtedAddresses,
  earlierAddresses,
  NEVER,
  namingVariables,
  sayDoubt,
  sayTaken,
  takenAddresses,
  takenBy,
} from '../accounts.ts';
import { startRevoke } from '../grant.ts';
import { isHealthy } from '../health.ts';
import { foundBy, justGranted } from '../just-granted.ts';
import { checkSomeoneElse, queueCheck } from '../queue-check.ts';
import {
  accountsOf,
  answerBy,
  type ByManifest,
  endedHold,
  goneSince,
  isAskable,
  lastWriteOf,
  type RemovalContext,
  type Shared,
  standingOf,
  UNPROVEN_MS,
  withShared,
} from './accounts-to-remove.ts';
import {
  hasLostName,
  looksForName,
  noRevoke,
  sayLostName,
  whyRevokeFailed,
} from './failed-revoke.ts';
import {
  factsOf,
  type GoneRemoval,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type OpenRemovalState,
  type Proof,
  rechecked,
} from './removal.ts';
import { auditRemoval, closeAsGone, invalidateRemoval } from './removals.ts';
import { withRevokeNote } from './revoke-note.ts';
import { wakeRemoval } from './wake-removal.ts';

export interface RemovalDeps {
  readonly transact: UnitOfWork;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A run or a check wakes the removal when it ends; this is for a wake-up that was lost. */
const LOOK_AGAIN_MS = 2 * MINUTE_MS;
/** While a task is open; its end wakes the removal, too. */
const TASK_MS = DAY_MS;
/** The backoff between tries; the last value repeats. */
const PAUSES_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS);
/** Apps list an account for some minutes after a revoke: checks come so long after it, before another revoke. */
const LAG_MS = [1, 5, 15].map((minutes) => minutes * MINUTE_MS);
/** An older answer is checked again before another revoke: the access may be gone by now. */
const FRESH_MS = 10 * MINUTE_MS;
/** How often admins are notified of a removal that stays stuck. */
const TELL_AGAIN_MS = 7 * DAY_MS;

const SYSTEM: Actor = { kind: 'system' };

export const advanceRemoval = (removalId: string, deps: RemovalDeps): Promise<void> =>
  deps.transact((tx) => advance(tx, removalId));

async function advance(tx: Transaction, removalId: string): Promise<void> {
  const found = await tx.removals.find(removalId);
  if (!found) return;
  const person = await tx.people.hold(found.personId);
  const integration = await tx.integrations.hold(found.integrationId, 'shared');
  const removal = await tx.removals.find(removalId); // Read again, now that the person is locked.
  if (!person || !integration || !removal) return;
  const now = tx.now;
  if (removal.state === 'gone') return askOnceMore(tx, removal);
  if (!isOpenRemoval(removal)) return;
  const accounts = await tx.accounts.openAt(person.id, integration.id);
  if (isPaused(removal, now)) {
    const proof = await revokedMeanwhile(tx, { removal, integration, accounts });
    if (proof) await closeAsGone(tx, removal, { proof, canAsk: false, actor: SYSTEM });
    else await wakeRemoval(tx, removal, { dueAt: removal.pausedUntil ?? now });
    return;
  }
  if (!isManual(integration) && !hasReadableFacts(person)) {
    const dueAt = new Date(now.getTime() + DAY_MS);
    return goOn(tx, removal, { kind: 'open', state: 'stuck', why: unreadFactsWords(), dueAt });
  }
  if (!isManual(integration) && !accounts.every(hasReadableNames)) {
    const why = t`What is stored about an account of this person can't be read, so Latchkey can't look for it. The operator of Latchkey can restore it (see Troubleshooting).`;
    const dueAt = new Date(now.getTime() + DAY_MS);
    return goOn(tx, removal, { kind: 'open', state: 'stuck', why, dueAt });
  }
  const taken = await takenAddresses(tx, accounts, person);
  const exchanged = await hadBefore(tx, person, now);
  const about = { removal, person, integration, now, taken, exchanged };
  const current = await takeDone(tx, about);
  const next = await nextOf(tx, { ...about, removal: current });
  if (next.kind === 'gone') {
    await closeAsGone(tx, current, { proof: next.proof, canAsk: next.canAsk, actor: SYSTEM });
    return;
  }
  await goOn(tx, current, next);
}

/**
 * While it is paused, no revoke begins. One that had begun may have ended all of it since, at an app that can't be checked: then
 * nothing is left to keep.
 */
async function revokedMeanwhile(
  tx: Transaction,
  {
    removal,
    integration,
    accounts,
  }: Pick<RemovalContext, 'removal' | 'integration'> & { readonly accounts: readonly Account[] },
): Promise<Proof | undefined> {
  const manifest = await provisionOf(tx, integration);
  if (!manifest || manifest.exists || accounts.length === 0) return undefined;
  if (await tx.runs.unfinished(removal.personId, integration.id)) return undefined;
  const about = { removal, now: tx.now, okAt: undefined, canAsk: false };
  if (accounts.some((account) => standingOf(account, about) !== 'proven')) return undefined;
  const times = accounts.map(({ revokedAt = NEVER }) => revokedAt.getTime());
  return { kind: 'revoked', at: new Date(Math.max(...times)) };
}

/** Checks whether access that was proven gone has come back; `check-access.ts` judges the answer. */
async function askOnceMore(tx: Transaction, removal: GoneRemoval): Promise<void> {
  if (!removal.dueAt) return;
  if (removal.dueAt > tx.now) return wakeRemoval(tx, removal, { dueAt: removal.dueAt });
  await queueCheck(tx.queue, { personId: removal.personId, integrationId: removal.integrationId });
  const saved = rechecked(removal, tx.now);
  await tx.removals.save(saved);
  if (saved.dueAt) await wakeRemoval(tx, saved, { dueAt: saved.dueAt });
}

type Next =
  | { readonly kind: 'gone'; readonly proof: Proof; readonly canAsk: boolean }
  | {
      readonly kind: 'open';
      readonly state: OpenRemovalState;
      readonly dueAt: Date;
      readonly why?: string;
      readonly tries?: number;
      readonly retryAt?: Date;
      readonly runId?: string;
      readonly taskId?: string;
    };
type Open = Extract<Next, { kind: 'open' }>;

async function goOn(tx: Transaction, removal: OpenRemoval, open: Open): Promise<void> {
  const now = tx.now;
  const { why: _, ...facts } = factsOf(removal);
  const { kind: __, why, retryAt, ...rest } = open;
  const isTold =
    open.state === 'stuck' &&
    (removal.notifiedAt === undefined ||
      now.getTime() - removal.notifiedAt.getTime() >= TELL_AGAIN_MS);
  const saved = (await tx.removals.save({
    ...facts,
    ...rest,
    why,
    ...(retryAt && retryAt > now && { retryAt }),
    ...(isTold && { notifiedAt: now }),
  })) as OpenRemoval; // As it was just made.
  if (saved.state !== removal.state)
    await auditRemoval(tx, saved, { what: `removal.${saved.state}`, actor: SYSTEM });
  if (isTold)
    await tx.queue.push(
      'removal.notify',
      { removalId: saved.id, what: 'stuck' },
      { lane: 'background', key: `removal-stuck:${saved.id}` },
    );
  await wakeRemoval(tx, saved, { dueAt: saved.dueAt });
  await invalidateRemoval(tx, saved);
}

async function nextOf(tx: Transaction, about: RemovalContext): Promise<Next> {
  const { removal, person, integration, now } = about;
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const inFlight = await tx.runs.unfinished(person.id, integration.id);
  if (inFlight?.kind === 'execute') {
    const stopped = await stopRun(tx, inFlight.id, removal.causes[0]?.by ?? SYSTEM);
    if (stopped.kind === 'stopping')
      return { kind: 'open', state: 'waiting', dueAt: later(LOOK_AGAIN_MS) };
  }
  if (inFlight?.kind === 'revoke')
    return {
      kind: 'open',
      state: 'revoking',
      dueAt: later(LOOK_AGAIN_MS),
      runId: inFlight.id,
      retryAt: removal.retryAt,
    };

  const manifest = await provisionOf(tx, integration);
  const task = await taskOf(tx, removal);
  if (manifest) return nextByManifest(tx, { ...about, manifest }, task);
  const open = await tx.accounts.openAt(person.id, integration.id);
  if (removal.done && open.length === 0)
    return { kind: 'gone', proof: doneProof(removal.done), canAsk: false };
  if (task?.state === 'open')
    return { kind: 'open', state: 'by-hand', dueAt: later(TASK_MS), why: removal.why };
  const writtenAt = removal.done && lastWriteOf(open);
  if (writtenAt && writtenAt > now)
    return { kind: 'open', state: awaiting(removal), dueAt: writtenAt, why: mayArrive() };
  return byHand(tx, about, { why: whyByHand(integration) });
}

const taskOf = async (tx: Transaction, { taskId }: OpenRemoval): Promise<Task | undefined> =>
  taskId === undefined ? undefined : tx.tasks.find(taskId);

/**
 * Someone pressed Done. For an account that can't be checked, that is the proof. For the others it counts like a revoke. It
 * proves nothing of writes that came later or may still arrive.
 * @returns the removal without its task
 */
async function takeDone(tx: Transaction, about: RemovalContext): Promise<OpenRemoval> {
  const { removal, person, integration } = about;
  const task = await taskOf(tx, removal);
  if (task?.state !== 'done') return removal;
  const at = task.endedAt;
  const manifest = await provisionOf(tx, integration);
  const accounts = manifest
    ? await accountsOf(tx, { ...about, manifest })
    : await tx.accounts.openAt(person.id, integration.id);
  const known = manifest && (await withShared(tx, { ...about, manifest }, accounts));
  for (const account of accounts) {
    const isProven = !(known && isAskable(account, known)) && (account.writtenAt ?? NEVER) <= at;
    if (isProven) await tx.accounts.save({ ...account, goneAt: at });
    else if ((account.revokedAt ?? NEVER) < at)
      await tx.accounts.save({ ...account, revokedAt: at });
  }
  const { taskId: _, ...rest } = removal;
  const done = { at, byId: task.endedById };
  return (await tx.removals.save({ ...rest, done })) as OpenRemoval; // As it was just made.
}

const doneProof = (done: NonNullable<OpenRemoval['done']>): Proof => ({ kind: 'done', ...done });

async function nextByManifest(
  tx: Transaction,
  found: ByManifest,
  task: Task | undefined,
): Promise<Next> {
  const { removal, manifest, now } = found;
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const all = await accountsOf(tx, found);
  const about = await withShared(tx, found, all);
  if (all.length === 0) {
    const [last] = await goneSince(tx, removal, now);
    const proof: Proof =
      (removal.done && doneProof(removal.done)) ??
      (last?.goneAt ? { kind: 'look-up', at: last.goneAt } : { kind: 'nothing', at: now });
    return { kind: 'gone', proof, canAsk: last !== undefined && manifest.exists !== undefined };
  }
  const okAt = await tx.health.okAt(about.integration.id);
  const askable = (account: Account): boolean => isAskable(account, about);
  const canRevoke = manifest.revoke.length > 0;
  const standing = all.map((account) => ({
    account,
    at: standingOf(account, { ...about, okAt, canAsk: askable(account) }),
  }));
  const toRevoke = standing.flatMap(({ at, account }) => (at === 'to-revoke' ? [account] : []));
  const last = await lastRevokeOf(tx, about);
  const lostId = removal.done || !last ? undefined : await idOfLostName(tx, last, manifest);
  const isDoubted = standing.some(
    ({ account }) => account.id === lostId && account.answer?.byStatus,
  );
  if (standing.every(({ at }) => at === 'proven') && !isDoubted) {
    const isUntried = !last && !removal.done && looksForName(manifest);
    const unsure = isUntried ? all.find(isGoneByName) : undefined;
    if (unsure) return revoke(tx, about, unsure);
    const wasHeld = await endedHold(tx, removal);
    return proven(all, { done: removal.done, wasHeld }, askable);
  }
  if (task?.state === 'open') {
    const isLost = lostId !== undefined && toRevoke.every(({ id }) => id === lostId);
    const cured =
      canRevoke &&
      !isLost &&
      all.every((each) => isNameable(each, about)) &&
      !(last && (await wouldProveNothing(tx, last, about)));
    // The time keeps a manifest that only looks repaired from a loop of tasks and revokes.
    const isFresh = now.getTime() - task.createdAt.getTime() < FRESH_MS;
    if (!cured || isFresh) {
      // Someone may have removed it without pressing Done.
      const isAskedLately = ({ answer }: Account): boolean =>
        answer !== undefined && now.getTime() - answer.checkedAt.getTime() < TASK_MS;
      if (all.some((each) => askable(each) && !isAskedLately(each))) await check(tx, removal);
      const dueAt = later(cured ? FRESH_MS : TASK_MS);
      return { kind: 'open', state: 'by-hand', dueAt, why: removal.why };
    }
    await endTask(tx, task, { state: 'cancelled', actor: SYSTEM });
  }
  const foundAt = await lookedUpTooEarly(tx, removal);
  if (foundAt) return { kind: 'open', state: stay(removal), dueAt: foundAt, why: justGranted() };
  if (lostId !== undefined && toRevoke.every(({ id }) => id === lostId))
    return byHand(tx, about, { why: sayLostName(about.integration), whom: 'admin' });
  const inVain = await triedInVain(tx, removal, about.integration);
  if (inVain) {
    if (inVain.isByHand) return byHand(tx, about, { why: inVain.why, whom: 'admin' });
    const tries = removal.tries + 1;
    const retryAt = later(pauseAfter(tries));
    return { kind: 'open', state: 'stuck', dueAt: retryAt, tries, retryAt, why: inVain.why };
  }
  const [next] = await inTurn(tx, about, toRevoke);
  if (next) return revoke(tx, about, next);
  if (standing.some(({ at }) => at === 'to-ask')) return askAndWait(tx, about);
  const left = standing.find(({ at }) => at === 'there')?.account;
  if (!left)
    throw new Error('A removal has an account that is neither proven gone nor to be removed');
  return stillThere(tx, about, left);
}

/** Whether all facts are known that the revoke needs to name the account. */
const isNameable = (account: Account, about: Shared): boolean =>
  !about.shared.has(account.id) && namingOf(about, account).missing.length === 0;

/** The facts that the revoke needs and that aren't known, and who else may have the account under the address that names it. */
function namingOf(about: Shared, account: Account) {
  const doubted = doubtedAddresses(about.person, account, about);
  const variables = namingVariables(about.person, account, doubted);
  const missing = missingFacts(about.manifest, 'revoke', variables);
  return { missing, other: takenBy(account, doubted) };
}

/** Queues a check and waits for it. No answer in time counts as a try: a check may never end. */
async function askAndWait(tx: Transaction, { removal, now }: RemovalContext): Promise<Next> {
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const wasAsked = removal.state === 'checking' || removal.state === 'stuck';
  if (wasAsked && removal.dueAt > now)
    return { kind: 'open', state: removal.state, dueAt: removal.dueAt, why: removal.why };
  await check(tx, removal);
  if (!wasAsked)
    return { kind: 'open', state: 'checking', dueAt: later(LOOK_AGAIN_MS), why: removal.why };
  const tries = removal.tries + 1;
  const why = t`The app hasn't answered Latchkey's check yet.`;
  return { kind: 'open', state: 'stuck', dueAt: later(pauseAfter(tries)), tries, why };
}

/** Without a person among its causes, the check goes behind those of people who look at cards. */
const check = (tx: Transaction, { personId, integrationId, causes }: OpenRemoval): Promise<void> =>
  queueCheck(tx.queue, {
    personId,
    integrationId,
    lane: causes.every(({ by }) => by.kind === 'system') ? 'background' : 'interactive',
  });

const mayArrive = (): string =>
  t`Latchkey sent a grant and doesn't know yet whether it arrived. It checks again when the grant can no longer arrive.`;

/** A request without an answer counts as a grant in flight. */
const awaiting = ({ state }: OpenRemoval): OpenRemovalState =>
  state === 'stuck' ? 'stuck' : 'waiting';

/** A stuck removal stays stuck until an answer comes: it must not look as if it went well. */
const stay = ({ state }: OpenRemoval): OpenRemovalState =>
  state === 'stuck' ? 'stuck' : 'checking';

function proven(
  all: readonly Account[],
  { done, wasHeld }: { readonly done: OpenRemoval['done']; readonly wasHeld: boolean },
  askable: (account: Account) => boolean,
): Next {
  const times = all.map(({ answer, revokedAt }) =>
    answer?.state === 'none' ? answer.checkedAt : (revokedAt ?? new Date(0)),
  );
  const at = new Date(Math.max(...times.map((each) => each.getTime())));
  const byStatus = all.every(({ answer }) => answer?.state === 'none' && answer.byStatus);
  const isAsked = all.every(({ answer }) => answer?.state === 'none');
  const canAsk = all.some(askable);
  if (!isAsked && done && done.at >= at) return { kind: 'gone', proof: doneProof(done), canAsk };
  const kind = isAsked ? (byStatus && !canAsk ? 'look-up' : 'asked') : 'revoked';
  const wasThere =
    wasHeld || done !== undefined || all.some((each) => each.wasThere || each.writtenAt);
  const proof: Proof = { kind, at, ...(isAsked && !wasThere && { neverThere: true }) };
  return { kind: 'gone', proof, canAsk };
}

/** The last revoke found no one, so soon after the grant that this says nothing. @returns when the app finds what was granted */
async function lookedUpTooEarly(
  tx: Transaction,
  { runId }: OpenRemoval,
): Promise<Date | undefined> {
  const run = runId === undefined ? undefined : await tx.runs.find(runId);
  if (run?.state !== 'succeeded' || !run.foundGone || run.accountId === undefined) return undefined;
  const account = await tx.accounts.find(run.accountId);
  const foundAt = account && (await foundBy(tx, account));
  return foundAt && foundAt > tx.now ? foundAt : undefined;
}

/** Undefined where the manifest has changed since: a new one is tried anew. */
async function lastRevokeOf(
  { runs }: Pick<Transaction, 'runs'>,
  { removal: { runId }, integration }: RemovalContext,
): Promise<Run | undefined> {
  const run = runId === undefined ? undefined : await runs.find(runId);
  return run?.manifestVersionId === integration.manifestVersionId ? run : undefined;
}

const accountOf = async (
  { accounts }: Pick<Transaction, 'accounts'>,
  { accountId }: Run,
): Promise<Account | undefined> => (accountId === undefined ? undefined : accounts.find(accountId));

/** The account whose name no one has any more. */
async function idOfLostName(
  tx: Transaction,
  last: Run,
  manifest: ProvisionManifest,
): Promise<string | undefined> {
  const account = await accountOf(tx, last);
  return account?.wasThere && (await hasLostName(tx, last, manifest)) ? account.id : undefined;
}

/** The app answered 404, as it does for a name that is no one's. Only a revoke tells the two apart. */
const isGoneByName = ({ wasThere, answer }: Account): boolean =>
  wasThere === true && answer?.byStatus === true;

/** The last revoke proved nothing, and another one with the same token would prove no more. */
async function wouldProveNothing(
  tx: Transaction,
  last: Run,
  { integration, now }: RemovalContext,
): Promise<boolean> {
  if (last.state !== 'succeeded' || last.foundGone) return false;
  const account = await accountOf(tx, last);
  return account?.revokedAt === undefined && !(await isHealthy(tx, integration.id, now));
}

/** Why the last revoke failed or proved nothing. */
interface InVain {
  readonly why: string;
  /** Latchkey can't do it: a person has to. */
  readonly isByHand: boolean;
}

async function triedInVain(
  tx: Transaction,
  { state, runId }: OpenRemoval,
  integration: Integration,
): Promise<InVain | undefined> {
  const run = state === 'revoking' && runId !== undefined ? await tx.runs.find(runId) : undefined;
  const account = run?.accountId === undefined ? undefined : await tx.accounts.find(run.accountId);
  // It found nobody to revoke, so that another check is enough.
  if (run?.state === 'failed' && account?.revokedAt && account.revokedAt >= run.finishedAt)
    return undefined;
  if (run?.state === 'failed') {
    const { code, message } = run.error;
    const isByHand = code === 'fact-missing' || code === 'answers-missing';
    const why = isByHand ? message : await whyRevokeFailed(tx, run, integration);
    return { why, isByHand };
  }
  if (run?.state === 'succeeded' && !run.foundGone && account && !account.revokedAt)
    return { why: notProven(integration), isByHand: true };
  // With proof, the account would be closed by now.
  return run?.state === 'succeeded' && run.foundGone
    ? { why: unproven(), isByHand: false }
    : undefined;
}

const notProven = ({ name }: Integration): string =>
  t`The revoke ended without proof, and Latchkey can't check ${name}. Check there yourself, and press Done when the access is gone.`;

const unproven = (): string =>
  t`The app reports no such account, but its token may have lost its rights: no other answer has worked for a day.`;

/**
 * The accounts that Latchkey can revoke come first; among them the one that was tried last comes last. So an account that can't
 * be revoked doesn't block the others.
 */
async function inTurn(
  tx: Transaction,
  about: Shared,
  accounts: readonly Account[],
): Promise<readonly Account[]> {
  const { runId } = about.removal;
  const last = runId === undefined ? undefined : await tx.runs.find(runId);
  const rank = (account: Account): number =>
    (isNameable(account, about) ? 0 : 2) + (account.id === last?.accountId ? 1 : 0);
  return accounts.toSorted((a, b) => rank(a) - rank(b));
}

const pauseAfter = (tries: number): number =>
  PAUSES_MS[Math.min(tries, PAUSES_MS.length) - 1] ?? PAUSES_MS[0] ?? DAY_MS;

async function revoke(tx: Transaction, about: Shared, account: Account): Promise<Next> {
  const { removal, person, integration, manifest, now } = about;
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const canAsk = manifest.exists !== undefined;
  if (manifest.revoke.length === 0) {
    const isAsked = account.answer !== undefined && account.answer.checkedAt >= removal.beganAt;
    if (canAsk && !isAsked && removal.state === 'waiting') {
      await check(tx, removal);
      return { kind: 'open', state: 'checking', dueAt: later(LOOK_AGAIN_MS) };
    }
    return byHand(tx, about, { why: noRevoke(integration) });
  }
  if (about.shared.has(account.id))
    return byHand(tx, about, { why: sayShared(integration), whom: 'admin' });
  const { missing, other } = namingOf(about, account);
  if (missing.length > 0)
    return byHand(tx, about, {
      why: other ? sayDoubt(other, account) : isntKnown(missing.map(({ label }) => label)),
      whom: 'admin',
    });
  if (removal.retryAt && removal.retryAt > now)
    return {
      kind: 'open',
      state: 'stuck',
      dueAt: removal.retryAt,
      retryAt: removal.retryAt,
      why: removal.why,
    };
  // Someone may have removed it in the app since.
  const answeredAt = account.answer?.checkedAt.getTime() ?? 0;
  if (canAsk && removal.tries > 0 && now.getTime() - answeredAt > FRESH_MS) {
    await check(tx, removal);
    return { kind: 'open', state: 'stuck', dueAt: later(LOOK_AGAIN_MS), why: removal.why };
  }
  const actor = removal.causes.at(-1)?.by ?? SYSTEM;
  const started = await startRevoke(tx, {
    actor,
    person,
    integration,
    form: account.form,
    accountId: account.id,
  });
  if (started.kind === 'refused') return byHand(tx, about, { why: started.why, whom: 'admin' });
  return {
    kind: 'open',
    state: 'revoking',
    dueAt: later(LOOK_AGAIN_MS),
    runId: started.run.id,
    why: removal.tries > 0 ? removal.why : undefined,
  };
}

/** The account was revoked and checked, and is not proven gone. */
async function stillThere(tx: Transaction, about: ByManifest, account: Account): Promise<Next> {
  const { removal, integration, manifest, now } = about;
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const { writtenAt, revokedAt } = account;
  const answer = answerBy(account, now);
  if (writtenAt && writtenAt > now)
    return {
      kind: 'open',
      state: awaiting(removal),
      dueAt: writtenAt,
      why: mayArrive(),
    };
  const tries = removal.tries + 1;
  if (answer?.state === 'has' && revokedAt) {
    const since = now.getTime() - revokedAt.getTime();
    const isDone = removal.done?.at.getTime() === revokedAt.getTime();
    const wait = LAG_MS.find((ms) => ms > answer.checkedAt.getTime() - revokedAt.getTime());
    if (wait !== undefined) {
      if (since >= wait) await check(tx, removal);
      return {
        kind: 'open',
        state: stay(removal),
        dueAt: since >= wait ? later(LOOK_AGAIN_MS) : new Date(revokedAt.getTime() + wait),
        why: isDone
          ? t`It's marked as done, but ${integration.name} still shows the access. That may take some minutes; Latchkey checks again.`
          : t`The revoke worked, but ${integration.name} still shows the access. That may take some minutes; Latchkey checks again.`,
      };
    }
    const { revokedAt: _, ...again } = account;
    await tx.accounts.save(again);
    if (manifest.revoke.length === 0)
      return byHand(tx, about, {
        why: t`It was marked as done, but ${integration.name} still shows the access.`,
      });
    const retryAt = later(pauseAfter(tries));
    const why = t`The last revoke worked, but ${integration.name} still shows the access.`;
    return { kind: 'open', state: 'stuck', dueAt: retryAt, tries, retryAt, why };
  }
  // A status 404 or 410 that nothing confirms.
  const isUnproven = answer?.state === 'none';
  const why = isUnproven
    ? unproven()
    : answer && readExplained(answer.reason, { seesDetail: false });
  if (isUnproven) {
    await checkSomeoneElse(tx, {
      personId: removal.personId,
      integrationId: removal.integrationId,
    });
    if (now.getTime() - removal.beganAt.getTime() <= UNPROVEN_MS)
      return { kind: 'open', state: 'checking', dueAt: later(UNPROVEN_MS), why };
  }
  if (removal.retryAt === undefined || removal.retryAt <= now) {
    // Not confirmed: checked again, with backoff.
    const isFresh = answer !== undefined && now.getTime() - answer.checkedAt.getTime() < FRESH_MS;
    if (!isFresh) {
      await check(tx, removal);
      return { kind: 'open', state: 'stuck', dueAt: later(LOOK_AGAIN_MS), why };
    }
    const retryAt = later(pauseAfter(tries));
    return { kind: 'open', state: 'stuck', dueAt: retryAt, tries, retryAt, why };
  }
  return {
    kind: 'open',
    state: 'stuck',
    dueAt: removal.retryAt,
    retryAt: removal.retryAt,
    why: why ?? removal.why,
  };
}

const sayShared = ({ name }: Integration): string =>
  t`In ${name} someone else has the same account, so Latchkey removes nothing there. Check whose it is.`;

const isntKnown = (labels: readonly string[]): string =>
  plural(labels.length, {
    one: t`${labels.join(', ')} isn't known, so Latchkey can't tell which account is theirs.`,
    other: t`${labels.join(', ')} aren't known, so Latchkey can't tell which account is theirs.`,
  });

/** Undefined for a manual integration, which needs no reason. */
const whyByHand = (integration: Integration): string | undefined =>
  isManual(integration)
    ? undefined
    : t`Latchkey can't read the manifest of ${integration.name}. Remove it in ${integration.name} itself.`;

/** @param whom `admin`: only an admin can find out what is missing; `as-set`: the assignee of the settings */
async function byHand(
  tx: Transaction,
  {
    removal,
    person,
    integration,
    now,
    taken,
    shared = new Map(),
  }: RemovalContext & Partial<Shared>,
  { why, whom = 'as-set' }: { readonly why?: string; readonly whom?: 'admin' | 'as-set' },
): Promise<Next> {
  const { dueDate } = removal;
  const open = await tx.accounts.openAt(person.id, integration.id);
  const earlier = earlierAddresses(open, person);
  const looksFor = earlier.length > 0 ? t`Also look for ${earlier.join(', ')}.` : undefined;
  const theirs = [...shared.values()].map((other) => sayTheirs(other, integration.name));
  const warnings = [...[...taken.values()].map(sayTaken), ...theirs];
  const said = [removal.note ?? why, looksFor, ...warnings];
  const says = new Set(said.filter((each) => each !== undefined));
  const note = await withRevokeNote(
    tx,
    { person, integration },
    says.size > 0 ? [...says].join(' ') : undefined,
  );
  const actor = removal.causes.at(-1)?.by ?? SYSTEM;
  const task = await openRevokeTask(tx, { actor, person, integration, note, dueDate }, whom);
  return {
    kind: 'open',
    state: 'by-hand',
    dueAt: new Date(now.getTime() + TASK_MS),
    why,
    taskId: task.id,
  };
}
