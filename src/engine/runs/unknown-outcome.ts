/** What a check says of a run whose outcome nobody knows: a write left, and no answer came. */
import type { Access } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, requestsBehind, runTopic } from '../work/topics.ts';
import type { Run, Step } from './run.ts';

/** An app may still be at work on a request whose answer never came; after so long it counts as ended. */
const SETTLES_MS = 15 * 60_000;

export type KnownOutcome =
  /** Nobody has asked since it was sent, or the answer doesn't count yet. */
  | { readonly kind: 'not-known'; readonly access?: Access }
  | { readonly kind: 'has' | 'none'; readonly access: Access };

/**
 * What the app itself said since the run sent its last request.
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
  // An account that is there after a grant stays there; every other answer may be overtaken by the request.
  const counts = isSettled || (kind === 'execute' && access.state === 'has');
  return counts && access.state !== 'unknown'
    ? { kind: access.state, access }
    : { kind: 'not-known', access };
}

/** Asked once more when the answer counts, so that "not yet" doesn't stay for ever. Beside the check that waits already. */
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

/** The cards of such runs show what the check said. */
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

/** Nobody follows the cards of more of them. */
const NEWEST = { offset: 0, limit: 20 };
