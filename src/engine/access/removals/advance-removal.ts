/**
 * Moves a removal one step on, without network access. It stops grants in flight. It revokes and checks each account that isn't
 * proven gone, with that account's facts. It closes the removal when all accounts are proven gone.
 */
import { DAY_MS } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { provisionOf } from '../../integrations/manifest-of.ts';
import { type Integration, isManual, type Person, SYSTEM } from '../../people/directory.ts';
import { hadBefore } from '../../people/exchanged-address.ts';
import { hasReadableFacts, unreadFactsWords } from '../../people/stored-values.ts';
import type { Transaction, UnitOfWork } from '../../ports/unit-of-work.ts';
import { stopRun } from '../../runs/stop-run.ts';
import { type Account, hasReadableNames } from '../account.ts';
import { NEVER, takenAddresses } from '../accounts.ts';
import { queueCheck } from '../queue-check.ts';
import { lastWriteOf, type RemovalContext, standingOf } from './accounts-to-remove.ts';
import { byHand, doneProof, takeDone, taskOf } from './by-hand.ts';
import { nextByManifest } from './next-by-manifest.ts';
import { awaiting, LOOK_AGAIN_MS, mayArrive, type Next, type Open, TASK_MS } from './next-state.ts';
import {
  factsOf,
  type GoneRemoval,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Proof,
  rechecked,
} from './removal.ts';
import { auditRemoval, closeAsGone, invalidateRemoval } from './removals.ts';
import { wakeRemoval } from './wake-removal.ts';

export interface RemovalDeps {
  readonly transact: UnitOfWork;
}
/** How often admins are notified of a removal that stays stuck. */
const TELL_AGAIN_MS = 7 * DAY_MS;

export const advanceRemoval = (removalId: string, deps: RemovalDeps): Promise<void> =>
  deps.transact((tx) => advance(tx, removalId));

async function advance(tx: Transaction, removalId: string): Promise<void> {
  const found = await tx.removals.find(removalId);
  if (!found) return;
  const person = await tx.people.hold(found.personId);
  const integration = await tx.integrations.hold(found.integrationId, 'shared');
  const stored = await tx.removals.find(removalId); // Read again, now that the person is locked.
  if (!person || !integration || !stored) return;
  const now = tx.now;
  if (stored.state === 'gone') return askOnceMore(tx, stored);
  if (!isOpenRemoval(stored)) return;
  const removal = begunByNow(stored, now);
  const accounts = await tx.accounts.openAt(person.id, integration.id);
  if (isPaused(removal, now)) {
    const proof = await revokedMeanwhile(tx, { removal, integration, accounts });
    if (proof) await closeAsGone(tx, removal, { proof, canAsk: false, actor: SYSTEM });
    else await wakeRemoval(tx, removal, { dueAt: removal.pausedUntil ?? now });
    return;
  }
  const unreadable = isManual(integration) ? undefined : whyUnreadable(person, accounts);
  if (unreadable !== undefined) {
    const dueAt = new Date(now.getTime() + DAY_MS);
    return goOn(tx, removal, { kind: 'open', state: 'stuck', why: unreadable, dueAt });
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
 * A removal from the future began by a clock that was ahead. It began now: else every revoke would be one from before it, and Latchkey
 * would revoke again and again.
 */
const begunByNow = (removal: OpenRemoval, now: Date): OpenRemoval =>
  removal.beganAt > now ? { ...removal, beganAt: now } : removal;

/** Why Latchkey can't look for the accounts; undefined where it can. */
function whyUnreadable(person: Person, accounts: readonly Account[]): string | undefined {
  if (!hasReadableFacts(person)) return unreadFactsWords();
  if (!accounts.every(hasReadableNames))
    return t`What is stored about an account of this person can't be read, so Latchkey can't look for it. The operator of Latchkey can restore it (see Troubleshooting).`;
  return undefined;
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

/** Undefined for a manual integration, which needs no reason. */
const whyByHand = (integration: Integration): string | undefined =>
  isManual(integration)
    ? undefined
    : t`Latchkey can't read the manifest of ${integration.name}. Remove it in ${integration.name} itself.`;
