import { dueOf, isOpen } from '../../../src/engine/work/lease.ts';

/** Whether a worker may take it now: it is due, or its lease has run out. */
export const isDue = (item: object, now: Date): boolean => isOpen(item) && dueOf(item) <= now;
