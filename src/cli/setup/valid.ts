/** Whether a start would take a value. */
import { readConfig } from '../../config/config.ts';
import { CommandError } from '../command-error.ts';
import type { WhyNot } from './questions.ts';

/** As a start would say it, with an example of the value alone: the answer is no line of a file. */
export function problemOf(variable: string, value: string): string | undefined {
  const read = readConfig({ [variable]: value });
  if (read.ok) return undefined;
  const problem = read.problems.find((each) => each.variable === variable);
  return problem?.message.replaceAll(`like ${variable}=`, 'like ');
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
