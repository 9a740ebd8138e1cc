/** Queues a check. It is a file of its own, so that all code that changes access can use it. */
import type { Queue } from '../ports/jobs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Lane } from '../work/lanes.ts';

/** Tries so far; `since` is the time of the first one, in milliseconds UTC. */
export interface CheckTries {
  readonly tries: number;
  readonly since: number;
}

interface QueuedCheck {
  readonly personId: string;
  readonly integrationId: string;
  readonly dueAt?: Date;
  readonly asked?: CheckTries;
  /** Left out: someone looks at the card. */
  readonly lane?: Lane;
}

/** At most one check per person and integration is queued. */
export const queueCheck = (
  queue: Queue,
  { personId, integrationId, dueAt, asked, lane = 'interactive' }: QueuedCheck,
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId, asked },
    { lane, key: `check:${personId}:${integrationId}`, dueAt },
  );

/** Checks someone who has access: that answer shows whether the token still works, so that "no such account" counts. */
export async function checkSomeoneElse(
  tx: Transaction,
  { personId, integrationId, lane }: Pick<QueuedCheck, 'personId' | 'integrationId' | 'lane'>,
): Promise<void> {
  const other = await tx.access.askedLeastLately(integrationId, personId);
  if (other) await queueCheck(tx.queue, { personId: other.personId, integrationId, lane });
}
