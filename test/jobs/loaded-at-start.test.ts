import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

// A start reads only what it needs. The SDKs of what isn't configured, and what few use, load when they are needed.
// Needs the build.

test.each(['app/run.ts', 'jobs/worker-process.ts'])(
  '%s starts without the SDKs, and without what few use',
  (program) => {
    const packages = packagesOf(`src/${program}`);
    expect(packages).toContain('zod');
    const late =
      /^(@slack|botbuilder|botframework|fflate|graphile|marked|nodemailer|undici|yup|@opentelemetry\/(?!api))/;
    expect([...packages].filter((name) => late.test(name))).toEqual([]);
  },
);

test('the worker starts without what only main needs', () => {
  const packages = packagesOf('src/jobs/worker-process.ts');
  for (const name of ['bree', 'express', 'helmet', 'commander'])
    expect(packages).not.toContain(name);
});

test('the thread that watches over the worker has no library but that of ids', () => {
  expect([...packagesOf('src/jobs/worker.ts')]).toEqual(['uuid']);
});

test('the command line starts with no command loaded', () => {
  expect([...packagesOf('src/cli/program.ts')]).toEqual(['commander', 'lossless-json']);
});

test('no program loads the `punycode` of Node, of which newer ones warn at each start', () => {
  const loads = Object.values(bundled()).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(loads).toContain('node:path');
  expect(loads).not.toContain('punycode');
});

test('no file of a program needs two bytes for a character, for then V8 keeps all of it so', () => {
  const files = Object.keys(bundled());
  expect(files).toContain('dist/src/main.js');
  const isWide = (file: string): boolean => /[^\0-\xff]/.test(readFileSync(file, 'utf8'));
  expect(files.filter(isWide)).toEqual([]);
});

test.each(['src/main.ts', 'src/cli/latchkey.ts'])(
  '%s says which Node is too old before it loads what such a Node can not read',
  async (program) => {
    const [file, { imports }] = outputOf(program);
    const first = imports.filter(({ kind }) => kind === 'import-statement');
    const sources = first.flatMap(({ path }) => Object.keys(bundled()[path]?.inputs ?? {}));
    expect(sources).toEqual(['src/node-version.ts']);
    const old = 'Object.defineProperty(process.versions, "node", { value: "18.20.8" })';
    const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, file, '--version'];
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly engines: { readonly node: string };
    };
    await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({
      code: 78,
      stdout: '',
      stderr: `Latchkey needs Node.js ${engines.node.slice(2)} or newer, and ${process.execPath} is 18.20.8. Install a newer one, or start Latchkey with it\n`,
    });
  },
);

test.each([
  ['start', 78],
  ['status', 1],
])('"%s" ends with %i where the .env of its folder cannot be read', async (command, code) => {
  const data = await mkdtemp(join(tmpdir(), 'latchkey-'));
  onTestFinished(() => rm(data, { recursive: true }));
  await mkdir(join(data, '.env'));
  const args = ['dist/src/cli/latchkey.js', '--data', data, command];
  await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({ code });
});

test('"start" ends with 1 where npm could not get SQLite: a service tries it again', async () => {
  const data = await mkdtemp(join(tmpdir(), 'latchkey-'));
  onTestFinished(() => rm(data, { recursive: true }));
  await writeFile(join(data, 'npm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const withoutBinary =
    'import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; const { existsSync } = fs; fs.existsSync = (file) => !String(file).endsWith("node_sqlite3.node") && existsSync(file); syncBuiltinESMExports()';
  const hooked = ['--import', `data:text/javascript,${encodeURIComponent(withoutBinary)}`];
  const args = [...hooked, 'dist/src/cli/latchkey.js', '--data', data, 'start'];
  const env = { PATH: `${data}:${process.env['PATH'] ?? ''}` };
  const ended = promisify(execFile)(process.execPath, args, { env });
  await expect(ended).rejects.toMatchObject({ code: 1 });
  await expect(ended).rejects.toThrow('SQLite could not be built.');
});

interface Bundled {
  readonly entryPoint?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** The files of the programs, as esbuild tells them. */
function bundled(): Readonly<Record<string, Bundled>> {
  const { outputs } = JSON.parse(readFileSync('dist/programs.json', 'utf8')) as {
    readonly outputs: Readonly<Record<string, Bundled>>;
  };
  return outputs;
}

/** The file that begins with this source. */
function outputOf(source: string): readonly [file: string, Bundled] {
  const found = Object.entries(bundled()).find(([, { entryPoint }]) => entryPoint === source);
  if (!found) throw new RangeError(source);
  return found;
}

/** The packages in the file that begins with this source, and in the chunks that it imports before it begins. */
function packagesOf(source: string): ReadonlySet<string> {
  const outputs = bundled();
  const files = new Set([outputOf(source)[0]]); // It grows while we go through it.
  const found = new Set<string>();
  for (const file of files) {
    for (const input of Object.keys(outputs[file]?.inputs ?? {})) {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
      if (name !== undefined) found.add(name);
    }
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') files.add(path);
  }
  return new Set([...found].toSorted());
}
