/** Sends the request of one step. It can send files, save the answer as a file, and repeat the request after a 401. */
import { newId } from '../../core/ids.ts';
import { sayNumber, t } from '../../core/translate.ts';
import { asRefusal, onceMoreAfter401, wasRefused, withIdempotencyKey } from '../calls/ask.ts';
import type { Context } from '../calls/context.ts';
import { REQUEST_TIMEOUT_MS, RESPONSE_BYTES } from '../calls/limits.ts';
import type { Tokens } from '../calls/oauth.ts';
import { isSuccess } from '../calls/outcome.ts';
import type { Described } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Http, HttpAnswer, HttpRequest } from '../ports/http.ts';
import type { RunFilePart } from '../ports/run-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Step } from './run.ts';
import { fileReader, fileSaver, LostRun } from './run-files.ts';

export interface StepToSend {
  readonly spec: ManifestRequest;
  /** Stored as sending. */
  readonly step: Step;
  readonly request: HttpRequest;
  readonly context: Context;
  /** Renders the request with another token. */
  readonly describe: (context: Context) => Described;
}

export interface StepDeps {
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
  /** Stores the step before its request leaves once more. False when the run was lost. */
  readonly beginAgain: (step: Step, context: Context) => Promise<boolean>;
  /** Stores a part of a file. False when the run was lost. */
  readonly putPart: (part: RunFilePart) => Promise<boolean>;
}

export interface SentStep {
  /** As it was last sent, with the part of the answer that is shown. */
  readonly step: Step;
  readonly answer: HttpAnswer;
  readonly context: Context;
}

/** @returns undefined when the run was lost. */
export async function sendStep(toSend: StepToSend, deps: StepDeps): Promise<SentStep | undefined> {
  return onceMoreAfter401<SentStep | undefined>(
    toSend.context,
    (context, first) => (first ? sendAgain(context, first) : sendOnce(toSend, deps)),
    {
      isRefused: (sent) => sent !== undefined && wasRefused(toSend.spec, sent.answer),
      ...deps,
    },
  );

  async function sendAgain(context: Context, first: SentStep): Promise<SentStep | undefined> {
    const described = toSend.describe(context);
    if (!described.ok) return first;
    const { idempotencyKey, ...rest } = toSend.step;
    const step = idempotencyKey === undefined ? rest : { ...rest, idempotencyKey: newId() };
    if (!(await deps.beginAgain(step, context))) return undefined;
    return sendOnce({ ...toSend, context, request: described.request, step }, deps);
  }
}

async function sendOnce(
  { spec, step, request, context }: StepToSend,
  deps: StepDeps,
): Promise<SentStep | undefined> {
  const saver =
    spec.saveAsFile === undefined
      ? undefined
      : fileSaver({
          runId: step.runId,
          name: spec.saveAsFile,
          takes: (status) => isSuccess(spec, status),
          putPart: deps.putPart,
        });
  try {
    const came = await deps.http.send(
      withIdempotencyKey(request, step.idempotencyKey),
      { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: RESPONSE_BYTES },
      { fileNamed: fileReader(deps.stores.files, step.runId), sink: saver },
    );
    // Its status says already that a write was not carried out.
    const answer = asRefusal(spec, came, (status) => status >= 400);
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
  t`A file of ${sayNumber(bytes)} bytes, kept as ${name}.`;
