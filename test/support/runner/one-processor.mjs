import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pid } from 'node:process';

/**
 * All threads of this process stay on one processor, and so do programs that it starts. Each statement of SQLite wakes a thread, and
 * a thread that wakes on another processor is dear (decision 116). Only Linux can be asked, by a program that nearly each has.
 * @param worker its number, from 1 on: neighbours stay on different processors
 */
export function stayOnOneProcessor(worker) {
  try {
    const processors = allowed(readFileSync('/proc/self/status', 'utf8'));
    const own = processors[(worker - 1) % processors.length];
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `${own}`, `${pid}`], {
      stdio: 'ignore',
    });
  } catch {
    // Then they go where the system likes. Nothing but the time depends on it.
  }
}

/** @param status such as `Cpus_allowed_list:	0-2,5` */
function allowed(status) {
  const list = /^Cpus_allowed_list:\s*(?<ranges>\S+)/m.exec(status).groups.ranges;
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
