import { type Config, loadEnvironment, problemText, readConfig } from '../config/config.ts';
import { CommandError } from './command-error.ts';

/** @throws {CommandError} with every problem of the configuration */
export function configuration(): Config {
  const read = readConfig(loadEnvironment());
  if (read.ok) return read.config;
  throw new CommandError(
    ['the configuration has problems', ...read.problems.map(problemText)].join('\n  '),
  );
}
