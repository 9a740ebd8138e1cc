/** `npm run demo` in a process of its own, whose output is kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Foundation, openFoundation } from '../../../src/app/foundation.ts';
import { readConfig } from '../../../src/config/config.ts';
import { demoPorts } from '../demo-ports.ts';
import { ok } from '../given/outcomes.ts';
import { teamsBrowser } from './teams-browser.ts';
import { visitTeamsClient } from './teams-clients.ts';
import type { TeamsPage } from './teams-page.ts';

export interface DemoProcess {
  readonly child: ChildProcess;
  /** Addresses that it printed, in order: of each person's Teams, then of others. */
  readonly urls: readonly string[];
  /** The Teams of its people, by their index among the addresses. It ends with the demo. */
  visit(index: number): Promise<TeamsPage>;
  /** Everything that it and its worker wrote, at level trace. */
  printed(): string;
  /** Resolves as soon as that was printed. Rejects when the process ends before. */
  untilPrinted(pattern: RegExp): Promise<void>;
  /** A line typed into its terminal. */
  type(line: string): void;
  /** Every file of the database, its write-ahead log included, by name. */
  databaseFiles(): Readonly<Record<string, string>>;
  /** A second way to the same database, as the command line opens it. It ends with the demo. */
  openFoundation(): Promise<Foundation>;
  /** What it has left behind in its folder for temporary files. */
  leftovers(): readonly string[];
  /** Ends it, if it still runs, and forgets its files. */
  stop(): Promise<void>;
}

/** What the shell in which it starts has for another Latchkey: no demo may touch it. */
export const SHELLS_DATABASE = 'sqlite:/dev/null/latchkey.sqlite';

/**
 * Needs the build. Resolves when it is ready to be used.
 * @param program another one that is the demo
 */
export async function startDemo(
  args: readonly string[] = [],
  program = 'dist/demo/demo.js',
): Promise<DemoProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: folder,
      LOG_LEVEL: 'trace',
      DATABASE_URL: SHELLS_DATABASE,
      DEMO_PORTS: await demoPorts(),
      DEMO_SCRIPT_ORIGIN: (await teamsBrowser()).scriptOrigin,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      child.emit('printed');
    });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The demo ended:\n${text}`);
  });
  ended.catch(() => undefined); // A test that waits for a line gets it.
  const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const database = () => files().filter((name) => /latchkey\.sqlite(-wal|-shm)?$/.test(name));

  const opened: { close(): Promise<void> }[] = [];

  const demo: DemoProcess = {
    child,
    get urls() {
      return text.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
    },
    async visit(index) {
      const page = await visitTeamsClient(`${demo.urls[index] ?? ''}/`);
      opened.push(page);
      return page;
    },
    printed: () => text,
    async untilPrinted(pattern) {
      while (!pattern.test(text)) await Promise.race([once(child, 'printed'), ended]);
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    databaseFiles: () =>
      Object.fromEntries(
        database().map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
      ),
    async openFoundation() {
      const file = database().find((name) => name.endsWith('sqlite')) ?? '';
      const read = ok(readConfig({ DATABASE_URL: `sqlite:${join(folder, file)}` }));
      const foundation = await openFoundation(read.config);
      opened.push(foundation);
      return foundation;
    },
    leftovers: () => files().filter((name) => name.startsWith('latchkey-demo-')),
    async stop() {
      for (const each of opened) await each.close();
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await demo.untilPrinted(/Ctrl-C stops it/);
  return demo;
}
