import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';

/** Of a terminal that no one has made larger. */
const COLUMNS = 80;

const withAllBelow = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withAllBelow),
];

/** As someone reads it there, with the examples below it. */
function helpOf(command: Command): string {
  let text = '';
  const writeOut = (part: string) => void (text += part);
  command.configureOutput({ writeOut, getOutHelpWidth: () => COLUMNS }).outputHelp();
  return text;
}

test('the help of every command fits into a terminal of 80 columns', () => {
  const tooLong = withAllBelow(program)
    .flatMap((command) => helpOf(command).split('\n'))
    .filter((line) => line.length > COLUMNS);
  expect(tooLong).toEqual([]);
});

test('each command stands under what it is for', () => {
  expect(helpOf(program)).toContain('To begin:\n  demo ');
  expect(helpOf(program)).not.toMatch(/^Commands:$/m);
  expect(helpOf(program).match(/^ {2}help /gm)).toHaveLength(1);
});

test('the headings are of the whole command line, and no command has one of them', () => {
  const headed = program.commands.filter((each) => helpOf(each).includes('To begin:'));
  expect(headed.map((each) => each.name())).toEqual([]);
});

/** Its only table counts what was moved, and what is to be set follows as text. */
const LISTS_NOTHING = ['sayMoved'];

test('each command that prints a table prints it as JSON, too', async () => {
  const sources = await Promise.all(
    (await readdir('src/cli', { recursive: true }))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFile(join('src/cli', name), 'utf8')),
  );
  const functions = sources.flatMap((text) =>
    text
      .split(/^(?=(?:export )?(?:async )?(?:function|const) \w)/m)
      .map((body) => ({ body, name: /(?:function|const) (\w+)/.exec(body)?.[1] ?? '' })),
  );
  const printing = functions
    .filter(({ body, name }) => /\boutput\.table\(/.test(body) && !LISTS_NOTHING.includes(name))
    .map(({ name }) => name);
  const calling = functions
    .filter(({ body }) => printing.some((name) => body.includes(` ${name}(`)))
    .map(({ name }) => name);
  const listing = new Set([...printing, ...calling].filter((name) => name.endsWith('Command')));
  expect(listing.size).toBeGreaterThan(6);
  const definitions = sources.flatMap((text) => text.split(/^(?=.*\.command\()/m));
  const withoutJson = [...listing].filter(
    (name) => !definitions.some((text) => text.includes(`.${name}`) && text.includes('JSON_LIST')),
  );
  expect(withoutJson).toEqual([]);
});
