import { constants, getPriority, setPriority } from 'node:os';

const LOWEST = constants.priority.PRIORITY_LOW;

/**
 * Lowers the priority of this process, so that others go first where there is too little processor for all. Where nobody else
 * wants it, or where the system forbids it, nothing changes. On Linux it is that of the thread that runs JavaScript alone: SQLite's
 * keep theirs, so that a write lock is not held for longer.
 */
export function giveWay(): void {
  // It counts from the priority that the person who started Latchkey chose.
  const lowered = getPriority() + constants.priority.PRIORITY_BELOW_NORMAL;
  try {
    setPriority(Math.min(lowered, LOWEST));
  } catch {
    // A sandbox may forbid it.
  }
}
