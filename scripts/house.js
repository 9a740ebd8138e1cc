/**
 * Counts what makes the house easy or hard to live in: `node scripts/house.js [FOLDER]`, of the checkout that it stands in, or of
 * another one. The figures of two commits can be compared, since the formatter is the same.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { argv, chdir, stdout } from 'node:process';
import { parseSync } from 'oxc-parser';

/** More than these, and a caller has to look each of them up. */
const MAX_PARAMETERS = 3;

chdir(argv[2] ?? join(import.meta.dirname, '..'));
const files = filesIn('src');
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const programs = new Map([...sources].map(([file, text]) => [file, parseSync(file, text).program]));

const all = [...sources.values()].join('\n');
const circles = circlesOf(importsOfAll());
const rows = {
  'files of src': files.length,
  'lines of src': all.split('\n').length,
  // Words, numbers and signs: what a reader reads, however it is broken into lines.
  'tokens of src': (all.match(/\w+|[^\s\w]/g) ?? []).length,
  'largest folder, of src and of test': [largestIn(files), largestIn(filesIn('test'))].join('; '),
  [`functions of more than ${MAX_PARAMETERS} parameters`]: manyParameters(),
  'clocks that are handed on (now: Clock)': (all.match(/\bnow: Clock\b/g) ?? []).length,
  'makers of ids that are handed on (newId: NewId)': (all.match(/\bnewId: NewId\b/g) ?? []).length,
  'lines of the audit log with an id and a time by hand': (
    all.match(/\b(?:tx|stores)\.audit(?:Log)?\.add\(/g) ?? []
  ).length,
  'retries by hand (retryStale)': (all.match(/\bretryStale\(/g) ?? []).length,
  'files in circles of imports, types included': `${circles.flat().length} in ${circles.length}`,
};
for (const [what, value] of Object.entries(rows)) stdout.write(`| ${what} | ${value} |\n`);

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function largestIn(names) {
  const counts = new Map();
  for (const name of names) counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
  const [[folder, count]] = [...counts].toSorted(([, a], [, b]) => b - a);
  return `${folder} ${count}`;
}

function manyParameters() {
  let count = 0;
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    const { params } = node;
    if (params && /Function/.test(node.type) && (params.items ?? params).length > MAX_PARAMETERS)
      count += 1;
    for (const child of Object.values(node)) visit(child);
  };
  for (const program of programs.values()) visit(program);
  return count;
}

/** @returns by file, the files of ours that it imports, types too */
function importsOfAll() {
  return new Map(
    [...programs].map(([file, { body }]) => [
      file,
      body
        .map(({ source }) => source?.value)
        .filter((name) => name?.startsWith('.'))
        .map((name) => normalize(join(dirname(file), name)))
        .filter((name) => existsSync(name)),
    ]),
  );
}

/** Tarjan's strongly connected components, those of more than one file. */
function circlesOf(imports) {
  const numbers = new Map();
  const lows = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    numbers.set(file, numbers.size);
    lows.set(file, numbers.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!numbers.has(next)) {
        visit(next);
        lows.set(file, Math.min(lows.get(file), lows.get(next)));
      } else if (stack.includes(next)) lows.set(file, Math.min(lows.get(file), numbers.get(next)));
    }
    if (lows.get(file) !== numbers.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of imports.keys()) if (!numbers.has(file)) visit(file);
  return found;
}
