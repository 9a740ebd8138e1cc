/** What the definitions of commands share. */
import { InvalidArgumentError } from 'commander';

/**
 * An action whose code loads when it is called.
 * @param load finds the command; it gets commander's values and may return the exit code
 */
export function onDemand<Given extends readonly unknown[]>(
  load: () => Promise<(...given: Given) => Promise<number | void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const run = await load();
    const code = await run(...given);
    if (typeof code === 'number') process.exitCode = code;
  };
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('use a number such as 2');
  return Number(text);
}

/** Of every command that prints a table. */
export const JSON_LIST = ['--json', 'print one JSON array'] as const;
