import type { Jobs, Queue } from '../ports/jobs.ts';

/**
 * Something has changed that open requests (`look-over-requests.ts`) and reviews stand on. Queued in the transaction of the
 * change itself; it stands apart, so that whoever changes something needs to know nothing of either.
 */
export const queueLookOver = (queue: Queue, changed: Jobs['requests.look-over']): Promise<void> =>
  queue.push('requests.look-over', changed, {
    lane: 'background',
    key: `look-over:${changed.personId ?? ''}:${changed.integrationId ?? ''}`,
  });
