/**
 * Makes each program one file with chunks: a start then reads 20 files and not 1,800, and takes a third of the processor
 * time. It overwrites the compiler's files of the same names. What starts no process (demo, benches, tests) keeps those.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const PROGRAMS = [
  'src/main.ts',
  'src/cli/latchkey.ts',
  'src/jobs/worker.ts',
  'src/jobs/tick.ts',
  'src/jobs/worker-process.ts',
];
const CHUNKS = 'dist/src/chunks';

/** `import()` of a package in the older format gives a bundle no names: they are in `default`. */
const NAMES_OF_A_PACKAGE = /await import\('[^.'][^']*'\)(?!\)\.default)/;

/** A module that has moved into a bundle still finds the files that stood beside it: pages, texts, manifests. */
const ownModules = {
  name: 'own-modules',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (NAMES_OF_A_PACKAGE.test(text))
        return { errors: [{ text: `${path}: write (await import('package')).default` }] };
      const source = JSON.stringify(relative('.', path).replaceAll('\\', '/'));
      return { contents: text.replaceAll('import.meta.url', `URL_OF(${source})`), loader: 'ts' };
    });
  },
};

rmSync(CHUNKS, { recursive: true, force: true });
mkdirSync(CHUNKS);
const { outputFiles } = await build({
  entryPoints: PROGRAMS,
  outdir: 'dist/src',
  outbase: 'src',
  chunkNames: 'chunks/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // SQLite is native. The others are drivers of databases that Latchkey has not.
  external: [
    'sqlite3',
    'better-sqlite3',
    'mysql',
    'mysql2',
    'mariadb',
    'oracledb',
    'tedious',
    'pg-native',
    'pg-query-stream',
  ],
  // Packages in the older format call `require`.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [ownModules],
  write: false,
});
for (const { path, text } of outputFiles) {
  const here = dirname(path);
  const found = text.replaceAll(/URL_OF\("(.*?)"\)/g, (_, source) => {
    const to = relative(here, resolve('dist', source.replace(/\.ts$/, '.js')));
    return `new URL(${JSON.stringify(to)}, import.meta.url).href`;
  });
  writeFileSync(path, found);
}
