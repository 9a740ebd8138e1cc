/** What `latchkey doctor` says of one thing. */
export interface Finding {
  /** What was looked at: `Database`, `Slack`, … */
  readonly check: string;
  /** `problem`: Latchkey doesn't work with it. `warning`: it does, but something is missing. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** One sentence, without a secret. */
  readonly sentence: string;
  /** What to do; empty where it is fine. */
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

/** What doesn't answer within this time is told as not answering: somebody waits at the terminal. */
export const PATIENCE_MS = 10_000;

/** Thrown by `inTime`. */
export class NoAnswer extends Error {
  readonly code = 'no-answer';
}

/** @throws {NoAnswer} where `work` takes longer; whatever comes of it then is not looked at */
export async function inTime<T>(work: Promise<T>, ms = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NoAnswer('It did not answer in time')), ms);
  });
  work.catch(() => undefined); // Where it fails after its time.
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The code of an error of the network, the disk or the database; of its cause, where `fetch` has wrapped it. Never its message. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return 'no answer in time';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? 'unknown reason' : codeOf(error.cause);
}
