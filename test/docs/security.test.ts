/** Whatever docs/security.md promises has a test, by file and name. */
import { existsSync, readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const text = readFileSync('docs/security.md', 'utf8');
const named = [...text.matchAll(/`(test\/[\w./-]+)` › ([^\n]+?)(?=; `test\/|\), | \|$|$)/gm)].map(
  ([, file = '', name = '']) => ({ file, name: name.trim() }),
);

test('the page names many tests', () => {
  expect(named.length).toBeGreaterThan(60);
});

test.each(named)('$file: $name', ({ file, name }) => {
  expect(existsSync(file)).toBe(true);
  expect(titlesOf(file)).toContain(name);
});

test('a title is what a test is called with, and no other text of its file', () => {
  const code = "test.each([['a', 1]])('%s is refused', () => {});\ndescribe('it', f); expect('b');";
  expect(titlesIn(code)).toEqual(['%s is refused', 'it']);
});

test('every file that is named is named with a test of it', () => {
  const files = [...text.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, file]) => file);
  expect(files.filter((file) => named.every((each) => each.file !== file))).toEqual([
    // This one, of the page's first lines.
    'test/docs/security.test.ts',
  ]);
});

test('every attacker has something that stops them', () => {
  const sections = text.split('\n## ').slice(1);
  const attackers = sections.filter((section) => /^(A|Someone) /.test(section));
  expect(attackers.length).toBeGreaterThanOrEqual(11);
  for (const section of attackers) expect(section).toMatch(/`test\/[\w./-]+` › /);
});

/** By file. The page names most files several times. */
const known = new Map<string, readonly string[]>();

function titlesOf(file: string): readonly string[] {
  const titles = known.get(file) ?? titlesIn(readFileSync(file, 'utf8'));
  known.set(file, titles);
  return titles;
}

/** What `test`, `it` and `describe` are called with, their `.each` and `.skipIf` too. */
function titlesIn(code: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isNode(node)) return;
    if (node['type'] === 'CallExpression' && ['test', 'it', 'describe'].includes(calledIn(node))) {
      const [title] = node['arguments'] as readonly unknown[];
      if (isNode(title) && typeof title['value'] === 'string') found.push(title['value']);
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync('x.ts', code).program);
  return found;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** The name that a call begins with: `test` of `test.each(…)('…')`. */
function calledIn(node: unknown): string {
  if (!isNode(node)) return '';
  const { type, name } = node;
  if (type === 'Identifier' && typeof name === 'string') return name;
  return calledIn(type === 'CallExpression' ? node['callee'] : node['object']);
}
