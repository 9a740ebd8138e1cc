/**
 * Keeps `src/texts/<language>.json` in step with what the code says. `npm run texts` adds what is new with an empty
 * translation, to be written by hand, and drops what nobody says any more; `--check` changes nothing, names what is
 * missing, and fails then. A text of the code is a tagged template (t`Hello ${name}`, or rich`…`), one of a page a section
 * ({{#say}}Hello{{/say}}).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { parseSync } from 'oxc-parser';

const LANGUAGES = ['de'];
/** `rich` says a sentence with bold names or code in it. */
const TAGS = new Set(['t', 'rich']);

/** @returns a line for everything that is still to be written by hand, and when checking where the file is out of step */
function bringInStep(language, isCheck) {
  const file = `src/texts/${language}.json`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const known = JSON.parse(before);
  const wanted = Object.fromEntries(textsOf('src').map((source) => [source, known[source] ?? '']));
  const lines = Object.keys(wanted)
    .filter((source) => wanted[source] === '')
    .map((source) => `${file} lacks ${JSON.stringify(source)}`);
  const after = `${JSON.stringify(wanted, null, 2)}\n`;
  if (isCheck) return before === after ? lines : [...lines, `${file} is out of step`];
  writeFileSync(file, after);
  return lines;
}

/** Everything that the code and the pages in `root` say, each once, in an order that doesn't change when files move. */
function textsOf(root) {
  const all = [
    ...filesIn(root, '.ts').map((file) => saidInCode(readFileSync(file, 'utf8'), file)),
    ...filesIn(root, '.mustache').map((file) => saidInPage(readFileSync(file, 'utf8'))),
  ];
  return [...new Set(all.flat())].toSorted((a, b) => (a < b ? -1 : 1));
}

function saidInCode(code, file) {
  if (!/\b(?:t|rich)`/.test(code)) return [];
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (node.type === 'TaggedTemplateExpression' && TAGS.has(node.tag.name))
      found.push(
        node.quasi.quasis
          .map(({ value }) => value.cooked)
          .reduce((text, part, index) => `${text}{${index - 1}}${part}`),
      );
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(file, code).program);
  return found;
}

function saidInPage(page) {
  return [...page.matchAll(/\{\{#say\}\}([\s\S]*?)\{\{\/say\}\}/g)].map(([, text]) =>
    text.replaceAll(/\s+/g, ' ').trim(),
  );
}

function filesIn(folder, ending) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted();
}

const isCheck = argv.includes('--check');
const wrong = LANGUAGES.flatMap((language) => bringInStep(language, isCheck));
stdout.write(wrong.map((line) => `${line}\n`).join(''));
if (isCheck && wrong.length > 0) {
  stdout.write('Run "npm run texts", and write what is missing into the file named above.\n');
  exit(1);
}
