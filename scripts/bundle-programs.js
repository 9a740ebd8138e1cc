/**
 * Makes each program one file with chunks: a start then reads 20 files and not 1,800, and takes a third of the processor
 * time. It overwrites the compiler's files of the same names. What starts no process (benches, tests) keeps those.
 * `dist/programs.json` says what is in them, for the package and its notices.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const PROGRAMS = [
  'src/main.ts',
  'src/cli/latchkey.ts',
  'src/jobs/worker.ts',
  'src/jobs/tick.ts',
  'src/jobs/worker-process.ts',
  'demo/demo.ts',
];
const CHUNKS = 'dist/src/chunks';

/** `import()` of a package in the older format gives a bundle no names: they are in `default`. */
const NAMES_OF_A_PACKAGE = /await import\('([^.'][^']*)'\)(?!\)\.default)/g;
const isInOlderFormat = (name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).type !== 'module';

/** Knex has them for databases that Latchkey hasn't. They are half of it. */
const OTHER_DIALECTS =
  /^\.\/(better-sqlite3|cockroachdb|mariadb|mssql|mysql2?|oracle(db)?|pgnative|redshift)$/;

/** What Bolt needs for a socket, and for installing an app by a link: each loads when it is first used. */
const LOADED_WHEN_USED = {
  in: /[\\/]@slack[\\/]bolt[\\/]dist[\\/].*\.js$/,
  call: /require\("@slack\/(?:oauth|socket-mode)"\)/g,
};

/**
 * `got` loads the first for HTTP/2, which is off: it makes a TLS context, which was a twelfth of a worker's start. Bree loads the
 * second to look at cron expressions, and gets none. `node-fetch` (of Teams' SDK) has the third for a Node without `URL`: from
 * Node 21 on it makes every start print a warning, since it loads Node's `punycode`.
 */
const NEVER_USED =
  /[\\/](http2-wrapper[\\/]source[\\/]index|cron-validate[\\/]lib[\\/]index|whatwg-url[\\/]lib[\\/]public-api)\.js$/;

/** A module that has moved into a bundle still finds the files that stood beside it: pages, texts, manifests. */
const ownModules = {
  name: 'own-modules',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /[\\/](src|demo)[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const named = Array.from(text.matchAll(NAMES_OF_A_PACKAGE), ([, name]) => name);
      if (named.some(isInOlderFormat))
        return { errors: [{ text: `${path}: write (await import('package')).default` }] };
      const source = JSON.stringify(relative('.', path).replaceAll('\\', '/'));
      const contents = text
        .replaceAll('import.meta.url', `URL_OF(${source})`)
        // As an object of its own, `z` keeps every language of zod in the bundle, which is half of it.
        .replace("import { z } from 'zod'", "import * as z from 'zod'");
      return { contents, loader: 'ts' };
    });
    onLoad({ filter: LOADED_WHEN_USED.in }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const lazy = (call) => `new Proxy({}, { get: (_, name) => ${call}[name] })`;
      return { contents: text.replaceAll(LOADED_WHEN_USED.call, lazy), loader: 'js' };
    });
    onLoad({ filter: NEVER_USED }, () => ({ contents: 'export default {};', loader: 'js' }));
    onResolve({ filter: OTHER_DIALECTS }, ({ path, importer }) =>
      /[\\/]knex[\\/]lib[\\/]dialects[\\/]index\.js$/.test(importer)
        ? { path, external: true }
        : null,
    );
  },
};

/** One character beyond Latin-1 in a file would make V8 keep all of it with two bytes a character. */
const inOneByte = (text) =>
  text.replaceAll(
    /[^\0-\xff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Teams' SDK is optional. Without it, Latchkey calls Teams directly. */
const missing = ['botbuilder'].filter((name) => !existsSync(`node_modules/${name}`));

rmSync(CHUNKS, { recursive: true, force: true });
mkdirSync(CHUNKS);
const { outputFiles, metafile } = await build({
  entryPoints: PROGRAMS,
  outdir: 'dist',
  outbase: '.',
  chunkNames: 'src/chunks/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // SQLite is native. The others are optional parts of `pg` and Knex, which are not installed.
  external: ['sqlite3', 'pg-native', 'pg-query-stream', ...missing],
  // Packages in the older format call `require`.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  legalComments: 'none',
  // V8 keeps the text of what it has loaded. Names stay, and lines are short, so that a stack still says where.
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
  plugins: [ownModules],
  write: false,
  metafile: true,
});
writeFileSync('dist/programs.json', JSON.stringify(metafile));
for (const { path, text } of outputFiles) {
  const here = dirname(path);
  // A line that is too long ends within a text, too.
  const found = text.replaceAll(/URL_OF\(\s*"([^"]*)"\s*\)/g, (_, broken) => {
    const source = broken.replace('\\\n', '');
    const to = relative(here, resolve('dist', source.replace(/\.ts$/, '.js')));
    return `new URL(${JSON.stringify(to)}, import.meta.url).href`;
  });
  writeFileSync(path, inOneByte(found));
}
