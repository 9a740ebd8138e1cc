import { setImmediate as afterIo } from 'node:timers/promises';

/** Lets everything that waits have its turn first, in the midst of long work. */
export const nextTurn = (): Promise<void> => afterIo();
