/** What the documents tell people to type is what there is. `node scripts/documents.js` runs it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: a script without types.
import * as scripts from '../../scripts/documents.js';
import { program } from '../../src/cli/program.ts';
import { allCommands } from '../support/command-line.ts';

const { NOT_RUN, commandsIn, documents, latchkeyIn, whyNotRun } = scripts as {
  readonly NOT_RUN: readonly { readonly command: RegExp; readonly why: string }[];
  readonly documents: readonly string[];
  readonly commandsIn: (
    markdown: string,
  ) => readonly { readonly line: number; readonly command: string }[];
  readonly latchkeyIn: (command: string) => readonly (readonly string[])[];
  readonly whyNotRun: (command: string) => string | undefined;
};

const textOf = (file: string): string => readFileSync(file, 'utf8');
const blocks = documents.flatMap((file) =>
  commandsIn(textOf(file)).map(({ line, command }) => ({ place: `${file}:${line}`, command })),
);
/** In a sentence, which may name a command without all that it takes. */
const mentioned = documents.flatMap((file) =>
  [...textOf(file).matchAll(/`((?:npx )?latchkey [^`|]+)`/g)].map(([, command = '']) => ({
    place: file,
    command,
  })),
);

beforeAll(() => {
  for (const command of allCommands) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    command.restoreStateBeforeParse();
  }
});
/** What one line set is not there for the next one, nor for another file that has the same commands. */
afterEach(() => {
  for (const command of allCommands) command.restoreStateBeforeParse();
});

/** Why the command line wouldn't take it. @param isWhole whether all its arguments have to be there */
function whyNot(args: readonly string[], isWhole: boolean): string | undefined {
  const top = program.parseOptions([...args]);
  let command: Command = program;
  let rest = top.operands.concat(top.unknown);
  for (;;) {
    const sub = command.commands.find((known) => known.name() === rest[0]);
    if (!sub) break;
    command = sub;
    rest = rest.slice(1);
  }
  if (command.commands.length > 0) return rest[0] && `${rest[0]} is no command`;
  let parsed: { readonly operands: readonly string[]; readonly unknown: readonly string[] };
  try {
    parsed = command.parseOptions(rest);
  } catch (error) {
    return String(error);
  }
  if (parsed.unknown.length > 0) return `${parsed.unknown[0]} is no option`;
  const { registeredArguments: known } = command;
  const isMany = known.some(({ variadic }) => variadic);
  if (parsed.operands.length > known.length && !isMany)
    return `${parsed.operands.at(-1)} is too many`;
  const missing = known.filter(({ required }) => required).length - parsed.operands.length;
  const lacks = command.options.find(
    (option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined,
  );
  if (!isWhole) return undefined;
  if (lacks) return `${lacks.long} is missing`;
  return missing > 0 ? `${missing} arguments are missing` : undefined;
}

const lines = blocks.flatMap(({ place, command }) =>
  latchkeyIn(command).map((args) => ({ place, line: args.join(' '), args, isWhole: true })),
);
const words = mentioned.flatMap(({ place, command }) =>
  latchkeyIn(command).map((args) => ({ place, line: args.join(' '), args, isWhole: false })),
);

test('there are commands in blocks and in sentences', () => {
  expect(lines.length).toBeGreaterThan(10);
  expect(words.length).toBeGreaterThan(20);
});

test.each([...lines, ...words])('$place: latchkey $line', ({ args, isWhole }) => {
  const known = args.filter((arg) => !['--version', '--help', '--data', 'DIR'].includes(arg));
  expect(whyNot(known, isWhole)).toBeUndefined();
});

describe('the command line refuses', () => {
  test.each([
    ['a command that there is not', ['integrations', 'list']],
    ['an option that there is not', ['backup', 'x.sqlite', '--force']],
    ['an argument too many', ['migrate', 'now']],
    ['an argument too few', ['backup']],
    ['an option that is missing', ['move']],
    ['a value that there is not', ['init', '--chat', 'irc']],
  ])('%s', (_, args) => {
    expect(whyNot(args, true)).toBeDefined();
  });
});

test.each(blocks)('$place names what there is', ({ command }) => {
  const { scripts: known } = JSON.parse(textOf('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const [, name = ''] of command.matchAll(/npm run (?:-s )?([\w:]+)/g))
    expect(Object.keys(known)).toContain(name);
  for (const [path] of command.matchAll(/\b(?:manifests|deploy|test|scripts)\/[\w./-]+/g))
    expect(existsSync(path)).toBe(true);
});

test('a command ends at its line, whatever it quotes, and one that has no end is said', () => {
  const block = ['```sh', `add "Ann's"`, 'list', '(', '  echo x', ') | cat', '```'].join('\n');
  const found = commandsIn(block).map(({ line, command }) => ({ line, command }));
  expect(found).toEqual([
    { line: 2, command: `add "Ann's"` },
    { line: 3, command: 'list' },
    { line: 4, command: '(\necho x\n) | cat' },
  ]);
  expect(() => commandsIn('```sh\nadd "Ann\n```')).toThrow('Has no end in line 2');
});

test('no document with commands is forgotten', () => {
  const tracked = execFileSync('git', ['ls-files', '-z', '--', '*.md'], { encoding: 'utf8' });
  const withCommands = tracked
    .split('\0')
    .filter((file) => file !== '' && /^\s*```(sh|bash|shell|console)$/m.test(textOf(file)));
  expect(withCommands.filter((file) => !documents.includes(file))).toEqual([]);
  expect(withCommands.length).toBeGreaterThan(10);
});

const COMMAND = /^(\$ |(npx|npm|latchkey|docker|node|curl|sudo|helm|kubectl) )/;

test('no command hides in a block of another kind', () => {
  // The guide's transcripts show what is answered too; guide.test.ts runs them.
  const others = documents.filter((file) => file !== 'docs/manifest/guide.md');
  const hidden = others.flatMap((file) => {
    let [block, found] = ['', [] as readonly string[]];
    for (const line of textOf(file)
      .split('\n')
      .map((raw) => raw.trim())) {
      if (line.startsWith('```')) block = block === '' ? line : '';
      else if (!['', '```sh'].includes(block) && COMMAND.test(line))
        found = [...found, `${file}: ${line}`];
    }
    return found;
  });
  expect(hidden).toEqual([]);
});

test('what is not run is still in a document, and has its reason', () => {
  const stale = NOT_RUN.filter(
    (entry) => !blocks.some(({ command }) => whyNotRun(command) === entry.why),
  );
  expect(stale).toEqual([]);
});
