/**
 * The package as people get it: how large it is, how long npm takes for it in an empty folder, and how long it is from one
 * command to a chat: the demo, and a bot of one's own in a double of Slack. Needs npm's registry and a browser of the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { freePort } from '../demo/free-port.ts';
import { launchBrowser } from '../test/support/browser/launch.ts';
import { TeamsPage } from '../test/support/browser/teams-page.ts';
import { SlackDouble } from '../test/support/slack-double/slack-double.ts';
import type { Figure } from './support/figure.ts';
import { sizeOf } from './support/folder-size.ts';

const MB = 1_000_000;
const ADMIN = 'ada@example.com';
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** `npm run bench -- install [without-clone]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-install-'));
  try {
    const tarball = await pack(folder);
    const { size } = await stat(tarball);
    const withoutSqlite = await install(join(folder, 'lean'), [tarball, '--omit=optional']);
    const whole = await install(join(folder, 'whole'), [tarball]);
    const installed = join(folder, 'whole');
    const cache = join(folder, 'cache');
    const demo = [await demoToChat(installed, cache), await demoToChat(installed, cache)];
    const fetched = await sizeOf(cache);
    const bot = await initToBot(installed);
    return [
      { what: 'install: the package', value: inMb(size) },
      { what: 'install: npm install without SQLite, in an empty folder', value: withoutSqlite },
      { what: 'install: npm install with SQLite, in an empty folder', value: whole },
      { what: 'install: npx latchkey demo, until a card came in chat', value: inSeconds(demo[0]) },
      { what: 'install: the client that it fetched for that', value: inMb(fetched) },
      { what: 'install: npx latchkey demo, the second time', value: inSeconds(demo[1]) },
      {
        what: 'install: npx latchkey init and start, until the bot answered in Slack',
        value: inSeconds(bot),
      },
      ...(args.includes('without-clone') ? [] : await clones(folder)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const inMb = (bytes: number): string => `${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} MB`;
const inSeconds = (ms = Number.NaN): string => `${(ms / 1000).toFixed(1)} s`;

async function pack(folder: string): Promise<string> {
  await finished(process.execPath, ['scripts/pack.js', folder], '.');
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  return join(folder, name);
}

/** @returns in words */
async function install(folder: string, args: readonly string[]): Promise<string> {
  await mkdir(folder);
  const began = performance.now();
  await finished('npm', ['install', ...args, ...QUIET], folder);
  return installedIn(folder, performance.now() - began);
}

async function installedIn(folder: string, ms: number): Promise<string> {
  const packages = await packagesIn(join(folder, 'node_modules'));
  return `${inSeconds(ms)}, ${inMb(await sizeOf(folder))}, ${packages} packages`;
}

async function packagesIn(modules: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(modules).catch(() => [])) {
    if (name.startsWith('.')) continue;
    const inside = join(modules, name);
    count += name.startsWith('@')
      ? await packagesIn(inside)
      : 1 + (await packagesIn(join(inside, 'node_modules')));
  }
  return count;
}

/** What the packages of a clone take that runs and tests nothing, with and without Microsoft's SDK. */
async function clones(folder: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, omit] of [
    ['with', ['--omit=dev']],
    ['without', ['--omit=dev', '--omit=optional']],
  ] as const) {
    const clone = join(folder, name);
    await mkdir(clone);
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(file, join(clone, file));
    const began = performance.now();
    await finished('npm', ['ci', '--ignore-scripts', ...omit, ...QUIET], clone);
    const what = `install: packages of a clone ${name} botbuilder, nothing compiled`;
    figures.push({ what, value: await installedIn(clone, performance.now() - began) });
  }
  return figures;
}

/** Milliseconds from the command to a card in the admin's chat. */
async function demoToChat(installed: string, cache: string): Promise<number> {
  const server = await launchBrowser();
  const browser = await chromium.connect(server.wsEndpoint());
  const began = performance.now();
  const demo = new Program(['latchkey', 'demo', '--log'], installed, { XDG_CACHE_HOME: cache });
  try {
    const [url = ''] = await demo.says(/http:\/\/127\.0\.0\.1:\d+\/?(?= +as Ada)/);
    const admin = await TeamsPage.visit(browser, url);
    await admin.send('access Ann');
    await admin.waitForText('Fernboard');
    return performance.now() - began;
  } finally {
    await server.close();
    await demo.stop();
  }
}

/** Milliseconds from `init` to the answer to the first command. */
async function initToBot(installed: string): Promise<number> {
  const slack = await SlackDouble.start();
  const port = await freePort(0);
  slack.eventsUrl = `http://127.0.0.1:${port}/slack/events`;
  const environment = {
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    PORT: String(port),
  };
  const began = performance.now();
  let bot: Program | undefined;
  try {
    const options = ['--yes', '--chat', 'slack', '--admin', ADMIN];
    const atUrl = ['--public-url', 'https://latchkey.example.com'];
    await finished(
      'npx',
      ['latchkey', 'init', ...options, ...atUrl],
      installed,
      environment,
      [0, 1],
    );
    bot = new Program(['latchkey', 'start'], installed, environment);
    await bot.says(/Latchkey is up/);
    await slack.addUser('ada', { email: ADMIN }).command('help');
    await slack.message('What I can do');
    return performance.now() - began;
  } finally {
    await bot?.stop();
    await slack.stop();
  }
}

/** @param codes the exit codes that are good: the doctor of `init` finds no address that Slack could reach */
async function finished(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
  codes: readonly number[] = [0],
): Promise<void> {
  const child = spawn(command, args, {
    cwd,
    env: { ...ownEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      said += text.toString();
    });
  const [code] = (await once(child, 'close')) as [number];
  if (!codes.includes(code)) throw new Error(`${command} ${args.join(' ')}: ${code}\n${said}`);
}

/** Without what npm tells the scripts of the clone. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(package|lifecycle)_|npm_config_local_prefix|INIT_CWD)/.test(name),
    ),
  );

/** One that runs until it is stopped. */
class Program {
  readonly #child: ChildProcess;
  #said = '';

  constructor(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) {
    this.#child = spawn('npx', args, {
      cwd,
      env: { ...ownEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // With what it starts it is a group, which ends together.
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text: Buffer) => {
        this.#said += text.toString();
        this.#child.emit('said');
      });
  }

  /** @throws {Error} when it ends before */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#said);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error(`It ended:\n${this.#said}`);
      await Promise.race([once(this.#child, 'said'), once(this.#child, 'exit')]);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, 'exit');
    process.kill(-this.#child.pid, 'SIGTERM');
    await ended;
  }
}
