import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { expect, test } from 'vitest';

const ROOT = resolve('src');
const TRANSLATE = resolve('src/core/translate.ts');
const THROWS =
  'export function t(parts) { throw new Error(`"${parts.join(\'{}\')}" is said while its module loads, when nobody reads`); } function saidLater(';

/** Modules as they stand, and find what lies beside them; but `t` throws. */
const throwingT: Plugin = {
  name: 'throwing-t',
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      const own = path === TRANSLATE ? text.replace('export function t(', THROWS) : text;
      return { contents: own.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** In a process of its own, since a module loads once; as a bundle, since that process takes no TypeScript. */
test('no text is made while a module loads', async () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && readFileSync(resolve(ROOT, name), 'utf8').includes(' t`'),
  );
  expect(files.length).toBeGreaterThan(100);
  const bundle = await build({
    stdin: {
      contents: files.map((name) => `import ${JSON.stringify(resolve(ROOT, name))};`).join('\n'),
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [throwingT],
  });
  const input = bundle.outputFiles[0]?.text ?? '';
  expect(input).toContain('is said while its module loads');
  const loaded = spawnSync(process.execPath, ['--input-type=module'], { input, encoding: 'utf8' });
  expect(loaded).toMatchObject({ status: 0, stderr: '' });
});
