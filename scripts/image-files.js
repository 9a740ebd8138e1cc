/**
 * For the image, after a build: leaves in `dist` the bundles and what they read, and writes the terms of the packages in them.
 * The compiler's own files are for tests and benches.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledPackages, noticesOf } from './bundled-packages.js';

const { outputs } = JSON.parse(readFileSync('dist/programs.json', 'utf8'));
const bundles = new Set([...Object.keys(outputs), 'dist/src/web/assets/editor.js']);

writeFileSync('THIRD-PARTY-NOTICES.md', noticesOf(bundledPackages()));
for (const name of readdirSync('dist', { recursive: true })) {
  const source = name.replace(/\.js(\.map)?$/, '.ts');
  const isCompiled = source !== name && existsSync(source);
  if (isCompiled && !bundles.has(join('dist', name))) rmSync(join('dist', name));
}
