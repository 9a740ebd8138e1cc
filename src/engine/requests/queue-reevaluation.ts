import type { Jobs, Queue } from '../ports/jobs.ts';

/**
 * Something has changed that open requests (`reevaluate-requests.ts`) and reviews stand on. Queued in the transaction of the
 * change itself; it stands apart, so that whoever changes something needs to know nothing of either.
 */
export const queueReevaluation = (
  queue: Queue,
  changed: Jobs['requests.re-evaluate'],
): Promise<void> =>
  queue.push('requests.re-evaluate', changed, {
    lane: 'background',
    key: `re-evaluate:${changed.personId ?? ''}:${changed.integrationId ?? ''}`,
  });
