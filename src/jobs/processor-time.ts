/** How much of the processor a process got, where the system says so. */
import { readFileSync } from 'node:fs';

/** What `/proc` counts in: hundredths of a second, on every architecture that Node has. */
const TICK_MS = 10;

export interface ProcessorTime {
  /** Since its start, in milliseconds. */
  readonly ms: number;
  /** It works, or waits for its turn; and neither for something else, nor is it stopped. */
  readonly isRunnable: boolean;
}

/** Undefined where there is no `/proc`, as outside of Linux, and for a process that has ended. */
export function processorTimeOf(pid: number | undefined): ProcessorTime | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, which may have anything in it. See proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    isRunnable: fields[0] === 'R',
  };
}
