import { codeOf } from '../../core/error-code.ts';
import type { Proxy } from '../../http/proxy.ts';

/** A result of `latchkey doctor`. */
export interface Finding {
  /** The checked part: `Database`, `Slack`, … */
  readonly check: string;
  /** `problem`: Latchkey doesn't work. `warning`: it works, but something is missing. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** One sentence, without a secret. */
  readonly sentence: string;
  /** The next step. Empty when everything is fine. */
  readonly next: string;
}

export const fine = (check: string, sentence: string): Finding => ({
  check,
  state: 'ok',
  sentence,
  next: '',
});
export const warning = (check: string, sentence: string, next: string): Finding => ({
  check,
  state: 'warning',
  sentence,
  next,
});
export const problem = (check: string, sentence: string, next: string): Finding => ({
  check,
  state: 'problem',
  sentence,
  next,
});

/** Where a call goes through a proxy, that may be what can't be reached. */
export function reachHost(host: string, proxy: Proxy | undefined): string {
  const through = proxy && !proxy.except(new URL(`https://${host}`));
  return through
    ? `Check that the proxy of HTTPS_PROXY answers this machine and lets it reach ${host}, and try again.`
    : `Check that this machine can reach ${host} over https, and try again.`;
}

/** After this time a check reports no answer, since a person waits at the terminal. */
export const TIMEOUT_MS = 10_000;

/** Thrown by `inTime`. */
export class NoAnswer extends Error {
  readonly code = 'no-answer';
}

/** @throws {NoAnswer} when `work` takes longer; its later result is ignored */
export async function inTime<T>(work: Promise<T>, ms = TIMEOUT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NoAnswer('It did not answer in time')), ms);
  });
  work.catch(() => undefined); // Handles a failure after the timeout.
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A connection that waits for a lock, or for a silent server, doesn't close, and the command doesn't end with it open. So its database
 * is opened with this much more than the time in which it has to answer: then it is given up.
 */
export const CLOSE_MS = 1000;

export async function closeInTime(db: { destroy(): Promise<void> }): Promise<void> {
  await inTime(db.destroy(), CLOSE_MS).catch(() => undefined);
}

/**
 * The code of an error of the network, the disk or the database, or of its cause when `fetch` has wrapped it. Never its
 * message.
 */
export function codeOrReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError' || error instanceof NoAnswer) return 'no answer in time';
  const code = codeOf(error);
  if (code === 'silent-database') return 'no answer in time';
  if (code !== undefined) return code;
  if (error instanceof AggregateError && error.errors.length > 0)
    return codeOrReason(error.errors[0]);
  return codeOrReason(error.cause);
}
