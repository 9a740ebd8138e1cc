/**
 * Starts Microsoft's local Teams client (a web page that plays Teams) for one person, on 127.0.0.1 only, with no
 * telemetry and without opening a browser. Two people at once are two clients on two ports.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { teamsClientFolder } from './teams-client-package.ts';

/** Someone in the made-up tenant. */
export interface TeamsPersona {
  /** The Entra object id. */
  readonly objectId: string;
  readonly givenName: string;
  readonly surname: string;
  readonly email: string;
}

export interface TeamsClientOptions {
  /** Who uses this client. */
  readonly persona: TeamsPersona;
  /** Others in the group chat and the team; at most five. */
  readonly others?: readonly TeamsPersona[];
  /** The bot's `…/api/messages`, with `?secret=…` where it wants one. */
  readonly endpoint: string;
  /** Left out: any free port. */
  readonly port?: number;
  /** The page begins without its log of activities. */
  readonly hidesLog?: boolean;
  /** Who serves the page's script instead. A browser compiles it once for all pages that have it from one address. */
  readonly scriptOrigin?: string | undefined;
}

export interface TeamsClient {
  /** The page. */
  readonly url: string;
  /** Ends the client and removes its files. */
  stop(): Promise<void>;
}

const LOCAL_TENANT = '00000000-0000-0000-0000-0000000000aa';
/** The client takes exactly so many beside the one who uses it. */
const OTHERS = 5;
/** It starts in a second or two; a slow machine gets time. */
const START_MS = 120_000;

/** Its own code is one file; what else it loads is small. */
const LARGE_CHARACTERS = 1_000_000;
/** Then it has started, and what it compiled for that is kept, too. */
const KEPT_AFTER_MS = 500;

/**
 * Runs in the client before its own code:
 * - It listens on every interface and has no option for it.
 * - A message that its page can't take, as an edit of a card that it forgot when it was opened again, makes it listen anew on
 *   another socket, and what still comes on the first one is lost. So all that it opens for the conversation is one socket,
 *   which the latest listener hears.
 * - Its page draws every card anew with each message, and forgets what someone has written in a form of one. So it keeps a card
 *   until its content is another one, and draws that from nothing: else a choice shows the options of the one that stood in its
 *   place before.
 * - Its page draws all messages anew with each one, several times, and gets slower with every card. So it draws a message again when
 *   that one changed.
 * - `SCRIPT_ORIGIN`: the page takes its script from there.
 * - `HIDE_LOG`: the page begins without its log panel, by a press of its own button.
 * - `CODE_CACHE`: what V8 made of its five megabytes is kept there, where that can be written. The next client starts in half the time.
 * - It ends with us: Node closes the channel when our process goes, however it goes.
 */
const PRELOAD = `data:text/javascript,${encodeURIComponent(String.raw`
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import Module from 'node:module';
import net from 'node:net';
import { dirname, join } from 'node:path';
import vm from 'node:vm';
const cache = process.env.CODE_CACHE;
const compile = Module.prototype._compile;
Module.prototype._compile = function (code, filename, ...rest) {
  if (code.length < ${LARGE_CHARACTERS}) return compile.call(this, code, filename, ...rest);
  const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
  const script = new vm.Script(Module.wrap(code), { filename, cachedData });
  const keep = () => {
    const draft = cache + '.' + process.pid;
    try {
      mkdirSync(dirname(cache), { recursive: true });
      writeFileSync(draft, script.createCachedData());
      renameSync(draft, cache);
    } catch {}
  };
  if (!cachedData || script.cachedDataRejected) setTimeout(keep, ${KEPT_AFTER_MS}).unref();
  const require = Module.createRequire(filename);
  return script.runInThisContext().call(this.exports, this.exports, require, this, filename, dirname(filename));
};
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === 'number' && typeof rest[0] !== 'string'
    ? listen.call(this, port, '127.0.0.1', ...rest)
    : listen.call(this, port, ...rest);
};
const script = (code) => '<script>(' + code + ')()</script>';
const client = (path) => readFileSync(join(dirname(process.argv[1]), 'dist/client', path), 'utf8');
const page = () =>
  client('index.html')
    .replace('src="/', () => 'src="' + (process.env.SCRIPT_ORIGIN ?? '') + '/')
    .replace('<head>', () => '<head>' + script(shareSocket) + (process.env.HIDE_LOG ? script(hideLog) : ''));
const shareSocket = () => {
  const Socket = window.WebSocket;
  let shared;
  let listeners;
  const open = (url) => {
    shared = new Socket(url);
    for (const type of ['close', 'error', 'message'])
      shared.addEventListener(type, (event) => listeners[type]?.(event));
  };
  window.WebSocket = function (url) {
    if (!url.includes('_ws_conversation')) return new Socket(url);
    if (!shared || shared.readyState > Socket.OPEN) open(url);
    listeners = {};
    return {
      addEventListener: (type, listener) => { listeners[type] = listener; },
      close: () => shared.close(),
    };
  };
};
const hideLog = () => {
  const observer = new MutationObserver(() => {
    const button = document.querySelector('[aria-label="Toggle Log Panel"], [title="Toggle Log Panel"]');
    if (!button) return;
    observer.disconnect();
    button.click();
  });
  observer.observe(document, { childList: true, subtree: true });
};
const SCRIPT = /^\/static\/js\/main\.\w+\.js$/;
const keepCards = (code) =>
  code.replace(
    /{const t=new (\w+);(e\.actionHandler&&\(t\.onExecuteAction=.{1,80}?const n=(\w+)\.useCallback.{1,800}?),e\.payload&&t\.parse\((.{1,900}?\{cardObject:t\})\)/s,
    '{const kept=$3.useRef({}).current,says=JSON.stringify(e.payload),isNew=kept.says!==says;' +
      'if(isNew)Object.assign(kept,{says,card:new $1});const t=kept.card;$2,isNew&&e.payload&&t.parse($4,says)',
  );
const keepMessages = (code) =>
  code.replace(
    /(\w+)\.useCallback\)(.{1,400}?e\.messages\.map\(\(t=>\(0,\w+\.jsx\)\()([\w$]+),/s,
    '$1.useCallback)$2$3.kept??=$1.memo($3),',
  );
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, response, ...rest) {
  const isPage = event === 'request' && request.url === '/';
  const isScript = event === 'request' && SCRIPT.test(request.url);
  if (!isPage && !isScript) return emit.call(this, event, request, response, ...rest);
  const [type, content] = isPage ? ['text/html', page()] : ['text/javascript', keepMessages(keepCards(client(request.url)))];
  response.writeHead(200, { 'content-type': type + '; charset=utf-8' });
  response.end(content);
  return true;
};
process.on('disconnect', () => process.exit(0));
`)}`;

/** @throws {Error} when the client doesn't start, or ends while starting. */
export async function startTeamsClient(options: TeamsClientOptions): Promise<TeamsClient> {
  const installed = await teamsClientFolder();
  const codeCache = await codeCacheOf(installed);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-teams-'));
  const config = join(folder, 'playground.yml');
  await writeFile(config, JSON.stringify(configOf(options))); // JSON is YAML.
  const child = spawn(
    process.execPath,
    [
      '--import',
      PRELOAD,
      join(installed, 'cli.js'),
      'start',
      '--disable-telemetry',
      '--channel-id=msteams',
      `--app-endpoint=${options.endpoint}`,
      `--port=${options.port ?? 0}`,
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        APPLICATION_INSIGHTS_NO_STATSBEAT: '1',
        TEAMSAPPTESTER_BROWSER: 'none',
        ...(options.scriptOrigin !== undefined && { SCRIPT_ORIGIN: options.scriptOrigin }),
        ...(options.hidesLog && { HIDE_LOG: '1' }),
        CODE_CACHE: codeCache,
        M365_AGENTS_PLAYGROUND_CONFIG_PATH: config,
        M365_AGENTS_PLAYGROUND_LOGFILE: join(folder, 'playground.log'),
      },
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    },
  );
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { url: `http://127.0.0.1:${await portOf(child)}/`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Beside the client's package. Of another version V8 would take what it compiled by its length. */
async function codeCacheOf(installed: string): Promise<string> {
  const about = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return join(installed, '../../.cache/latchkey', `teams-client-${about.version}.code`);
}

/** It says on which port it listens: another one than was asked for, where that is taken. */
async function portOf(child: ChildProcess): Promise<number> {
  const { stdout } = child;
  if (!stdout) throw new TypeError('The Teams client has no output');
  const timer = setTimeout(() => child.kill(), START_MS);
  try {
    for await (const line of createInterface({ input: stdout })) {
      const port = /^Listening on (\d+)$/.exec(line)?.[1];
      if (port === undefined) continue;
      stdout.resume();
      return Number(port);
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error('The Teams client ended, or took too long, before it listened');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function configOf({ persona, others = [] }: TeamsClientOptions) {
  const extras = Array.from({ length: OTHERS }, (_, index) => ({
    objectId: `00000000-0000-0000-0000-0000000000f${index}`,
    givenName: 'Colleague',
    surname: String(index + 1),
    email: `colleague${index + 1}@example.com`,
  }));
  const company = others.filter(({ objectId }) => objectId !== persona.objectId);
  return {
    version: '0.1.1',
    tenantId: LOCAL_TENANT,
    bot: { id: '28:latchkey-local', name: 'Latchkey' },
    currentUser: userOf(persona),
    users: [...company, ...extras].slice(0, OTHERS).map(userOf),
    personalChat: { id: `personal-${persona.objectId}` },
    groupChat: { id: 'group-chat', name: 'Group Chat' },
    team: {
      id: 'team-general',
      name: 'Company',
      aadGroupId: '00000000-0000-0000-0000-0000000000bb',
      channels: [{ id: 'channel-announcements', name: 'Announcements' }],
    },
  };
}

/** `id` is the object id, since this client finds members by `id` alone. */
const userOf = ({ objectId, givenName, surname, email }: TeamsPersona) => ({
  id: objectId,
  name: `${givenName} ${surname}`,
  userPrincipleName: email,
  aadObjectId: objectId,
  givenName,
  surname,
  email,
});
