/** Several whole Latchkeys on one database, as behind a load balancer: killed and started again while people write to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../demo/free-port.ts';
import type { Environment } from '../../src/config/variables.ts';

export interface MainFleet {
  /** Calls `tell` with the addresses of those that say that they are ready, each time that they were asked. */
  watch(tell: (ready: readonly string[]) => void): void;
  /** SIGKILL, and a new one at the same address after a moment, as a service manager starts it. */
  kill(index: number): Promise<void>;
  /** Seconds of processor time that those who run now have used, by part. */
  processorSeconds(): Promise<Readonly<Record<'main' | 'worker', number>>>;
  stop(): Promise<void>;
}

const mainFile = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** How often the balancer asks who is ready. */
const LOOK_MS = 500;
/** systemd's pause before it starts a service again. */
const RESTART_MS = 2000;

export async function startMainFleet(count: number, environment: Environment): Promise<MainFleet> {
  const members: { readonly url: string; readonly port: number; child: ChildProcess }[] = [];
  const ready = new Set<string>();
  const watchers: ((ready: readonly string[]) => void)[] = [];
  const start = (port: number): ChildProcess =>
    spawn(process.execPath, [mainFile], {
      env: { PATH: process.env['PATH'], ...environment, PORT: String(port), HOST: '127.0.0.1' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  for (let n = 0; n < count; n += 1) {
    const port = await freePort(0);
    members.push({ url: `http://127.0.0.1:${port}`, port, child: start(port) });
  }

  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    for (; !stopped.signal.aborted; await sleep(LOOK_MS)) {
      await Promise.all(
        members.map(async ({ url }) => {
          const answer = await fetch(`${url}/readyz`).catch(() => undefined);
          if (answer?.ok) ready.add(url);
          else ready.delete(url);
        }),
      );
      for (const tell of watchers) tell([...ready]);
    }
  };
  const looking = look();
  while (ready.size < count) {
    const ended = members.find(({ child }) => child.exitCode !== null);
    if (ended) throw new Error(`A Latchkey ended with ${ended.child.exitCode} while it started`);
    await sleep(LOOK_MS);
  }

  return {
    watch(tell) {
      tell([...ready]);
      watchers.push(tell);
    },
    async kill(index) {
      const member = members[index];
      if (!member) throw new RangeError(`There is no process ${index}`);
      const exit = once(member.child, 'exit');
      member.child.kill('SIGKILL');
      await exit;
      await sleep(RESTART_MS);
      member.child = start(member.port);
    },
    async processorSeconds() {
      const pages = await Promise.all(
        members.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
      );
      const of = (part: string) =>
        pages
          .map((page) =>
            new RegExp(`^process_cpu_seconds_total\\{process="${part}"\\} (.+)$`, 'm').exec(page),
          )
          .reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
      return { main: of('main'), worker: of('worker') };
    },
    async stop() {
      stopped.abort();
      await looking;
      await Promise.all(
        members.map(async ({ child }) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exit = once(child, 'exit');
          child.kill('SIGTERM');
          await exit;
        }),
      );
    },
  };
}
