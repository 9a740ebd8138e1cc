import { constants, getPriority, setPriority } from 'node:os';

const LOWEST = constants.priority.PRIORITY_LOW;

/**
 * Lowers this process's priority, so that others go first where there is too little processor for all. Where nobody else wants
 * it, nothing changes.
 */
export function giveWay(): void {
  // It counts from the priority that whoever started Latchkey chose.
  const lowered = getPriority() + constants.priority.PRIORITY_BELOW_NORMAL;
  setPriority(Math.min(lowered, LOWEST));
}
