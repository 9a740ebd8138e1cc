/** Latchkey's commands, as a test uses them. */
import { execFile } from 'node:child_process';
import type { Command } from 'commander';
import { vi } from 'vitest';
import { program, runCommandLine } from '../../src/cli/program.ts';

const withBelow = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap((sub) => withBelow(sub)),
];
export const allCommands = withBelow(program);
// Before anything is parsed: the files of a worker have the same commands, and each goes back to this.
for (const command of allCommands) command.saveStateBeforeParse();

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a command in this process, which takes a twentieth of what it costs in a process of its own. Not for `start`, nor
 * for `--help`, `--version` and wrong options, which end the process.
 */
export async function runCommand(
  args: readonly string[],
  environment: Environment,
): Promise<CommandResult> {
  const before = { env: process.env, exitCode: process.exitCode };
  const [out, err] = [captured(process.stdout), captured(process.stderr)];
  process.env = { ...environment };
  process.exitCode = 0;
  try {
    await runCommandLine(args);
    return { code: process.exitCode, out: out.text(), err: err.text() };
  } finally {
    process.env = before.env;
    process.exitCode = before.exitCode;
    out.restore();
    err.restore();
  }
}

/** Keeps what is written to a stream, in place of writing it. */
function captured(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  let text = '';
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  return { text: () => text, restore: () => spy.mockRestore() };
}

/** Runs a command in a process of its own. Needs the build. */
export function runCommandProcess(
  args: readonly string[],
  environment: Environment,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { env: { ...environment } };
    const child = execFile(
      process.execPath,
      ['dist/src/cli/latchkey.js', ...args],
      options,
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
