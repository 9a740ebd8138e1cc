import type { Jobs, Queue } from './ports.ts';

/**
 * Something has changed that open requests stand on (`look-over-requests.ts`). Queued in the transaction of the change
 * itself; it stands apart, so that whoever changes something needs to know nothing of requests.
 */
export const queueLookOver = (queue: Queue, changed: Jobs['requests.look-over']): Promise<void> =>
  queue.push('requests.look-over', changed, {
    lane: 'background',
    key: `look-over:${changed.personId ?? ''}:${changed.integrationId ?? ''}`,
  });
