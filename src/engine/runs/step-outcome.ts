/** What one answer means for its step: done, send again later, or the end of the attempt. Pure. */
import { durationWords } from '../../core/hours.ts';
import { beginningOfJson, type Json, type JsonExcess, readJson } from '../../core/json.ts';
import { isWrite } from '../../core/network/is-write.ts';
import { plural, sayNumber, sentences, t } from '../../core/translate.ts';
import { containsExpected } from '../access/exists.ts';
import { excessWords } from '../calls/excess-words.ts';
import { failureWords, whatFailed } from '../calls/failure-words.ts';
import { isSuccess, matchesCondition, readStoreData } from '../calls/outcome.ts';
import { isRateLimited, pauseNamed } from '../calls/rate-limit.ts';
import { faultOf500, type Refusal, refusalIn, refusedWords } from '../calls/refusal.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { HttpAnswer, HttpFailure, Method } from '../ports/http.ts';
import { readNotation } from '../templates/notation.ts';
import { renderText, scopeOf, toText } from '../templates/render.ts';
import type { Variables } from '../templates/variables.ts';
import type { RunError, Step } from './run.ts';

export type StepOutcome =
  | {
      readonly kind: 'done';
      readonly response: Json;
      readonly stored: Readonly<Record<string, Json>>;
    }
  /** Send the same request again after `afterMs`: a poll or an automatic repeat. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly why: string }
  | {
      readonly kind: 'failed';
      readonly error: RunError;
      /** Whether the app may have carried out a write. */
      readonly unknown: boolean;
    }
  | { readonly kind: 'blocked'; readonly error: RunError };

/** Automatic repeats of one request, at most so many within `REPEAT_WINDOW_MS`. */
const REPEATS = 3;
/**
 * From the start of the step. A limit by the minute, like GitHub's secondary one, names up to 60 seconds from its answer on,
 * so a window of just a minute would miss it by the time that the answer took.
 */
const REPEAT_WINDOW_MS = 90_000;
/** The pause before the first repeat, when the app names none. It doubles with each repeat. */
const FIRST_PAUSE_MS = 1000;

export interface AnsweredStep {
  readonly spec: ManifestRequest;
  readonly method: Method;
  readonly step: Step;
  readonly answer: HttpAnswer;
  readonly now: Date;
  /** Left out: it grants. Then an app that refuses since it is so already has not refused it. */
  readonly isRevoke?: boolean;
  /** The app's name, for sentences. */
  readonly app: string;
  /** The variables that the step was rendered with. A condition may use them. */
  readonly variables: Variables;
}

/** Characters of JSON. It is kept in the person's row and read with it each time. */
const MAX_STORED = 64 * 1024;

/** Messages may quote the answer and the variables, so the caller redacts them before it shows or stores them. */
export function judgeStep(asked: AnsweredStep): StepOutcome {
  const { spec, answer, step, isRevoke } = asked;
  const polls = spec.polling?.amount ?? 1;
  const pollAgain = (why: string): StepOutcome | undefined =>
    spec.polling && step.tries < polls
      ? { kind: 'again', afterMs: spec.polling.interval * 1000, why }
      : undefined;

  const isGood = answer.kind === 'answer' && isSuccess(spec, answer.status);
  const fault = isGood || spec.continueIf ? undefined : faultOf500(answer);
  if (answer.kind === 'failed' || !(isGood || fault)) {
    // A failed poll counts as a poll. Other requests may get a few automatic repeats.
    const why = describe(answer, { ...asked, who: asked.app, isRepeated: true });
    const repeat = spec.polling ? undefined : repeatAfter(asked);
    if (repeat !== undefined) return { kind: 'again', afterMs: repeat, why };
    const write = isWrite(asked);
    const unknown =
      write && answer.kind === 'failed' && answer.maySent && LEFT_OPEN.has(answer.code);
    const code = answer.kind === 'failed' ? 'no-answer' : 'http-status';
    return pollAgain(why) ?? failed({ code, message: why }, step, unknown);
  }

  const { response, unread } = readAnswer(answer.text);
  if (spec.continueIf && !matchesCondition(spec.continueIf, response, asked.variables)) {
    const why = explainMismatch(spec.continueIf, response, asked.variables);
    if (!spec.polling)
      return { kind: 'blocked', error: { code: 'not-matched', message: why, step: step.index } };
    const inVain = plural(polls, {
      one: t`${why} Checked once.`,
      other: t`${why} Checked ${polls} times.`,
    });
    return pollAgain(why) ?? failed({ code: 'not-matched', message: inVain }, step);
  }

  // A status from 400 is one that the manifest lists, so it knows the answer. So it does where `continue_if` was met.
  const refusal =
    fault ??
    (spec.continueIf || answer.status >= 400 ? undefined : refusalIn(answer.text, response));
  const isRefused = refusal && (isRevoke || !refusal.isAlready);
  if (isRefused && !mayBeExpected(refusal, asked))
    return failed({ code: 'not-matched', message: refusedWords(refusal, asked.app) }, step);

  return (
    notExpected(asked, { text: answer.text, json: response }) ?? keep(asked, { response, unread })
  );
}

/** Undefined where the answer has what the manifest expects. */
function notExpected(
  { spec, step, variables }: AnsweredStep,
  { text, json }: { readonly text: string; readonly json: Json },
): StepOutcome | undefined {
  const expected = renderText(spec.expected ?? '', scopeOf(variables));
  if (!expected.ok) return failed({ code: 'bad-request', message: expected.error }, step);
  const wanted = expected.value.trim();
  // This check may be the only thing that keeps the next request from removing another person.
  if (wanted === '' && spec.expected?.trim())
    return failed(
      {
        code: 'not-matched',
        message: t`The value that the manifest expects (${spec.expected}) is empty for this person, so the run stopped here. Fill in the missing value, or change expected in the manifest.`,
      },
      step,
    );
  if (wanted !== '' && !containsExpected(text, wanted, { json }))
    return failed(
      {
        code: 'not-matched',
        message: t`The answer doesn't contain "${wanted}", which the manifest expects. Check what the answer says.`,
      },
      step,
    );
  return undefined;
}

/** Done, with what `store_data` keeps of the answer. Failed where the answer lacks it, or has too much of it. */
function keep(
  { spec, step }: AnsweredStep,
  { response, unread }: ReturnType<typeof readAnswer>,
): StepOutcome {
  const stored = readStoreData(spec.storeData ?? {}, response);
  if (stored.ok && beginningOfJson(stored.values, MAX_STORED + 1).length > MAX_STORED)
    return failed(
      {
        code: 'not-matched',
        message: t`The part of the answer that store_data keeps is longer than ${sayNumber(MAX_STORED)} characters. Make it keep less.`,
      },
      step,
    );
  if (stored.ok) return { kind: 'done', response, stored: stored.values };
  const { key, path } = stored.missing;
  const notStored = () => {
    if (unread === undefined)
      return t`The answer has nothing at "${path}", which should be stored as ${key}. Compare store_data in the manifest with the answer.`;
    return unread === 'not-json'
      ? t`The answer isn't JSON, so Latchkey couldn't store "${path}" as ${key}. Check the address, and that the service answers with JSON.`
      : t`${excessWords(unread)} So Latchkey couldn't store "${path}" as ${key}.`;
  };
  return failed({ code: 'missing-path', message: notStored() }, step);
}

/** No answer came. A refused redirect and an answer that is too large are answers. */
const LEFT_OPEN: ReadonlySet<HttpFailure['code']> = new Set(['connection-lost', 'timeout']);

/**
 * Whether `expected` may look for what the app refuses with, such as `already_removed`. A fault, and the errors of a grant, may quote what
 * was sent, such as the address that it looks for.
 */
const mayBeExpected = (
  { by }: Refusal,
  { spec, isRevoke }: Pick<AnsweredStep, 'spec' | 'isRevoke'>,
): boolean =>
  (spec.expected ?? '').trim() !== '' && (by === 'ok' || (by === 'errors' && isRevoke === true));

const failed = (
  error: Pick<RunError, 'code' | 'message'>,
  { index: step }: Step,
  unknown = false,
): StepOutcome => ({ kind: 'failed', unknown, error: { ...error, step } });

/** Enough to see what is wrong with a value. */
const SHOWN_CHARACTERS = 100;

function explainMismatch(
  { responseNotation, value }: NonNullable<ManifestRequest['continueIf']>,
  response: Json,
  variables: Variables,
): string {
  const place =
    responseNotation.trim() === '' ? t`The answer` : t`The answer's "${responseNotation}"`;
  const expected = renderText(toText(value), scopeOf(variables));
  const wanted = expected.ok ? expected.value : toText(value);
  const found = readNotation(response, responseNotation);
  if (!found.found) return t`${place} is missing; expected "${wanted}".`;
  const came = toText(found.value);
  return came.length > SHOWN_CHARACTERS
    ? t`${place} is not "${wanted}".`
    : t`${place} is "${came}"; expected "${wanted}".`;
}

/**
 * Milliseconds until the request may be repeated automatically, or undefined when it may not.
 * @param windowMs from the start of the step; no repeat is sent after it
 */
export function repeatAfter({
  answer,
  method,
  step,
  now,
  windowMs = REPEAT_WINDOW_MS,
}: Pick<AnsweredStep, 'answer' | 'method' | 'now'> & {
  readonly step: Pick<Step, 'tries' | 'startedAt'>;
  readonly windowMs?: number;
}): number | undefined {
  const safe = !isWrite({ method });
  const repeatable =
    answer.kind === 'answer'
      ? // Behind a redirect to another method, only the page that it led to failed: the write was taken.
        answer.redirectedBy === undefined && (isRateLimited(answer) || answer.status === 503)
      : answer.code === 'no-connection' ||
        answer.code === 'unknown-host' ||
        answer.code === 'circuit-open' ||
        (safe && answer.code === 'connection-lost');
  if (!repeatable || step.tries > REPEATS) return undefined;
  const named = answer.kind === 'answer' ? pauseNamed(answer, now) : answer.retryAfterMs;
  const pause = named ?? FIRST_PAUSE_MS * 2 ** (step.tries - 1);
  const since = now.getTime() - step.startedAt.getTime();
  return since + pause <= windowMs ? pause : undefined;
}

/** Optional details of the sentence. */
interface Describing {
  /** The app's name, as the beginning of a sentence. */
  readonly who?: string;
  readonly spec?: Pick<ManifestRequest, 'statusCode'>;
  readonly now?: Date;
  /** Latchkey tries again, so no one is told to. */
  readonly isRepeated?: boolean;
}

/** What happened and what to do, for people. The status is under the technical details. */
export function describe(
  answer: HttpAnswer,
  { who = t`The service`, spec, now, isRepeated = false }: Describing = {},
): string {
  if (answer.kind === 'failed')
    return isRepeated ? whatFailed(answer, who) : failureWords(answer, who);
  const { status } = answer;
  if (status < 400)
    return t`${who} answered with a status that the manifest's status_code doesn't list (${(spec?.statusCode ?? []).join(', ')}). Compare it with the service's documentation.`;
  const later =
    status >= 500
      ? t`${who} has a problem of its own.`
      : isRateLimited(answer) && t`${who} is getting too many requests.`;
  if (!later) return whyRefused(status, who);
  const pause = now && pauseNamed(answer, now);
  const asks = pause ? t`It asks to wait ${durationWords(pause)}.` : '';
  return sentences(later, asks, !isRepeated && t`Try again later.`);
}

/** For answers that a repeat would not change. */
function whyRefused(status: number, who: string): string {
  switch (status) {
    case 401:
    case 403:
      return t`${who} doesn't accept Latchkey's credentials, or they don't allow this. Check its secrets, and what they allow.`;
    case 404:
    case 410:
      return t`${who} has nothing at the address of this request. Check the address, and the values in it.`;
    case 405:
      return t`${who} doesn't accept this method at this address. Check both in the manifest; without a method, Latchkey sends POST.`;
    case 409:
      return t`${who} says that this conflicts with what already exists there. Check what the answer says.`;
    default:
      return t`${who} doesn't accept what was sent. Check what the answer says, then the form and the manifest.`;
  }
}

/** `responses.N` is the JSON of step N, or `{}` when the answer was not JSON, or exceeds what Latchkey reads. */
export function readAnswer(text: string): {
  readonly response: Json;
  readonly unread?: 'not-json' | JsonExcess;
} {
  const read = readJson(text);
  return read.ok ? { response: read.value } : { response: {}, unread: read.exceeds ?? 'not-json' };
}
