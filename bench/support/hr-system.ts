/** `hr-api.ts` in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Served } from './slack-commands.ts';

export async function startHrSystem(): Promise<Served> {
  const child: ChildProcess = fork(new URL('hr-api.js', import.meta.url));
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }];
  return {
    url,
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
