/** `--for 4h` and `--days 10`: how long access lasts. */
import { hoursWords, MAX_HOURS, parseHours } from '../core/hours.ts';
import type { Integration } from '../engine/people/directory.ts';
import { policyOf } from '../engine/settings/settings.ts';
import { CommandError } from './command-error.ts';

export interface TypedLength {
  /** `4h`, `10d`, `6 hours`. */
  readonly for?: string;
  readonly days?: string;
}

/** The hours. Without an option, as long as the integration's settings allow. @throws {CommandError} */
export function lengthOf(
  integration: Pick<Integration, 'settings'>,
  typed: TypedLength,
): number | undefined {
  const { longestHours } = policyOf(integration);
  if (typed.for !== undefined && typed.days !== undefined)
    throw new CommandError('use --for or --days, not both');
  const option = typed.for === undefined ? '--days' : '--for';
  const text = typed.for ?? typed.days;
  if (text === undefined) return longestHours ?? undefined;
  // A number alone is days.
  const hours = option === '--for' || /^\d+$/.test(text) ? parseHours(text) : undefined;
  const most = longestHours ?? MAX_HOURS;
  if (hours !== undefined && hours <= most) return hours;
  throw new CommandError(
    option === '--for'
      ? `--for has to be a time like 4h or 10d, at most ${hoursWords(most)}`
      : `--days has to be a whole number, at most ${hoursWords(most)}`,
  );
}
