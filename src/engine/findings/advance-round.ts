/**
 * Advances a round as far as one job can. Each page, and each batch of a phase, is stored with how far it is. So after a crash
 * another worker continues right there.
 */
import { t } from '../../core/translate.ts';
import { alone, BREAKDOWN_PAUSE_MS, brokeDown, stillHeld, type Worker } from '../work/leased.ts';
import { type HeldRound, isClosing, waitRound } from './account-round.ts';
import { compareBatch } from './compare-list.ts';
import {
  failRound,
  handOver,
  LostRound,
  PAUSE_MS,
  roundWork,
  takeRound,
  whileOurs,
} from './hold-round.ts';
import { openList, type ReadingRound, readPage } from './read-list.ts';

export interface Rounding extends ReadingRound, Pick<Worker, 'underWay'> {}

/** A job is short, so that other jobs of its lane get their turn, and so does a shutdown. */
const JOB_MS = 5000;
/** How often a worker may die or break down at one page or batch. */
const MAX_TRIES = 6;

/** Does nothing if the round isn't due, another worker holds it, or it has ended. */
export const advanceRound = (roundId: string, deps: Rounding): Promise<void> =>
  alone({ kind: roundWork, id: roundId }, deps, () => takeAndWork(roundId, deps));

async function takeAndWork(roundId: string, deps: Rounding): Promise<void> {
  const held = await takeRound(roundId, deps);
  if (!held) return;
  try {
    if (held.isLost) await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, lost()));
    else if (held.tries >= MAX_TRIES)
      await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, brokeDown()));
    else await work(held, deps);
  } catch (error) {
    if (error instanceof LostRound) return;
    await afterBreakdown(roundId, deps);
    throw error;
  }
}

const lost = () =>
  t`What is stored about this list is damaged, so it wasn't compared. Latchkey reads it again tonight.`;

/** Something broke in Latchkey, not at the app. If even this can't be stored, the lease expires. */
async function afterBreakdown(id: string, deps: Rounding): Promise<void> {
  await deps.transact(async (tx) => {
    const held = await stillHeld(tx, { kind: roundWork, id }, deps);
    if (!held) return;
    const dueAt = new Date(tx.now.getTime() + BREAKDOWN_PAUSE_MS);
    await handOver(tx, waitRound({ ...held, tries: held.tries + 1 }, dueAt), dueAt);
  });
}

async function work(held: HeldRound, deps: Rounding): Promise<void> {
  const until = deps.now().getTime() + JOB_MS;
  const hasTime = () => deps.now().getTime() < until;
  const listed = isClosing(held) ? undefined : await openList(held, deps);
  if (listed && !('pages' in listed)) {
    await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, listed.why));
    return;
  }
  for (let round: HeldRound | undefined = held; round; ) {
    const next: HeldRound | undefined =
      listed && round.phase === 'reading'
        ? await readPage(round, { ...listed, hasTime }, deps)
        : await compareBatch(round, listed?.accounts, deps);
    if (!next) return;
    if (!hasTime() && !listed?.pages.isAhead()) {
      await whileOurs(next, deps, (tx, ours) => handOver(tx, waitRound(ours, tx.now), tx.now));
      return;
    }
    round = next;
    await deps.pause(PAUSE_MS);
  }
}
