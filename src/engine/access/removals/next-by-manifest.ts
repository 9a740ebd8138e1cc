/** The next step of a removal at an app whose manifest is known: check, revoke, check again, or leave it to a person. */
import { SYSTEM } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { endTask } from '../../tasks/end-task.ts';
import type { Task } from '../../tasks/task.ts';
import type { Account } from '../account.ts';
import { justGranted } from '../just-granted.ts';
import {
  accountsOf,
  type ByManifest,
  endedHold,
  goneSince,
  isAskable,
  type Shared,
  standingOf,
  withShared,
} from './accounts-to-remove.ts';
import { byHand, doneProof } from './by-hand.ts';
import { askAndWait, check, stillThere } from './check-account.ts';
import { looksForName, sayLostName } from './failed-revoke.ts';
import {
  idOfLostName,
  lastRevokeOf,
  lookedUpTooEarly,
  triedInVain,
  wouldProveNothing,
} from './last-revoke.ts';
import { FRESH_MS, type Next, pauseAfter, stay, TASK_MS } from './next-state.ts';
import type { OpenRemoval, Proof } from './removal.ts';
import { isNameable, revokeAccount } from './revoke-account.ts';

export async function nextByManifest(
  tx: Transaction,
  found: ByManifest,
  task: Task | undefined,
): Promise<Next> {
  const { removal, manifest, now } = found;
  const all = await accountsOf(tx, found);
  const about = await withShared(tx, found, all);
  if (all.length === 0) return goneAlready(tx, found);
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
    if (unsure) return revokeAccount(tx, about, unsure);
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
      const dueAt = new Date(now.getTime() + (cured ? FRESH_MS : TASK_MS));
      return waitForTask(tx, { removal, dueAt, now }, all.filter(askable));
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
    return stuck(found, inVain.why);
  }
  const [next] = await inTurn(tx, about, toRevoke);
  if (next) return revokeAccount(tx, about, next);
  if (standing.some(({ at }) => at === 'to-ask')) return askAndWait(tx, about);
  const left = standing.find(({ at }) => at === 'there')?.account;
  if (!left)
    throw new Error('A removal has an account that is neither proven gone nor to be removed');
  return stillThere(tx, about, left);
}

/** Someone may have removed it without pressing Done, so the app is asked now and then. */
async function waitForTask(
  tx: Transaction,
  { removal, dueAt, now }: Pick<ByManifest, 'removal' | 'now'> & { readonly dueAt: Date },
  askable: readonly Account[],
): Promise<Next> {
  const isAskedLately = ({ answer }: Account): boolean =>
    answer !== undefined && now.getTime() - answer.checkedAt.getTime() < TASK_MS;
  if (!askable.every(isAskedLately)) await check(tx, removal);
  return { kind: 'open', state: 'by-hand', dueAt, why: removal.why };
}

function stuck({ removal, now }: ByManifest, why: string): Next {
  const tries = removal.tries + 1;
  const retryAt = new Date(now.getTime() + pauseAfter(tries));
  return { kind: 'open', state: 'stuck', dueAt: retryAt, tries, retryAt, why };
}

/** No account is left to remove. */
async function goneAlready(tx: Transaction, { removal, manifest, now }: ByManifest): Promise<Next> {
  const [last] = await goneSince(tx, removal, now);
  const proof: Proof =
    (removal.done && doneProof(removal.done)) ??
    (last?.goneAt ? { kind: 'look-up', at: last.goneAt } : { kind: 'nothing', at: now });
  return { kind: 'gone', proof, canAsk: last !== undefined && manifest.exists !== undefined };
}

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

/** The app answered 404, as it does for a name that is no one's. Only a revoke tells the two apart. */
const isGoneByName = ({ wasThere, answer }: Account): boolean =>
  wasThere === true && answer?.byStatus === true;

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
