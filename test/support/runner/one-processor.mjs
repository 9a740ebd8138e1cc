/**
 * All threads of this worker stay on one processor from now on, and so do programs that it starts. Each statement of SQLite wakes a
 * thread, and a thread that wakes on another processor is dear (decision 116). Only Linux can be asked, by a program that nearly each
 * has.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { env, pid } from 'node:process';

try {
  const processors = allowed(readFileSync('/proc/self/status', 'utf8'));
  // Workers are counted from 1 on: neighbours stay on different ones.
  const own = processors[(Number(env.VITEST_POOL_ID) - 1) % processors.length];
  const args = ['--all-tasks', '--cpu-list', '--pid', `${own}`, `${pid}`];
  execFileSync('taskset', args, { stdio: 'ignore' });
} catch {
  // Then they go where the system likes. Nothing but the time depends on it.
}

/** @param status such as `Cpus_allowed_list:	0-2,5` */
function allowed(status) {
  const list = /^Cpus_allowed_list:\s*(?<ranges>\S+)/m.exec(status).groups.ranges;
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
