/** Every word that people can write has its place and its picture in docs/commands.md. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from '../../src/bots/features/commands.ts';
import { program } from '../../src/cli/program.ts';

const [, ...sections] = readFileSync('docs/commands.md', 'utf8').split('\n### ');
const described = sections.map((text) => ({ usage: /^`([^`]+)`\n/.exec(text)?.[1] ?? '', text }));

test('the page has the words that there are, and no other', () => {
  const usages = commands.map(({ usage }) => usage).toSorted();
  expect(described.map(({ usage }) => usage).toSorted()).toEqual(usages);
});

test.each(described)('$usage has a picture', ({ text }) => {
  expect(text).toMatch(/!\[[^\]]+\]\(images\/[\w-]+\.png\)/);
});

test('its table of what is done at a terminal has every command', () => {
  const [, table = ''] = readFileSync('docs/commands.md', 'utf8').split(
    '| command | what it does |',
  );
  const written = [...table.matchAll(/`([a-z -]+)`/g)].flatMap(([, words = '']) =>
    words.split(' '),
  );
  const all = program.commands.flatMap((each) => [each, ...each.commands]);
  expect(all.map((each) => each.name()).filter((name) => !written.includes(name))).toEqual([]);
});
