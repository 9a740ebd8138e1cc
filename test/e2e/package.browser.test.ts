/**
 * The package that people install, in an empty folder. npm installs it without a registry, and so without SQLite, which is
 * linked from this clone afterwards, as is Microsoft's client: that both are fetched and built is not tried here.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startDemo } from '../support/browser/demo-process.ts';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9/';

const { PATH = '' } = process.env;
let path = PATH;
let folder: string;
let installed: string;
let packed: string;

const run = async (program: string, args: readonly string[], cwd: string): Promise<string> => {
  const env = {
    PATH: path,
    HOME: folder,
    TMPDIR: folder,
    npm_config_registry: NOWHERE,
    npm_config_fetch_retries: '0',
  };
  return (await promisify(execFile)(program, args, { cwd, env })).stdout;
};
const latchkey = (...args: readonly string[]) =>
  run(process.execPath, [join(packed, 'dist/src/cli/latchkey.js'), ...args], installed);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
  installed = join(folder, 'installed');
  packed = join(installed, 'node_modules/latchkey');
  mkdirSync(installed);
  await run(process.execPath, ['scripts/pack.js', folder], '.');
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const npmInstall = ['install', '--offline', '--omit=optional', '--no-audit', '--no-fund'];
  await run('npm', [...npmInstall, join(folder, tarball)], installed);
});

function link(name: string): void {
  const place = join(installed, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(resolve('node_modules', name), place);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npm installs nothing with it but SQLite', () => {
  const own = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as object;
  expect(own).not.toHaveProperty('dependencies');
  expect(own).not.toHaveProperty('scripts');
  expect(own).not.toHaveProperty('private');
  const { version } = JSON.parse(readFileSync('node_modules/sqlite3/package.json', 'utf8')) as {
    version: string;
  };
  expect(own).toHaveProperty('optionalDependencies', { sqlite3: version });
});

test('its documents link to nothing that is not in it', () => {
  const files = readdirSync(packed, { recursive: true, encoding: 'utf8' });
  const documents = files.filter((file) => /^(README|docs\/.+)\.md$/.test(file));
  expect(documents.length).toBeGreaterThan(20);
  const dead = documents.flatMap((file) => {
    const text = readFileSync(join(packed, file), 'utf8').replaceAll(/`[^`\n]*`/g, '');
    return [...text.matchAll(/\]\(([^)\s#]+)/g)]
      .flatMap(([, to = '']) => (/^[a-z]+:/.test(to) ? [] : [to]))
      .filter((to) => !files.includes(join(dirname(file), to)))
      .map((to) => `${file}: ${to}`);
  });
  expect(dead).toEqual([]);
});

test('it has the terms of what is in its programs', () => {
  const notices = readFileSync(join(packed, 'THIRD-PARTY-NOTICES.md'), 'utf8');
  for (const name of ['@slack/bolt', 'knex', '@codemirror/view'])
    expect(notices).toContain(`## ${name} `);
});

test.each([
  ['a command', ['migrate']],
  ['the demo, before it fetches anything,', ['demo']],
  ['init', ['--data', 'other', 'init', '--yes', '--admin', 'ada@example.com']],
])('without SQLite %s says what to install', async (_, args) => {
  const failed = await latchkey(...args).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 1 });
  const { stdout, stderr } = failed as { readonly stdout: string; readonly stderr: string };
  expect(stdout + stderr).toMatch(/SQLite(, which)? is not installed here/);
  expect(stdout + stderr).toContain('apt install python3 make g++');
  expect(stderr, 'a stack').not.toMatch(/^ +at /m);
  expect(existsSync(join(folder, '.cache'))).toBe(false);
});

test('where npm cannot build SQLite, a command says what to install, and what npm said', async () => {
  const sqlite = join(installed, 'node_modules/sqlite3');
  mkdirSync(sqlite); // As npm 12 leaves it, which runs no script of a dependency.
  cpSync('node_modules/sqlite3/package.json', join(sqlite, 'package.json'));
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const npm = '#!/bin/sh\necho "gyp ERR! find Python" >&2\nexit 1\n';
  writeFileSync(join(programs, 'npm'), npm, { mode: 0o755 });
  path = `${programs}:${PATH}`;
  onTestFinished(() => {
    path = PATH;
    rmSync(sqlite, { recursive: true });
  });
  const failed = await latchkey('migrate').catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 1 });
  const { stderr } = failed as { readonly stderr: string };
  expect(stderr).toContain('SQLite could not be built. Install Python 3, make and a C++ compiler');
  expect(stderr).toContain('gyp ERR! find Python');
  expect(stderr, 'a stack').not.toMatch(/^ +at /m);
});

test('without a registry the demo says that it lacks its client, and leaves no half of it', async () => {
  link('sqlite3');
  const failed = await latchkey('demo').catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed).toHaveProperty('stderr', expect.stringContaining('npm config get registry'));
  expect(readdirSync(join(folder, '.cache/latchkey'))).toEqual([]);
});

test('its command line says which version it is, and sets it up in the folder', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await latchkey('--version')).toBe(`${version}\n`);
  const said = await latchkey('init', '--yes', '--admin', 'ada@example.com');
  expect(said).toContain(`✓ Version: Latchkey ${version}`);
  expect(statSync(join(installed, '.env')).mode & 0o777).toBe(0o600);
});

test('its demo answers in chat, beside the log of its client where one wants that', async () => {
  link('@microsoft/m365agentsplayground');
  const demo = await startDemo(['demo', '--log'], join(packed, 'dist/src/cli/latchkey.js'));
  try {
    const admin = await demo.visit(0);
    await admin.page
      .getByText(/conversationUpdate \d+/)
      .first()
      .waitFor();
    await admin.send('access Ann');
    await admin.waitForText('Access of Ann Lee');
    expect((await admin.cards()).some((card) => card.includes('Fernboard'))).toBe(true);
  } finally {
    await demo.stop();
  }
});
