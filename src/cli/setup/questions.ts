/** What `latchkey init` asks in a terminal. */
import { createInterface } from 'node:readline';
import { confirm, isCancel, password, select, text } from '@clack/prompts';
import { CommandError } from '../command-error.ts';

/** @returns what is wrong with an answer and how to fix it, or undefined */
export type WhyNot = (answer: string) => string | undefined;

export interface Questions {
  /** @param before what Enter alone keeps */
  choose<T extends string>(
    message: string,
    labels: Readonly<Record<T, string>>,
    before?: T,
  ): Promise<T>;
  /** @param before an answer to keep or change */
  text(message: string, whyNot: WhyNot, before?: string): Promise<string>;
  /** Nobody sees what is typed. Enter alone leaves it open. */
  secret(message: string, whyNot: WhyNot): Promise<string | undefined>;
  confirm(message: string): Promise<boolean>;
}

/** After Ctrl-D nothing waits for input, and this process would end in the middle of a question, with the cursor hidden. */
const ended = new AbortController();
process.once('beforeExit', () => ended.abort());
const { signal } = ended;

export const questionsInTerminal: Questions = {
  async choose<T extends string>(message: string, labels: Readonly<Record<T, string>>, before?: T) {
    const values = Object.keys(labels) as T[];
    const options = values.map((value) => ({ value: value as string, label: labels[value] }));
    return answered(await select({ message, options, initialValue: before, signal })) as T; // One of its keys.
  },
  async text(message, whyNot, before = '') {
    const validate = (answer = '') => whyNot(answer.trim());
    return answered(await text({ message, initialValue: before, validate, signal })).trim();
  },
  async secret(message, whyNot) {
    const validate = (answer = '') => (answer.trim() === '' ? undefined : whyNot(answer.trim()));
    const answer = answered(await password({ message, validate, signal })) as string | undefined; // None for Enter alone.
    return answer?.trim() || undefined;
  },
  async confirm(message) {
    return answered(await confirm({ message, initialValue: false, signal }));
  },
};

/**
 * One line of this process's input. In a terminal it asks for it, and nobody sees what is typed.
 * @throws {CommandError} after Ctrl-C or Ctrl-D
 */
export async function typed(message: string): Promise<string> {
  if (process.stdin.isTTY) return (answered(await password({ message, signal })) ?? '').trim();
  for await (const line of createInterface({ input: process.stdin })) return line.trim();
  return '';
}

/** @throws {CommandError} after Ctrl-C or Ctrl-D */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CommandError('stopped; nothing was written');
  return answer as Exclude<T, symbol>; // The only symbol is for a stop.
}
