/**
 * Keeps `src/texts/<language>/` in step with what the code says. `npm run texts` adds what is new with an empty
 * translation, to be written by hand, and drops what nobody says any more; `--check` changes nothing, names what is
 * missing, and fails then. A text of the code is a tagged template (say`Hello ${name}`), one of a page a section
 * ({{#say}}Hello{{/say}}).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { parseSync } from 'oxc-parser';

const LANGUAGES = ['de'];

/** @returns a line for everything that is still to be written by hand, and when checking for every file out of step */
function bringInStep(language, isCheck) {
  const folder = join('src/texts', language);
  const said = textsOf('src');
  const known = new Map(
    filesIn(folder, '.json').map((file) => [file, JSON.parse(readFileSync(file, 'utf8'))]),
  );
  const anywhere = Object.assign({}, ...known.values());
  const wanted = new Map(
    [...said].map(([file, sources]) => [
      join(folder, `${file}.json`),
      Object.fromEntries(
        sources.map((source) => [
          source,
          known.get(join(folder, `${file}.json`))?.[source] || anywhere[source] || '',
        ]),
      ),
    ]),
  );
  const lines = [...wanted].flatMap(([file, texts]) => [
    ...(isCheck && JSON.stringify(known.get(file)) !== JSON.stringify(texts)
      ? [`${file} is out of step`]
      : []),
    ...Object.entries(texts)
      .filter(([, text]) => text === '')
      .map(([source]) => `${file} lacks ${JSON.stringify(source)}`),
  ]);
  const gone = [...known.keys()].filter((file) => !wanted.has(file));
  if (isCheck) return [...lines, ...gone.map((file) => `${file} is of no code`)];
  for (const file of gone) rmSync(file);
  for (const [file, texts] of wanted) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(texts, null, 2)}\n`);
  }
  return lines;
}

/** What each file of the code says, by its path in `root` without its ending; files that say nothing are left out. */
function textsOf(root) {
  const all = [
    ...filesIn(root, '.ts').map((file) => [file, saidInCode(readFileSync(file, 'utf8'), file)]),
    ...filesIn(root, '.mustache').map((file) => [file, saidInPage(readFileSync(file, 'utf8'))]),
  ];
  return new Map(
    all
      .filter(([, sources]) => sources.length > 0)
      .map(([file, sources]) => [
        file.slice(root.length + 1).replace(/\.[a-z]+$/, ''),
        [...new Set(sources)],
      ]),
  );
}

function saidInCode(code, file) {
  if (!code.includes('say`')) return [];
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (node.type === 'TaggedTemplateExpression' && node.tag.name === 'say')
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
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted();
}

const isCheck = argv.includes('--check');
const wrong = LANGUAGES.flatMap((language) => bringInStep(language, isCheck));
stdout.write(wrong.map((line) => `${line}\n`).join(''));
if (isCheck && wrong.length > 0) {
  stdout.write('Run "npm run texts", and write what is missing into the files named above.\n');
  exit(1);
}
