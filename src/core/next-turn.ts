import { setImmediate as afterIo } from 'node:timers/promises';

/** Long work awaits this to let everything that waits run first. */
export const nextTurn = (): Promise<void> => afterIo();
