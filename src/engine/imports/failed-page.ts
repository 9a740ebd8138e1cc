/** What follows a page that failed: when it is requested again, and what is said of it. */
import { HOUR_MS } from '../../core/hours.ts';
import { BUSY_PAUSE_MS } from '../calls/limits.ts';
import type { RunError } from '../runs/run.ts';
import { repeatAfter } from '../runs/step-outcome.ts';
import type { PageOutcome, PageReader } from './sync.ts';

/** An app may demand a long Retry-After. What fails for longer than this is given up. */
const REPEAT_WINDOW_MS = HOUR_MS;

/** How often the page was tried, and since when; undefined: it was never sent. */
export interface Asked {
  readonly tries: number;
  readonly askedSince?: Date;
}

/** @returns undefined where it is given up */
export function whenAgain(
  {
    run: { tries: before, askedSince },
    came,
  }: { readonly run: Asked } & Pick<Extract<PageOutcome, { kind: 'failed' }>, 'came'>,
  now: Date,
): (Asked & { readonly dueAt: Date }) | undefined {
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  // A request that only waited in the queue was not sent: that is no failure of the app, and retries don't count from it.
  if (came?.answer.kind === 'failed' && came.answer.code === 'host-busy')
    return { tries: before, askedSince, dueAt: later(BUSY_PAUSE_MS) };
  const startedAt = askedSince ?? now;
  const tries = before + 1;
  const after =
    came && repeatAfter({ ...came, step: { tries, startedAt }, now, windowMs: REPEAT_WINDOW_MS });
  return after === undefined ? undefined : { tries, askedSince: startedAt, dueAt: later(after) };
}

export const redactedError = (
  { detail, ...error }: RunError,
  reader: Pick<PageReader, 'redact'>,
): RunError => ({
  ...error,
  message: reader.redact(error.message),
  ...(detail !== undefined && { detail: reader.redact(detail) }),
});
