/** The next step of a removal at an app whose manifest is known: check, revoke, check again, or leave it to a person. */
import { readExplained } from '../../../core/explained.ts';
import { MINUTE_MS } from '../../../core/hours.ts';
import { plural, t } from '../../../core/translate.ts';
import type { Integration } from '../../people/directory.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { endTask } from '../../tasks/manual.ts';
import type { Task } from '../../tasks/task.ts';
import type { Account } from '../account.ts';
import { doubtedAddresses, namingVariables, sayDoubt, takenBy } from '../accounts.ts';
import { startRevoke } from '../grant.ts';
import { justGranted } from '../just-granted.ts';
import { checkSomeoneElse, queueCheck } from '../queue-check.ts';
import {
  accountsOf,
  answerBy,
  type ByManifest,
  endedHold,
  goneSince,
  isAskable,
  type RemovalContext,
  type Shared,
  standingOf,
  UNPROVEN_MS,
  withShared,
} from './accounts-to-remove.ts';
import { byHand, doneProof } from './by-hand.ts';
import { looksForName, noRevoke, sayLostName } from './failed-revoke.ts';
import {
  idOfLostName,
  lastRevokeOf,
  lookedUpTooEarly,
  triedInVain,
  unproven,
  wouldProveNothing,
} from './last-revoke.ts';
import {
  awaiting,
  FRESH_MS,
  LOOK_AGAIN_MS,
  mayArrive,
  type Next,
  pauseAfter,
  SYSTEM,
  stay,
  TASK_MS,
} from './next-state.ts';
import type { OpenRemoval, Proof } from './removal.ts';

/** Apps list an account for some minutes after a revoke: checks come so long after it, before another revoke. */
const LAG_MS = [1, 5, 15].map((minutes) => minutes * MINUTE_MS);

export async function nextByManifest(
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
