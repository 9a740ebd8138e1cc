/** Asking for a check. It stands apart, so that whatever changes an access can ask for one. */

import type { Queue } from '../ports/jobs.ts';
import type { Lane } from '../work/lanes.ts';

/** How often it was asked, and since when, in milliseconds UTC. */
export interface CheckTries {
  readonly tries: number;
  readonly since: number;
}

/** One check of one person at one integration waits at a time, however many cards ask for it. */
export const queueCheck = (
  queue: Queue,
  personId: string,
  integrationId: string,
  {
    dueAt,
    asked,
    lane = 'interactive',
  }: {
    readonly dueAt?: Date;
    readonly asked?: CheckTries | undefined;
    /** Left out: someone looks at the card. */
    readonly lane?: Lane;
  } = {},
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId, ...(asked && { asked }) },
    { lane, key: `check:${personId}:${integrationId}`, ...(dueAt && { dueAt }) },
  );
