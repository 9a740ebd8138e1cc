import { setTimeout as pause } from 'node:timers/promises';

/** Nobody waits for it. */
const BETWEEN_MS = 10;

/**
 * Resolves when this has come true. For what no event tells: a row that another process writes. Between two looks it gives way to
 * those it waits for: a loop without a pause takes one core of two.
 */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause(BETWEEN_MS);
}
