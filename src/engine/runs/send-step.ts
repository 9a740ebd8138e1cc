/** Sends the request of one step: with its files, into a file, and once more after a 401. */
import { say, sayNumber } from '../../core/say.ts';
import { onceMoreAfter401, wasRefused, withIdempotencyKey } from '../calls/ask.ts';
import type { Context } from '../calls/context.ts';
import { REQUEST_TIMEOUT_MS, RESPONSE_BYTES } from '../calls/limits.ts';
import type { Tokens } from '../calls/oauth.ts';
import { isSuccess } from '../calls/outcome.ts';
import type { Described } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/schema.ts';
import type { Http, HttpAnswer, HttpRequest } from '../ports/http.ts';
import type { RunFilePart } from '../ports/run-stores.ts';
import type { NewId } from '../ports/time-and-chance.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Step } from './run.ts';
import { fileReader, fileSaver, LostRun } from './run-files.ts';

export interface StepToSend {
  readonly spec: ManifestRequest;
  /** Not stored yet. */
  readonly step: Step;
  readonly request: HttpRequest;
  readonly context: Context;
  /** Renders the request again, with another token. */
  readonly describe: (context: Context) => Described;
}

export interface StepParts {
  readonly newId: NewId;
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
  /** Stores the step before a request leaves. False where the run was lost. */
  readonly begin: (step: Step) => Promise<boolean>;
  /** Stores a part of a file. False where the run was lost. */
  readonly putPart: (part: RunFilePart) => Promise<boolean>;
}

export interface SentStep {
  /** As it was sent last, with what of the answer is shown. */
  readonly step: Step;
  readonly answer: HttpAnswer;
  readonly context: Context;
}

/** @returns undefined where the run was lost meanwhile. */
export async function sendStep(
  toSend: StepToSend,
  parts: StepParts,
): Promise<SentStep | undefined> {
  return onceMoreAfter401<SentStep | undefined>(
    toSend.context,
    (context, first) => (first ? sendAgain(context, first) : sendOnce(toSend, parts)),
    (sent) => sent !== undefined && wasRefused(toSend.spec, sent.answer),
    parts,
  );

  async function sendAgain(context: Context, first: SentStep): Promise<SentStep | undefined> {
    const described = toSend.describe(context);
    if (!described.ok) return first;
    const { idempotencyKey, ...rest } = toSend.step;
    const step = idempotencyKey === undefined ? rest : { ...rest, idempotencyKey: parts.newId() };
    return sendOnce({ ...toSend, context, request: described.request, step }, parts);
  }
}

async function sendOnce(
  { spec, step, request, context }: StepToSend,
  parts: StepParts,
): Promise<SentStep | undefined> {
  if (!(await parts.begin(step))) return undefined;
  const saver =
    spec.saveAsFile === undefined
      ? undefined
      : fileSaver(step.runId, spec.saveAsFile, (status) => isSuccess(spec, status), parts.putPart);
  try {
    const answer = await parts.http.send(
      withIdempotencyKey(request, step.idempotencyKey),
      { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: RESPONSE_BYTES },
      { fileNamed: fileReader(parts.stores.files, step.runId), ...(saver && { sink: saver }) },
    );
    if (answer.kind === 'failed') return { step, answer, context };
    const { status } = answer;
    const text =
      saver && isSuccess(spec, status)
        ? describeFile(spec.saveAsFile ?? '', await saver.finish(answer.headers['content-type']))
        : context.redact(answer.text);
    return {
      step: { ...step, status: answer.redirectedBy ?? status, responseText: text },
      answer,
      context,
    };
  } catch (error) {
    if (error instanceof LostRun) return undefined;
    throw error;
  }
}

const describeFile = (name: string, bytes: number): string =>
  say`A file of ${sayNumber(bytes)} bytes, kept as ${name}.`;
