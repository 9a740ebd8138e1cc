/** What a run came to, and what the app last answered: what stays of a run as evidence. */
import type { Run, Step } from './run.ts';

export interface LastAnswer {
  readonly outcome: Run['state'];
  /** Redacted, as its step is. Empty: no request got an answer. */
  readonly text: string;
}

/** Of an answer, in characters. */
const MAX_ANSWER = 2000;

export function lastAnswerOf(run: Run, steps: readonly Step[]): LastAnswer {
  const step = steps.findLast(({ status }) => status !== undefined);
  const text = step
    ? `${step.method} ${step.url}: ${step.status} ${(step.responseText ?? '').slice(0, MAX_ANSWER)}`
    : '';
  return { outcome: run.state, text: text.trim() };
}
