/** The app is asked about the accounts of a removal: before a revoke, and after it until they are proven gone. */
import { MINUTE_MS } from '../../../core/hours.ts';
import { readExplained } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Account } from '../account.ts';
import { checkSomeoneElse, queueCheck } from '../queue-check.ts';
import {
  answerBy,
  type ByManifest,
  type RemovalContext,
  UNPROVEN_MS,
} from './accounts-to-remove.ts';
import { byHand } from './by-hand.ts';
import { unproven } from './last-revoke.ts';
import {
  awaiting,
  FRESH_MS,
  LOOK_AGAIN_MS,
  mayArrive,
  type Next,
  pauseAfter,
  stay,
} from './next-state.ts';
import type { OpenRemoval } from './removal.ts';

/** Apps list an account for some minutes after a revoke: checks come so long after it, before another revoke. */
const LAG_MS = [1, 5, 15].map((minutes) => minutes * MINUTE_MS);

/** Without a person among its causes, the check goes behind those of people who look at cards. */
export const check = (
  tx: Transaction,
  { personId, integrationId, causes }: OpenRemoval,
): Promise<void> =>
  queueCheck(tx.queue, {
    personId,
    integrationId,
    lane: causes.every(({ by }) => by.kind === 'system') ? 'background' : 'interactive',
  });

/** Queues a check and waits for it. No answer in time counts as a try: a check may never end. */
export async function askAndWait(tx: Transaction, { removal, now }: RemovalContext): Promise<Next> {
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

/** The account was revoked and checked, and is not proven gone. */
export async function stillThere(
  tx: Transaction,
  about: ByManifest,
  account: Account,
): Promise<Next> {
  const { removal, now } = about;
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
    const { checkedAt } = answer;
    return shownAfterRevoke(tx, about, { account, revokedAt, checkedAt });
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

/** The app shows it although a revoke worked. It may lag; else it is revoked once more. */
async function shownAfterRevoke(
  tx: Transaction,
  about: ByManifest,
  {
    account,
    revokedAt,
    checkedAt,
  }: { readonly account: Account; readonly revokedAt: Date; readonly checkedAt: Date },
): Promise<Next> {
  const { removal, integration, manifest, now } = about;
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const tries = removal.tries + 1;
  const since = now.getTime() - revokedAt.getTime();
  const isDone = removal.done?.at.getTime() === revokedAt.getTime();
  const wait = LAG_MS.find((ms) => ms > checkedAt.getTime() - revokedAt.getTime());
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
