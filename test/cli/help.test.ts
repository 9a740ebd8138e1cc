import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';

/** Of a terminal that no one has made larger. */
const COLUMNS = 80;

const withAllBelow = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withAllBelow),
];

test('the help of every command fits into a terminal of 80 columns', () => {
  const tooLong = withAllBelow(program)
    .map((command) => {
      const help = command.createHelp();
      help.helpWidth = COLUMNS;
      return help.formatHelp(command, help);
    })
    .flatMap((help) => help.split('\n'))
    .filter((line) => line.length > COLUMNS);
  expect(tooLong).toEqual([]);
});
