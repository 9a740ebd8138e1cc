/**
 * Where Microsoft's local Teams client is. A clone has it as a package. An installed Latchkey, which most people install to
 * use and not to show, fetches it once with npm: the version and content that `teams-client/package-lock.json` names.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = '@microsoft/m365agentsplayground';
/** The installed package has it: see `scripts/pack.js`. */
const PROJECT = fileURLToPath(new URL('teams-client/', import.meta.url));

/** npm could not fetch the client. */
export class ClientNotFetched extends Error {
  readonly code = 'client-not-fetched';
  constructor(why: string) {
    super(
      `The demo needs Microsoft's local Teams client, and npm could not fetch ${PACKAGE}: ${why}\nLook at your network and at "npm config get registry", then run the demo again.`,
    );
    this.name = 'ClientNotFetched';
  }
}

/** @returns the package's folder @throws {ClientNotFetched} */
export async function teamsClientFolder(
  say: (sentence: string) => void = () => undefined,
): Promise<string> {
  const installed = packageBeside(import.meta.url);
  if (installed !== undefined) return installed;
  const project = await projectFolder();
  if (!hasClient(project)) {
    say(
      `Fetching Microsoft's local Teams client with npm, once, on Microsoft's terms (${PACKAGE}). It is kept in ${project}`,
    );
    await fetchInto(project);
  }
  return clientIn(project);
}

const clientIn = (project: string): string => join(project, 'node_modules', PACKAGE);
const hasClient = (project: string): boolean => existsSync(join(clientIn(project), 'package.json'));

function packageBeside(url: string): string | undefined {
  try {
    return dirname(createRequire(url).resolve(`${PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}

async function projectFolder(): Promise<string> {
  const file = join(PROJECT, 'package.json');
  if (!existsSync(file)) throw new ClientNotFetched('this is a clone; run "npm ci" in it');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version: string };
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(caches, 'latchkey', `teams-client-${version}`);
}

/** The folder appears whole or not at all. */
async function fetchInto(project: string): Promise<void> {
  await mkdir(dirname(project), { recursive: true });
  const draft = await mkdtemp(`${project}-`);
  try {
    await cp(PROJECT, draft, { recursive: true });
    // The registry of the folder that the demo was started in, which may have settings of its own.
    const { stdout } = await npm(['config', 'get', 'registry'], process.cwd());
    await npm(['ci', '--ignore-scripts', `--registry=${stdout.trim()}`], draft);
    await putInPlace(draft, project);
  } catch (error) {
    throw new ClientNotFetched(reasonOf(error));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Another demo may have put it there, or someone who cleaned the caches may have left a part of it. */
export async function putInPlace(draft: string, project: string): Promise<void> {
  try {
    await rename(draft, project);
  } catch {
    if (hasClient(project)) return;
    await rm(project, { recursive: true, force: true });
    await rename(draft, project);
  }
}

const npm = (args: readonly string[], cwd: string) =>
  promisify(execFile)('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    shell: process.platform === 'win32', // There npm is a script of the shell.
  });

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  return said || error.message;
}
