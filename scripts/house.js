/**
 * Counts what makes the house easy or hard to live in: `node scripts/house.js [FOLDER…]`, of the checkout that it stands in, or of
 * others, each in a column. The figures of two commits can be compared, since the formatter is the same.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { argv, chdir, stdout } from 'node:process';
import { parseSync } from 'oxc-parser';

/** More than these, and a caller has to look each of them up. */
const MAX_PARAMETERS = 3;
/** What the code says in other languages. */
const TEXTS = /^src\/texts\//;

const folders = argv.slice(2).map((folder) => resolve(folder));
const counted = [];
for (const folder of folders.length > 0 ? folders : [join(import.meta.dirname, '..')])
  counted.push(figuresOf(folder));
for (const what of Object.keys(counted[0]))
  stdout.write(`| ${[what, ...counted.map((figures) => figures[what])].join(' | ')} |\n`);

function figuresOf(folder) {
  chdir(folder);
  const files = filesIn('src').filter((file) => !TEXTS.test(file));
  const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
  const programs = new Map(
    [...sources].map(([file, text]) => [file, parseSync(file, text).program]),
  );
  const nodes = [...programs.values()].flatMap(nodesOf);
  const all = [...sources.values()].join('');
  const timesOf = (pattern) => (all.match(pattern) ?? []).length;
  const circles = circlesOf(importsOfAll(programs));
  return {
    'files of src, without texts': files.length,
    'lines of src': timesOf(/\n/g),
    // Words, numbers and signs: what a reader reads, however it is broken into lines.
    'tokens of src': timesOf(/\w+|[^\s\w]/g),
    'largest folder, of src and of test': [largestIn(files), largestIn(filesIn('test'))].join('; '),
    [`functions of more than ${MAX_PARAMETERS} parameters`]: nodes.filter(hasManyParameters).length,
    'the same, of 1,000 functions': perThousand(nodes),
    'clocks that are handed on (now: Clock)': timesOf(/\bnow: Clock\b/g),
    'makers of ids that are handed on (newId: NewId)': timesOf(/\bnewId: NewId\b/g),
    'lines of the audit log with an id and a time by hand': timesOf(
      /\b(?:tx|stores)\.audit(?:Log)?\.add\(/g,
    ),
    'retries by hand (retryStale)': timesOf(/\bretryStale\(/g),
    'functions in capitals': nodes.filter(isFunctionInCapitals).length,
    'conditional spreads in objects': nodes.filter(isConditionalSpread).length,
    'files in circles of imports, types included': `${circles.flat().length} in ${circles.length}`,
  };
}

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

/** @returns it and all that it has inside */
function nodesOf(root) {
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.type === 'string') found.push(node);
    for (const child of Object.values(node)) visit(child);
  };
  visit(root);
  return found;
}

function isFunction({ type, params }) {
  return Boolean(params) && /Function/.test(type);
}

function hasManyParameters(node) {
  return isFunction(node) && (node.params.items ?? node.params).length > MAX_PARAMETERS;
}

function perThousand(nodes) {
  const functions = nodes.filter(isFunction);
  return ((functions.filter(hasManyParameters).length / functions.length) * 1000).toFixed(1);
}

function isFunctionInCapitals({ type, id, init }) {
  return (
    /^[A-Z][A-Z0-9_]+$/.test(id?.name ?? '') &&
    (type === 'FunctionDeclaration' || /Function/.test(init?.type ?? ''))
  );
}

/** `{ ...(days && { days }) }` */
function isConditionalSpread({ type, argument }) {
  if (type !== 'SpreadElement') return false;
  const { right, consequent, alternate } = argument.expression ?? argument;
  return [right, consequent, alternate].some((branch) => branch?.type === 'ObjectExpression');
}

/** @returns by file, the files of ours that it imports, types too */
function importsOfAll(programs) {
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
