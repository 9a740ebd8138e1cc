/** Queues a check. It is a file of its own, so that all code that changes access can use it. */

import type { Queue } from '../ports/jobs.ts';
import type { Lane } from '../work/lanes.ts';

/** Tries so far; `since` is the time of the first one, in milliseconds UTC. */
export interface CheckTries {
  readonly tries: number;
  readonly since: number;
}

/** At most one check per person and integration is queued. */
export const queueCheck = (
  queue: Queue,
  {
    personId,
    integrationId,
    dueAt,
    asked,
    lane = 'interactive',
  }: {
    readonly dueAt?: Date;
    readonly asked?: CheckTries;
    /** Left out: someone looks at the card. */
    readonly lane?: Lane;
    readonly personId: string;
    readonly integrationId: string;
  },
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId, asked },
    { lane, key: `check:${personId}:${integrationId}`, dueAt },
  );
