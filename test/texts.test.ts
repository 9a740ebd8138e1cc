/** What people read, in every language: complete, with the same gaps, and said only when somebody reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { languages } from '../src/core/say.ts';

const others = languages.filter((language) => language !== 'en');

test.each(others)('%s fills the same gaps as English, and no others', (language) => {
  const gaps = (text: string) =>
    [...new Set(text.match(/\{\d+\}|\{\{[#^/]?[\w.]+\}\}|<\/?[a-z]+>/g) ?? [])].toSorted();
  const wrong = textsIn(language)
    .filter(([, text]) => text !== '')
    .filter(([source, text]) => gaps(source).join() !== gaps(text).join());
  expect(wrong).toEqual([]);
});

test.each(others)('%s begins and ends a piece of a sentence where English does', (language) => {
  const isGlued = (text: string) => [/^[\s,.;:]/.test(text), /\s$/.test(text)].join();
  const wrong = textsIn(language)
    .filter(([, text]) => text !== '')
    .filter(([source, text]) => isGlued(source) !== isGlued(text));
  expect(wrong).toEqual([]);
});

test('nothing is said while a module loads: nobody reads then', () => {
  expect(codeFiles().flatMap(saidAtOnce)).toEqual([]);
});

test('what is said at once is found', () => {
  expect(saidAtOnceIn('const a = say`x`; const b = () => say`y`;', 'x.ts')).toEqual(['x']);
});

function textsIn(language: string): [string, string][] {
  return Object.entries(textsOf(readFileSync(`src/texts/${language}.json`, 'utf8')));
}

const textsOf = (json: string) => JSON.parse(json) as Record<string, string>;

const codeFiles = (): string[] =>
  readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

const saidAtOnce = (file: string): string[] =>
  saidAtOnceIn(readFileSync(join('src', file), 'utf8'), file).map((text) => `${file}: ${text}`);

function saidAtOnceIn(code: string, file: string): string[] {
  if (!code.includes('say`')) return [];
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (!isNode(node)) {
      if (Array.isArray(node)) node.forEach(visit);
      return;
    }
    if (/Function|MethodDefinition|PropertyDefinition/.test(node.type)) return;
    if (node.type === 'TaggedTemplateExpression' && code.startsWith('say`', node.start))
      found.push(code.slice(node.start + 'say`'.length, node.end - 1));
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(file, code).program);
  return found;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;
