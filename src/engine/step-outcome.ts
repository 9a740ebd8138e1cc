/** What one answer means for the step that asked: done, send again later, or the end of the run. Pure. */
import { type Json, parseJson } from '../core/json.ts';
import type { ManifestRequest } from './manifest/schema.ts';
import { isSuccess, matchesCondition, readStoreData } from './outcome.ts';
import type { HttpAnswer, Method } from './ports.ts';
import { toText } from './render.ts';
import type { RunError, Step } from './run.ts';

export type StepOutcome =
  | {
      readonly kind: 'done';
      readonly response: Json;
      readonly stored: Readonly<Record<string, Json>>;
    }
  /** The same request again after `afterMs`: a poll, or a repeat that nobody has to ask for. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly why: string }
  | {
      readonly kind: 'failed';
      readonly error: RunError;
      /** Whether the other side may have acted on a write. */
      readonly unknown: boolean;
    }
  | { readonly kind: 'blocked'; readonly error: RunError };

/** A repeat that nobody asks for: at most 3 times in 60 s. */
const REPEATS = 3;
const REPEAT_WINDOW_MS = 60_000;
/** The pause before the first repeat, where the other side names none; it doubles. */
const FIRST_PAUSE_MS = 1000;

export interface Asked {
  readonly spec: ManifestRequest;
  readonly method: Method;
  readonly step: Step;
  readonly answer: HttpAnswer;
  readonly now: Date;
}

export function judgeStep(asked: Asked): StepOutcome {
  const { spec, answer, step } = asked;
  const polls = spec.polling?.amount ?? 1;
  const pollAgain = (why: string): StepOutcome | undefined =>
    spec.polling && step.tries < polls
      ? { kind: 'again', afterMs: spec.polling.interval * 1000, why }
      : undefined;

  if (answer.kind === 'failed' || !isSuccess(spec, answer.status)) {
    // A failed poll is one more poll; everything else may be repeated a little without asking.
    const repeat = spec.polling ? undefined : repeatAfter(asked);
    if (repeat !== undefined) return { kind: 'again', afterMs: repeat, why: describe(answer) };
    const write = asked.method !== 'GET' && asked.method !== 'HEAD';
    return (
      pollAgain(describe(answer)) ?? {
        kind: 'failed',
        unknown: write && answer.kind === 'failed' && answer.maySent,
        error: {
          code: answer.kind === 'failed' ? 'no-answer' : 'http-status',
          message: describe(answer),
          step: step.index,
        },
      }
    );
  }

  const response = jsonOrNothing(answer.text);
  if (spec.continueIf && !matchesCondition(spec.continueIf, response)) {
    const { responseNotation, value } = spec.continueIf;
    const why = `The answer's "${responseNotation}" is not "${toText(value)}".`;
    const again = pollAgain(why);
    if (again) return again;
    const error: RunError = { code: 'not-matched', message: why, step: step.index };
    return spec.polling
      ? {
          kind: 'failed',
          unknown: false,
          error: { ...error, message: `${why} It was asked ${polls} times.` },
        }
      : { kind: 'blocked', error };
  }

  const stored = readStoreData(spec.storeData ?? {}, response);
  if (!stored.ok)
    return {
      kind: 'failed',
      unknown: false,
      error: {
        code: 'missing-path',
        message: `The answer has nothing at "${stored.missing.path}", which was to be stored as ${stored.missing.key}.`,
        step: step.index,
      },
    };
  return { kind: 'done', response, stored: stored.values };
}

/** Milliseconds until the request may be sent again without asking, or undefined where it may not. */
export function repeatAfter({
  answer,
  method,
  step,
  now,
}: Pick<Asked, 'answer' | 'method' | 'now'> & {
  readonly step: Pick<Step, 'tries' | 'startedAt'>;
}): number | undefined {
  const safe = method === 'GET' || method === 'HEAD';
  const repeatable =
    answer.kind === 'answer'
      ? answer.status === 429 || answer.status === 503
      : answer.code === 'no-connection' ||
        answer.code === 'unknown-host' ||
        answer.code === 'circuit-open' ||
        (safe && answer.code === 'connection-lost');
  if (!repeatable || step.tries > REPEATS) return undefined;
  const named =
    answer.kind === 'answer'
      ? retryAfter(answer.headers['retry-after'], now)
      : answer.retryAfterMs;
  const pause = named ?? FIRST_PAUSE_MS * 2 ** (step.tries - 1);
  const since = now.getTime() - step.startedAt.getTime();
  return since + pause <= REPEAT_WINDOW_MS ? pause : undefined;
}

/** Reads `Retry-After`: seconds, an HTTP date, or seconds since 1970. @returns milliseconds from now. */
export function retryAfter(header: string | undefined, now: Date): number | undefined {
  if (!header) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    const epoch = seconds > 1_000_000_000; // As a pause that would be thirty years.
    return Math.max(0, epoch ? seconds * 1000 - now.getTime() : seconds * 1000);
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

/** A sentence for people about an answer that is no success. */
export function describe(answer: HttpAnswer): string {
  return answer.kind === 'failed' ? answer.message : `It answered with status ${answer.status}.`;
}

/** `responses.N` is the JSON of step N, or `{}` where the answer was none. */
function jsonOrNothing(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return {};
  }
}
