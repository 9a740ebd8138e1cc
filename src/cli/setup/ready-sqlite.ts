/**
 * SQLite's native part. npm gets it while it installs: a ready-made binary, or else compiled. npm 12 runs no install scripts
 * of dependencies unless the project allows them, so Latchkey asks npm for it when it first needs it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { platform } from 'node:process';
import { promisify } from 'node:util';
import { nodeHeaders, toCompileSqlite } from '../../store/sqlite-missing.ts';
import { CommandError } from '../command-error.ts';
import type { Output } from '../output.ts';

/** What a compiler says is long; its end says what was wrong. */
const SHOWN_LINES = 12;
const MAX_OUTPUT = 64 * 1024 ** 2;

/**
 * Does nothing where SQLite is ready, and where it isn't installed at all: then opening the database says what to do.
 * @throws {CommandError} when npm can't get it
 */
export async function readySqlite(output: Pick<Output, 'note'>): Promise<void> {
  const folder = sqliteFolder();
  if (folder === undefined || existsSync(join(folder, 'build/Release/node_sqlite3.node'))) return;
  output.note(
    'npm has not run the install script of sqlite3. Running it now, once: it gets SQLite ready-made or compiles it, which can take some minutes.',
  );
  try {
    await rebuild(dirname(dirname(folder)));
  } catch (error) {
    throw new CommandError(
      `SQLite could not be built. ${toCompileSqlite()}, and try again; or use PostgreSQL. npm said:\n${endOf(error)}`,
    );
  }
}

function sqliteFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('sqlite3/package.json'));
  } catch {
    return undefined;
  }
}

const headers = (): readonly string[] => {
  const root = nodeHeaders();
  return root === undefined ? [] : [`--nodedir=${root}`];
};

/** Through npm, since its settings say where Python and the proxy are. Older ones ignore the flag. */
const rebuild = (project: string) =>
  promisify(execFile)(
    'npm',
    ['rebuild', 'sqlite3', '--dangerously-allow-all-scripts', ...headers()],
    {
      cwd: project,
      maxBuffer: MAX_OUTPUT,
      shell: platform === 'win32', // There npm is a script of the shell.
    },
  );

function endOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return said.trim().split('\n').slice(-SHOWN_LINES).join('\n');
}
