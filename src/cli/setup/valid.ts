/** Whether a start would take a value. */
import { readConfig } from '../../config/config.ts';
import { CommandError } from '../command-error.ts';
import type { WhyNot } from './questions.ts';

/** As a start would say it. */
export function problemOf(variable: string, value: string): string | undefined {
  const read = readConfig({ [variable]: value });
  return read.ok ? undefined : read.problems.find((each) => each.variable === variable)?.message;
}

export const required =
  (variable: string): WhyNot =>
  (answer) =>
    answer === '' ? 'This is required' : problemOf(variable, answer);

/** @throws {CommandError} */
export function valid(variable: string, value: string): string {
  const why = required(variable)(value);
  if (why !== undefined) throw new CommandError(`${variable}: ${why}`);
  return value;
}
