import { expect, onTestFinished, test } from 'vitest';
import { noSuchPage, whichPage } from '../../src/cli/counted.ts';
import {
  asTyped,
  callItself,
  createOutput,
  type Output,
  withJsonTables,
} from '../../src/cli/output.ts';

test('a table is aligned, and its last column has no trailing blanks', () => {
  const { output, stdout } = captured();
  output.table(
    ['NAME', 'ACCESS'],
    [
      ['Asana', 'has access'],
      ['Go', 'none'],
    ],
    'nothing',
  );
  expect(stdout()).toBe('NAME   ACCESS\nAsana  has access\nGo     none\n');
});

test('an empty table is nothing on stdout, and a sentence beside it', () => {
  const { output, stdout, stderr } = captured();
  output.table(['NAME'], [], 'There are no people yet.');
  expect([stdout(), stderr()]).toEqual(['', 'There are no people yet.\n']);
});

test('with --json a table is an array whose objects have its columns as keys, also where it is empty', () => {
  const { output, stdout, stderr } = captured();
  const json = withJsonTables(output);
  json.table(
    ['NAME', 'LAST USED'],
    [
      ['ci', ''],
      ['"a"\n', 'now'],
    ],
    'nothing',
  );
  expect(JSON.parse(stdout())).toEqual([
    { name: 'ci', last_used: '' },
    { name: '"a"\n', last_used: 'now' },
  ]);
  expect(stderr()).toBe('');
  const empty = captured();
  withJsonTables(empty.output).table(['NAME'], [], 'There are no people yet.');
  expect([empty.stdout(), empty.stderr()]).toEqual(['[]\n', '']);
});

test('JSON stands alone on stdout, whatever is said beside it', () => {
  const { output, stdout, stderr } = captured();
  output.note('Asking 2 services…');
  output.json({ id: 12345678901234567890n, name: 'Ann' });
  output.error('One did not answer.');
  expect(stdout()).toBe('{\n  "id": 12345678901234567890,\n  "name": "Ann"\n}\n');
  expect(stderr()).toBe('Asking 2 services…\nError: One did not answer.\n');
});

test('a sentence names commands as this one was called, and what comes from outside stays as it is', () => {
  const { output, stdout, stderr } = captured('npx latchkey');
  output.error('nothing answers; run "latchkey start"');
  output.note('Add one with: latchkey token create NAME');
  output.line('The latchkey folder is "latchkey".');
  output.verbatim('  + "latchkey start"');
  output.table(['NAME'], [['"latchkey start"']], '');
  output.json({ next: '"latchkey start"' });
  expect(stderr()).toBe(
    'Error: nothing answers; run "npx latchkey start"\nAdd one with: npx latchkey token create NAME\n',
  );
  expect(stdout()).not.toContain('npx latchkey');
});

test('so does what "latchkey start" logs', () => {
  callItself('npx latchkey');
  onTestFinished(() => callItself('latchkey'));
  expect(asTyped('No chat: "latchkey init" asks for each')).toBe(
    'No chat: "npx latchkey init" asks for each',
  );
});

test('a text from outside cannot steer the terminal or break out of its cell', () => {
  const { output, stdout } = captured();
  output.table(['NAME', 'ROLE'], [['\u001b[2J\u202Ennà\nadmin', 'other']], '');
  output.line('\u009b31mred');
  const [, row, line] = stdout().split('\n');
  expect(row).toBe('\uFFFD[2J\uFFFDnnà admin  other');
  expect(line).toBe('\uFFFD31mred');
});

function captured(command?: string): {
  readonly output: Output;
  readonly stdout: () => string;
  readonly stderr: () => string;
} {
  const written = { stdout: '', stderr: '' };
  return {
    output: createOutput(
      { write: (text) => (written.stdout += text) },
      { write: (text) => (written.stderr += text) },
      command,
    ),
    stdout: () => written.stdout,
    stderr: () => written.stderr,
  };
}

test('a page of several says which it is, and one that there is not is said once', () => {
  expect(whichPage(2, 600, '29,980 people')).toBe(
    'Page 2 of 600, 29,980 people; see more with --page.',
  );
  expect(whichPage(1, 1, '3 people')).toBe('');
  expect([noSuchPage(9999, 600), whichPage(9999, 600, '29,980 people')]).toEqual([
    'There is no page 9999; the last one is page 600.',
    '',
  ]);
});
