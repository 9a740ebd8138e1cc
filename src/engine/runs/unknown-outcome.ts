/** What a check says about a run whose outcome is unknown: a write was sent, and no answer came. */
import { MINUTE_MS } from '../../core/hours.ts';
import type { Access } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, requestsBehind, runTopic } from '../work/topics.ts';
import type { Run, Step } from './run.ts';

/** How long an app may still work on a request whose answer never came. */
const SETTLES_MS = 15 * MINUTE_MS;

export type KnownOutcome =
  /** No check has run after the request, or its answer doesn't count yet. */
  | { readonly kind: 'not-known'; readonly access?: Access }
  | { readonly kind: 'has' | 'none'; readonly access: Access };

/**
 * What the app said after the run sent its last request.
 * @param steps of the run's current attempt
 */
export function knownSince(
  { kind }: Pick<Run, 'kind'>,
  steps: readonly Step[],
  access: Access | undefined,
): KnownOutcome {
  const last = steps.at(-1);
  const sentAt = last && (last.finishedAt ?? last.startedAt);
  if (!access || !sentAt || access.checkedAt < sentAt) return { kind: 'not-known' };
  const isSettled = access.checkedAt.getTime() >= sentAt.getTime() + SETTLES_MS;
  // After a grant, an account that exists stays. The request may still change every other answer.
  const counts = isSettled || (kind === 'execute' && access.state === 'has');
  return counts && access.state !== 'unknown'
    ? { kind: access.state, access }
    : { kind: 'not-known', access };
}

/** Queues a second check for when its answer counts, so that "not confirmed" doesn't stay for ever. */
export const checkWhenSettled = (
  { queue }: Transaction,
  { id, personId, integrationId }: Run,
  now: Date,
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId },
    {
      lane: 'background',
      key: `settled:${id}`,
      dueAt: new Date(now.getTime() + SETTLES_MS),
    },
  );

/** The cards of these runs show the result of the check. */
export async function invalidateUnknownRuns(
  tx: Transaction,
  { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
): Promise<void> {
  const { runs } = await tx.runs.list(
    { concerning: { about: [personId] }, integrationId, outcome: 'unknown' },
    NEWEST,
  );
  for (const { id } of runs)
    await invalidate(
      tx,
      runTopic(id),
      ...(await requestsBehind(tx, { personId, integrationId }, { runId: id })),
    );
}

/** Nobody follows the cards of more runs than this. */
const NEWEST = { offset: 0, limit: 20 };
