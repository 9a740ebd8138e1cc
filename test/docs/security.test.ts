/** Whatever docs/security.md promises has a test, by file and name. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync('docs/security.md', 'utf8');
const named = [...text.matchAll(/`(test\/[\w./-]+)` › ([^\n]+?)(?=; `test\/|\)|$)/gm)].map(
  ([, file = '', name = '']) => ({ file, name: name.trim() }),
);

test('the page names many tests', () => {
  expect(named.length).toBeGreaterThan(50);
});

test.each(named)('$file: $name', ({ file, name }) => {
  expect(existsSync(file)).toBe(true);
  const source = readFileSync(file, 'utf8');
  // A title stands on the line of its test, or, of a table of cases, behind it.
  const titles = source
    .split('\n')
    .filter((line) => /\b(test|it|each|describe)\b|\]\)\(|^\s*['"`]/.test(line))
    .join('\n');
  expect(titles.replaceAll("\\'", "'")).toContain(name.replaceAll("\\'", "'"));
});

test('every attacker has something that stops them', () => {
  const sections = text.split('\n## ').slice(1);
  const attackers = sections.filter((section) => /^(A|Somebody) /.test(section));
  expect(attackers.length).toBeGreaterThanOrEqual(11);
  for (const section of attackers) expect(section).toMatch(/`test\//);
});
