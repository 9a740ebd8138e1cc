/** Latchkey as operators run it: the built `main.js` in a process of its own, whose log is kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../../../demo/free-port.ts';
import { type Foundation, openFoundation } from '../../../src/app/foundation.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { Environment } from '../../../src/config/variables.ts';
import { putMigrated } from './migrated-file.ts';

export interface MainProcess {
  readonly url: string;
  /** A second way to the same database, for looking and adding. */
  readonly foundation: Foundation;
  /** Everything that the main process and its worker process wrote, at level trace. */
  log(): string;
  /** Resolves with the log as soon as it has this in it. Rejects when the process ends before. */
  logged(pattern: RegExp): Promise<string>;
  /** Every file of the database, its write-ahead log included, by name. */
  databaseFiles(): Readonly<Record<string, string>>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Needs the build.
 * @param environmentAt for an empty folder and a port that is free
 * @param main of another build
 */
export async function startMainProcess(
  environmentAt: (at: { readonly folder: string; readonly port: number }) => Environment,
  main: string = resolve('dist/src/main.js'),
): Promise<MainProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-main-'));
  const port = await freePort(0);
  const file = join(folder, 'latchkey.sqlite');
  const variables: Environment = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: `sqlite:${file}`,
    ...environmentAt({ folder, port }),
    LOG_LEVEL: 'trace',
  };
  if (variables['DATABASE_URL'] === `sqlite:${file}`) putMigrated(file);
  const child = spawn(process.execPath, [main], {
    cwd: folder, // No `.env` of someone's.
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe'], // The worker process inherits them.
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      written += chunk.toString();
      child.emit('written');
    });
  const exit = once(child, 'exit').then(() => {
    throw new Error(`Latchkey ended:\n${written}`);
  });
  exit.catch(() => undefined); // A test that waits for a line gets it.
  const logged = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(written)) await Promise.race([once(child, 'written'), exit]);
    return written;
  };

  await logged(/Latchkey is up/);
  const config = readConfig(variables);
  if (!config.ok) throw new TypeError('Latchkey took a configuration that is wrong');
  const foundation = await openFoundation(config.config);
  return {
    url: `http://127.0.0.1:${port}`,
    foundation,
    log: () => written,
    logged,
    databaseFiles: () =>
      Object.fromEntries(
        readdirSync(folder)
          .filter((name) => !name.endsWith('.key'))
          .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
      ),
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'exit');
      if (child.exitCode === null) {
        child.kill(signal);
        await ended;
      }
      await foundation.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
