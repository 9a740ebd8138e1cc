import type { Queue } from '../ports/jobs.ts';

/** Queues the job of a deletion: for the people after that one, or from the first. */
export const queueEmptying = (
  queue: Queue,
  integrationId: string,
  afterPersonId?: string,
): Promise<void> =>
  queue.push(
    'integration.empty',
    { integrationId, afterPersonId },
    { lane: 'background', key: `empty:${integrationId}:${afterPersonId ?? ''}` },
  );
