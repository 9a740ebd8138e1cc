/** Node's hook for modules: compiles TypeScript when it is imported, and keeps what it has compiled beside the packages. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { transform, version } from 'esbuild';

/** A target that knows import attributes, which JSON needs. */
const OPTIONS = {
  loader: 'ts',
  format: 'esm',
  target: 'node20.19',
  sourcemap: 'inline',
  sourcesContent: false,
};
const KEPT = fileURLToPath(
  new URL('../../../node_modules/.cache/latchkey-tests/', import.meta.url),
);
mkdirSync(KEPT, { recursive: true });

export async function load(url, context, next) {
  const path = /^file:.*\.ts(?:\?|$)/.test(url) ? fileURLToPath(url) : '';
  if (path === '' || path.includes('node_modules')) return next(url, context);
  return { format: 'module', source: await compiled(path), shortCircuit: true };
}

/** One file is kept for each module. Its last line says what it was compiled from. */
async function compiled(path) {
  const typescript = readFileSync(path, 'utf8');
  const from = `\n//${digest(version, OPTIONS, path, typescript)}`;
  const file = join(KEPT, `${digest(path)}.js`);
  const kept = textOf(file);
  if (kept.endsWith(from)) return kept;
  const { code } = await transform(typescript, { ...OPTIONS, sourcefile: path });
  // Workers compile at the same time, and one may end while it writes.
  const draft = `${file}.${pid}`;
  writeFileSync(draft, code + from);
  renameSync(draft, file);
  return code + from;
}

const digest = (...facts) => createHash('sha256').update(JSON.stringify(facts)).digest('hex');

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Not compiled yet.
  }
}
