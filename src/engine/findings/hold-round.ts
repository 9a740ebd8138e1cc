/** A worker's lease on a round. A worker that has lost it stores nothing. */
import type { Integration } from '../people/directory.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { type Kind, takeable, type Worker, whileHeldOrLost } from '../work/leased.ts';
import { findingsTopic, invalidate } from '../work/topics.ts';
import {
  type AccountRound,
  endRound,
  type HeldRound,
  leaseRound,
  type OpenRound,
} from './account-round.ts';

export interface HoldingRound extends Pick<Worker, 'workerId'> {
  readonly transact: UnitOfWork;
}

/** Rows of one transaction, so that others can write. */
export const AT_ONCE = 250;
/** Between two transactions. */
export const PAUSE_MS = 5;

/** Thrown if another worker has taken the round, or a new one has replaced it. */
export class LostRound extends Error {
  readonly code = 'lost-round';
  constructor(id: string) {
    super(`The round ${id} is no longer this worker's`);
    this.name = 'LostRound';
  }
}

const wakeRound = (tx: Transaction, { id }: { readonly id: string }, dueAt: Date): Promise<void> =>
  tx.queue.push(
    'accounts.advance',
    { roundId: id },
    { lane: 'imports', dueAt, key: `accounts:${id}` },
  );

export const roundWork: Kind<AccountRound> = {
  store: ({ accountRounds }) => accountRounds,
  wake: wakeRound,
};

/**
 * @param acceptsAny whether a list is complete also where it is much shorter than the last complete one
 * @returns undefined where one is at work already
 */
export async function beginRound(
  tx: Transaction,
  { id: integrationId, manifestVersionId }: Integration,
  { acceptsAny }: { readonly acceptsAny?: true } = {},
): Promise<AccountRound | undefined> {
  if (manifestVersionId === undefined) return undefined;
  const before = await tx.accountRounds.at(integrationId);
  return begin(tx, {
    integrationId,
    manifestVersionId,
    phase: 'reading',
    completeAt: before?.completeAt,
    completeCount: before?.completeCount ?? 0,
    ...(acceptsAny && { acceptsAny }),
  });
}

/** The manifest lists no accounts any more, so what earlier rounds found can't be checked: this one closes it. */
export async function beginClosing(tx: Transaction, integrationId: string): Promise<void> {
  const before = await tx.accountRounds.at(integrationId);
  if (!before) return;
  const { manifestVersionId } = before;
  await begin(tx, { integrationId, manifestVersionId, phase: 'tidying', completeCount: 0 });
}

async function begin(
  tx: Transaction,
  of: Pick<
    AccountRound,
    'integrationId' | 'manifestVersionId' | 'phase' | 'completeAt' | 'completeCount' | 'acceptsAny'
  >,
): Promise<AccountRound | undefined> {
  const round: AccountRound = {
    ...of,
    id: tx.newId(),
    version: 1,
    startedAt: tx.now,
    after: '',
    pages: 0,
    listed: 0,
    skipped: 0,
    unreadable: 0,
    tries: 0,
    state: 'waiting',
    dueAt: tx.now,
  };
  if ((await tx.accountRounds.replace(round)) === 'taken') return undefined;
  await wakeRound(tx, round, tx.now);
  await invalidate(tx, findingsTopic);
  return round;
}

/** @returns undefined if there is nothing to do now */
export const takeRound = (id: string, deps: HoldingRound): Promise<HeldRound | undefined> =>
  deps.transact(async (tx) => {
    const found = await tx.accountRounds.find(id);
    const round = found && (await takeable(tx, { kind: roundWork, item: found }, deps));
    if (!round) return undefined;
    // The last worker died or was cut off, so this counts as one more try.
    const begun = round.state === 'running' ? { ...round, tries: round.tries + 1 } : round;
    return tx.accountRounds.save(leaseRound(begun, deps.workerId, tx.now));
  });

/** Does `work` in a transaction, with a new lease: see `whileHeldOrLost`. `work` saves the round. @throws {LostRound} */
export const whileOurs = <T>(
  known: HeldRound,
  deps: HoldingRound,
  work: (tx: Transaction, round: HeldRound) => Promise<T>,
): Promise<T> =>
  whileHeldOrLost({ kind: roundWork, known, lost: (id) => new LostRound(id) }, deps, (tx, held) =>
    work(tx, leaseRound(held, deps.workerId, tx.now)),
  );

/** It goes on later, in this worker or another one. */
export async function handOver(tx: Transaction, round: OpenRound, dueAt: Date): Promise<void> {
  await tx.accountRounds.save(round);
  await wakeRound(tx, round, dueAt);
}

/** @param why a sentence for people, redacted */
export async function failRound(tx: Transaction, round: AccountRound, why: string): Promise<void> {
  await tx.accountRounds.setCursor(round.id, undefined);
  await tx.accountRounds.save(endRound(round, { state: 'failed', why }, tx.now));
  await invalidate(tx, findingsTopic);
}

/** Its worker has died twice. */
export async function giveUpRound(tx: Transaction, id: string, why: string): Promise<void> {
  const round = await tx.accountRounds.find(id);
  if (round && !('finishedAt' in round)) await failRound(tx, round, why);
}
