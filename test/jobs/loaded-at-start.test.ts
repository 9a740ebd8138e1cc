import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// A start reads only what it needs. The SDKs of what isn't configured, and what few use, load when they are needed.
// Needs the build.

test.each(['main.js', 'jobs/worker-process.js'])(
  '%s starts without the SDKs, and without what few use',
  (program) => {
    const packages = packagesOf(join('dist/src', program));
    expect(packages).toContain('zod');
    const late =
      /^(@slack|botbuilder|botframework|fflate|graphile|nodemailer|undici|yup|@opentelemetry\/(?!api))/;
    expect([...packages].filter((name) => late.test(name))).toEqual([]);
  },
);

test('the worker starts without what only main needs', () => {
  const packages = packagesOf('dist/src/jobs/worker-process.js');
  for (const name of ['bree', 'express', 'helmet', 'commander'])
    expect(packages).not.toContain(name);
});

test('the thread that watches over the worker has no library but that of ids', () => {
  expect([...packagesOf('dist/src/jobs/worker.js')]).toEqual(['uuid']);
});

test('the command line starts with no command loaded', () => {
  expect([...packagesOf('dist/src/cli/latchkey.js')]).toEqual(['commander', 'lossless-json']);
});

test('no file of a program needs two bytes for a character, for then V8 keeps all of it so', () => {
  const files = Object.keys(bundled());
  expect(files).toContain('dist/src/main.js');
  const isWide = (file: string): boolean => /[^\0-\xff]/.test(readFileSync(file, 'utf8'));
  expect(files.filter(isWide)).toEqual([]);
});

interface Bundled {
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

/** The packages in a program's file and in the chunks that it imports before it begins. */
function packagesOf(program: string): ReadonlySet<string> {
  const outputs = bundled();
  const files = new Set([program]); // It grows while we go through it.
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
