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

test('each command that lists something prints it as JSON, too', () => {
  const listing = withAllBelow(program).filter((each) =>
    /^(list|refused|versions|access|removals)$/.test(each.name()),
  );
  expect(listing.length).toBeGreaterThan(6);
  const without = listing.filter(({ options }) => !options.some(({ long }) => long === '--json'));
  expect(without.map((each) => each.name())).toEqual([]);
});
