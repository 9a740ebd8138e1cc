/** Worker processes as Bree's thread forks them, to be killed and replaced. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../../src/config/variables.ts';
import { newId } from '../../../src/core/ids.ts';
import { type Downward, upward } from '../../../src/jobs/messages.ts';

export interface Fleet {
  readonly pids: readonly number[];
  /** SIGKILL to one of them; resolves when another has begun to claim jobs in its place. */
  replace(index: number): Promise<void>;
  /** All are asked to end: they finish what is in flight. */
  stop(): Promise<void>;
}

interface Member {
  readonly process: ChildProcess;
  readonly workerId: string;
}

/** @param workerFile the compiled `src/jobs/worker-process.js` */
export async function startFleet(
  count: number,
  environment: Environment,
  workerFile: URL,
): Promise<Fleet> {
  const begin = async (replaces: readonly string[]): Promise<Member> => {
    const workerId = newId();
    const child = fork(workerFile, [JSON.stringify({ workerId, replaces })], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        if (upward.safeParse(message).data?.kind === 'ready') resolve();
      });
      child.once('exit', (code) => reject(new Error(`A worker ended before it began: ${code}`)));
    });
    return { process: child, workerId };
  };
  const members = await Promise.all(Array.from({ length: count }, () => begin([])));
  const end = async ({ process }: Member, how: (process: ChildProcess) => void): Promise<void> => {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const exit = once(process, 'exit');
    how(process);
    await exit;
  };
  const drain: Downward = { kind: 'drain' };
  return {
    get pids() {
      return members.flatMap(({ process }) => process.pid ?? []);
    },
    async replace(index) {
      const member = members[index];
      if (!member) throw new RangeError(`There is no worker ${index}`);
      await end(member, (process) => process.kill('SIGKILL'));
      members[index] = await begin([member.workerId]);
    },
    async stop() {
      await Promise.all(members.map((member) => end(member, (process) => process.send(drain))));
    },
  };
}
