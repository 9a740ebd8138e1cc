/** What people read, in every language: complete, with the same gaps, and said only when someone reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { beforeAll, expect, test } from 'vitest';
import { languages } from '../src/core/translate.ts';

const others = languages.filter((language) => language !== 'en');

/** What is wrong in the code, which is read and parsed once. */
const inCode: Record<'atOnce' | 'glued' | 'plurals', string[]> = {
  atOnce: [],
  glued: [],
  plurals: [],
};
beforeAll(() => {
  for (const file of codeFiles()) {
    const code = readFileSync(join('src', file), 'utf8');
    const named = (check: Check) => check(code, file).map((text) => `${file}: ${text}`);
    inCode.atOnce.push(...named(saidAtOnceIn));
    inCode.glued.push(...named(gluedIn));
    inCode.plurals.push(...named(pluralsByHandIn));
  }
});

test.each(others)('%s fills the same gaps as English, and no others', (language) => {
  const gaps = (text: string) =>
    [...new Set(text.match(/\{\d+\}|\{\{[#^/]?[\w.]+\}\}|<\/?[a-z]+>/g) ?? [])].toSorted();
  const wrong = textsIn(language)
    .filter(([, text]) => text !== '')
    .filter(([source, text]) => gaps(source).join() !== gaps(text).join());
  expect(wrong).toEqual([]);
});

test.each(others)('%s says whole sentences or phrases, as English does', (language) => {
  expect(textsIn(language).filter(([, text]) => isPiece(text))).toEqual([]);
});

test('nothing is said while a module loads: nobody reads then', () => {
  expect(inCode.atOnce).toEqual([]);
});

test('what is said at once is found', () => {
  expect(saidAtOnceIn('const a = t`x`; const b = () => t`y`;', 'x.ts')).toEqual(['x']);
});

test('no sentence is glued together, since other languages order it differently', () => {
  expect(inCode.glued).toEqual([]);
});

test.each([
  ['a piece at the start', 't`, page ${page}`'],
  ['a piece at the end', "rich`Write ${code('help')} to `"],
  ['a sentence in a sentence', 't`It failed. ${again ? t`Try again.` : help()}`'],
  ['a word beside a name', '`${name} ${late ? t`is late` : t`is here`}`'],
  ['a word beside a word', '`today ${t`late`}`'],
  ['a sum', "t`late` + ' today'"],
  ['a list of words', "[t`very`, t`late`].join(' ')"],
  ['a text between others', 'names.join(t`or`)'],
])('%s is found', (_what, code) => {
  expect(gluedIn(code, 'x.ts')).toEqual([code]);
});

test.each([
  ['whole sentences in a row', '`${t`It failed.`} ${t`Try again.`}`'],
  ['a label and its value', '`${t`Open`}: ${name}`'],
  ['parts of a line', '`${t`Late`} · ${t`Mine`}`'],
  ["a name that isn't known", 't`${name ?? t`Someone`} has left.`'],
])('%s is not glued', (_what, code) => {
  expect(gluedIn(code, 'x.ts')).toEqual([]);
});

test('plurals follow the rules of each language: plural() chooses, not a comparison with one', () => {
  expect(inCode.plurals).toEqual([]);
});

test('a plural by hand is found', () => {
  const code = 'days === 1 ? t`1 day` : t`${days} days`';
  expect(pluralsByHandIn(code, 'x.ts')).toEqual([code]);
});

test('pages say nothing but what is translated', () => {
  expect(inPages(untranslatedIn)).toEqual([]);
});

test.each([
  ['a word between values', '<li>{{type}} to {{to}}</li>', 'to'],
  ['a name for screen readers', '<nav aria-label="Steps">{{#say}}One{{/say}}</nav>', 'Steps'],
])('%s is found', (_what, page, word) => {
  expect(untranslatedIn(page)).toEqual([word]);
});

function textsIn(language: string): [string, string][] {
  return Object.entries(textsOf(readFileSync(`src/texts/${language}.json`, 'utf8')));
}

const textsOf = (json: string) => JSON.parse(json) as Record<string, string>;

const codeFiles = (): string[] =>
  readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

const inPages = (check: (page: string) => string[]): string[] =>
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mustache'))
    .flatMap((name) =>
      check(readFileSync(join('src', name), 'utf8')).map((text) => `${name}: ${text}`),
    );

/** Words outside of {{#say}}, but our name. */
function untranslatedIn(page: string): string[] {
  const rest = page
    .replaceAll(/\{\{#say\}\}[\s\S]*?\{\{\/say\}\}/g, '')
    .replaceAll(/\{\{\{?[^}]*\}?\}\}/g, '');
  const labels = [...rest.matchAll(/ (?:aria-label|title|placeholder|alt)="([^"]*)"/g)];
  return [rest.replaceAll(/<[^>]*>/g, ' '), ...labels.map(([, label = '']) => label)]
    .flatMap((text) => text.match(/\p{L}+/gu) ?? [])
    .filter((word) => word !== 'Latchkey');
}

type Check = (code: string, file: string) => string[];

/** Of the text that was parsed last: several checks look at it one after the other. */
let parsed: { readonly code: string; readonly program: unknown } = { code: '', program: undefined };

function programOf(code: string, file: string): unknown {
  if (parsed.code !== code) parsed = { code, program: parseSync(file, code).program };
  return parsed.program;
}

/** The code of every node that `isWrong`, those inside of it left out. @param skip nodes that are not looked into */
function findIn(
  [code, file]: Parameters<Check>,
  isWrong: (node: Node) => boolean,
  skip: (node: Node) => boolean = () => false,
): string[] {
  if (!/\b(?:t|rich)`/.test(code)) return [];
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isNode(node) || skip(node)) return;
    if (isWrong(node)) found.push(code.slice(node.start, node.end));
    else (isText(node) ? gapsOf(node.quasi) : Object.values(node)).forEach(visit);
  };
  visit(programOf(code, file));
  return found;
}

const saidAtOnceIn: Check = (...code) =>
  findIn(code, isText, ({ type }) => /Function|MethodDefinition|PropertyDefinition/.test(type)).map(
    (text) => text.slice('t`'.length, -1),
  );

const gluedIn: Check = (...code) => findIn(code, isGlued);

function isGlued(node: Node): boolean {
  switch (node.type) {
    case 'TaggedTemplateExpression':
      return isText(node) && (isPiece(sourceOf(node)) || gapsOf(node.quasi).some(saysSentence));
    case 'TemplateLiteral':
      return gapsOf(node).some((gap, at) => saysWord(gap) && isBesideWord(node, at));
    case 'BinaryExpression':
      return node['operator'] === '+' && [node['left'], node['right']].some(says);
    case 'CallExpression':
      return isGluingJoin(node);
    default:
      return false;
  }
}

/** It begins or ends within a sentence. */
const isPiece = (text: string): boolean => /^[\s,.;:)]|[\s(]$/.test(text);
const isSentence = (text: string): boolean => /[.!?…]$/.test(text);

/** `['very', 'late'].join(' ')`, or `names.join(t`or`)`. */
function isGluingJoin({ callee, arguments: [separator] = [] }: Node): boolean {
  if (!isNode(callee) || !isNode(callee['property']) || callee['property']['name'] !== 'join')
    return false;
  if (says(separator)) return true;
  const elements = isNode(callee['object']) ? (callee['object'].elements ?? []) : [];
  return isNode(separator) && separator['value'] === ' ' && elements.some(saysWord);
}

/** Whether a gap of a template stands beside a word, or beside another gap. */
function isBesideWord({ quasis = [] }: Node, at: number): boolean {
  const [before = '', after = ''] = quasis.slice(at, at + 2).map(cookedOf);
  const isInner = (text: string, index: number) =>
    /^ ?$/.test(text) && index > 0 && index < quasis.length - 1;
  return (
    /[\p{L}\p{N}] ?$/u.test(before) ||
    /^ ?[\p{L}\p{N}]/u.test(after) ||
    isInner(before, at) ||
    isInner(after, at + 1)
  );
}

const pluralsByHandIn: Check = (...code) =>
  findIn(
    code,
    ({ type, test: condition, consequent, alternate }) =>
      type === 'ConditionalExpression' &&
      isNode(condition) &&
      condition['operator'] === '===' &&
      isNode(condition['right']) &&
      condition['right']['value'] === 1 &&
      [consequent, alternate].every((branch) => isNode(branch) && isText(branch)),
  );

interface Node extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly quasi?: Node;
  readonly quasis?: readonly Node[];
  readonly expressions?: readonly unknown[];
  readonly elements?: readonly unknown[];
  readonly arguments?: readonly unknown[];
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

/** t`…` or rich`…` */
const isText = ({ type, tag }: Node): boolean =>
  type === 'TaggedTemplateExpression' &&
  isNode(tag) &&
  (tag['name'] === 't' || tag['name'] === 'rich');

const gapsOf = (template: Node | undefined): readonly unknown[] => template?.expressions ?? [];
const cookedOf = ({ value }: Node): string => String((value as { cooked?: unknown }).cooked);
const sourceOf = ({ quasi }: Node): string =>
  (quasi?.quasis ?? []).map(cookedOf).reduce((text, part, index) => `${text}{${index - 1}}${part}`);

/** The texts that an expression may be, each branch of it. */
function textsOfExpression(node: unknown): readonly string[] {
  if (!isNode(node)) return [];
  if (isText(node)) return [sourceOf(node)];
  const { consequent, alternate, left, right } = node;
  return /ConditionalExpression|LogicalExpression/.test(node.type)
    ? [consequent, alternate, left, right].flatMap(textsOfExpression)
    : [];
}
const says = (node: unknown): boolean => textsOfExpression(node).length > 0;
const saysSentence = (node: unknown): boolean => textsOfExpression(node).some(isSentence);
const saysWord = (node: unknown): boolean =>
  textsOfExpression(node).some((text) => !isSentence(text));
