/**
 * Carries out the guides of docs/guides in a copy of the checkout: `node scripts/guides.js`. A block whose first line names a file is
 * a step: `diff` changes what is there (lines that begin with a space have to be there, once), `json` adds keys to a file of texts,
 * and everything else is a new file. Then types, format and texts are checked and the tests that the guides add are run. Fails where
 * a page has fallen behind the code. `--quick` runs no tests, and checks the types of the steps' files, of what imports
 * these, and of the code that imports that. `npm run guides` checks all.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { argv, execPath, exit, stdout } from 'node:process';

const GUIDES = 'docs/guides';
const BLOCK = /^```(?<kind>\w+) (?<file>\S+)\n(?<text>[\s\S]*?)^```$/gm;
const IMPORT = /(?:from|import\() ?'(\.[^']+)'/g;
/** What the steps don't need, or must not change. */
const NOT_COPIED = ['node_modules', 'dist', 'release', '.git', 'images'];

/** A page that says something that is no longer so. */
class OutOfStep extends Error {}

const isQuick = argv.includes('--quick');
const root = resolve(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'latchkey-guides-'));
try {
  cpSync(root, copy, { recursive: true, filter: (path) => !NOT_COPIED.includes(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const files = readdirSync(join(root, GUIDES))
    .toSorted()
    .flatMap((guide) => carryOut(guide));
  const code = files.filter((file) => file.endsWith('.ts'));
  const tests = code.filter((file) => file.endsWith('.test.ts'));
  node('scripts/texts.js');
  node('scripts/texts.js', '--check');
  node('node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...code);
  if (isQuick) checkOnly(files);
  // Several threads each compile much again, and the tests have every core at work.
  node('node_modules/typescript/bin/tsc', '--noEmit', '--singleThreaded');
  if (!isQuick) node('node_modules/vitest/vitest.mjs', 'run', ...tests);
  stdout.write(`The guides can be followed: ${files.length} files.\n`);
} catch (error) {
  if (!(error instanceof OutOfStep)) throw error;
  stdout.write(`${error.message}\n`);
  exit(1);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** @returns the files that it adds or changes */
function carryOut(guide) {
  const steps = [...readFileSync(join(root, GUIDES, guide), 'utf8').matchAll(BLOCK)];
  if (steps.length === 0) throw new OutOfStep(`${guide} has no steps`);
  return steps.map(({ groups: { kind, file, text } }) => {
    const path = join(copy, file);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    writeFileSync(path, afterStep({ guide, kind, file, text, before }));
    return file;
  });
}

function afterStep({ guide, kind, file, text, before }) {
  const isNew = kind !== 'diff' && kind !== 'json';
  if (isNew !== (before === undefined))
    throw new OutOfStep(`${guide}: ${file} is ${isNew ? 'there already' : 'not there'}`);
  if (isNew) return text;
  if (kind === 'json') return JSON.stringify({ ...JSON.parse(before), ...JSON.parse(text) });
  return text.split(/^@@\n/m).reduce((whole, hunk) => {
    const lines = hunk.split('\n').slice(0, -1);
    const side = (sign) => {
      const kept = lines.filter((line) => line === '' || line.startsWith(' ') || line[0] === sign);
      return kept.map((line) => `${line.slice(1)}\n`).join('');
    };
    const parts = whole.split(side('-'));
    if (parts.length !== 2)
      throw new OutOfStep(`${guide}: ${file} has this ${parts.length - 1} times:\n${side('-')}`);
    return parts.join(side('+'));
  }, before);
}

/** Has the compiler read all others for their types alone, which is most of its work. */
function checkOnly(changed) {
  const sources = readdirSync(copy, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('node_modules'))
    .map((name) => {
      const text = readFileSync(join(copy, name), 'utf8');
      const imports = [...text.matchAll(IMPORT)].map(([, from]) => join(dirname(name), from));
      return { name, text, imports };
    });
  const importers = (of) =>
    sources.filter(({ imports }) => imports.some((each) => of.has(each))).map(({ name }) => name);
  const beside = importers(new Set(changed));
  const behind = importers(new Set(beside)).filter((name) => !name.startsWith('test'));
  const checked = new Set([...changed, ...beside, ...behind]);
  for (const { name, text } of sources)
    if (!checked.has(name) && !text.startsWith('#!'))
      writeFileSync(join(copy, name), `// @ts-nocheck\n${text}`);
}

function node(...args) {
  const {
    status,
    stdout: said,
    stderr,
  } = spawnSync(execPath, args, { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new OutOfStep(`${args.join(' ')}:\n${said}${stderr}`);
}
