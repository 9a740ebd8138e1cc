/**
 * A form field's options, live from an app. The worker fetches them, they are cached for five minutes by the rendered request,
 * and the form waits for them.
 */
import { readJson } from '../../core/json.ts';
import { nextTurn } from '../../core/next-turn.ts';
import { shorten } from '../../core/shorten.ts';
import { sayNumber, t } from '../../core/translate.ts';
import { type AskDeps, ask } from '../calls/ask.ts';
import { type Context, gather } from '../calls/context.ts';
import { excessWords } from '../calls/excess-words.ts';
import { failureWords } from '../calls/failure-words.ts';
import { BUSY_PAUSE_MS, OPTIONS_CACHE_MS, RESPONSE_BYTES } from '../calls/limits.ts';
import { isSuccess } from '../calls/outcome.ts';
import { refusalOf, refusedWords } from '../calls/refusal.ts';
import { describeRequest } from '../calls/request.ts';
import type { ManifestFormField } from '../manifest/form-schema.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Option, OptionsAnswer } from '../ports/chat-stores.ts';
import type { HttpRequest } from '../ports/http.ts';
import type { Jobs, Queue, Signals } from '../ports/jobs.ts';
import type { Database, Stores } from '../ports/unit-of-work.ts';
import { describe } from '../runs/step-outcome.ts';
import { LOOKED_AT_BEHIND } from '../templates/redact.ts';
import { optionsFrom } from './form.ts';

/** A problem is cached only until the waiting form has read it, so that Try again fetches again. */
const PROBLEM_MS = 10_000;
/** A form that loads longer than this shows an error and Try again, never an endless spinner. */
export const OPTIONS_WAIT_MS = 2500;
/** Between two reads of the cache, for an answer that another machine's worker fetched. */
const LOOK_AGAIN_MS = 250;
/** Longer than the form waits, so that Try again finds the answer. */
const FETCH_TIMEOUT_MS = 30_000;

export type OptionsFor = Jobs['options.fetch'];

interface Waiting extends Database {
  readonly signals: Signals;
  /** A keyed hash: the rendered request holds secrets. */
  readonly keyedHash: (text: string) => string;
}

/** @returns the options, or a problem to show; waits at most `OPTIONS_WAIT_MS`. */
export async function optionsOf(wanted: OptionsFor, deps: Waiting): Promise<OptionsAnswer> {
  const described = await describeFetch(wanted, deps.stores);
  if (!described.ok) return { kind: 'problem', message: described.why };
  const key = keyOf(described, deps);
  const known = await deps.stores.options.find(key, deps.now());
  if (known?.kind === 'options') return known;

  if (known) await deps.stores.options.delete(key);
  await deps.transact((tx) => queueFetch(tx.queue, wanted, { key }));
  const deadline = deps.now().getTime() + OPTIONS_WAIT_MS;
  for (;;) {
    const left = deadline - deps.now().getTime();
    if (left <= 0) break;
    await deps.signals.next(`options:${key}`, Math.min(left, LOOK_AGAIN_MS));
    const answer = await deps.stores.options.find(key, deps.now());
    if (answer) return answer;
  }
  // An app that fails slowly never fails within the wait: then its last problem is shown.
  return (
    known ?? {
      kind: 'problem',
      message: t`${described.context.integration.name} hasn't answered yet. Try again in a moment.`,
      isPlain: true,
    }
  );
}

/** The worker's part: fetches the options from the app, and caches them for `optionsOf`. */
export async function fetchOptions(wanted: OptionsFor, deps: Waiting & AskDeps): Promise<void> {
  const described = await describeFetch(wanted, deps.stores);
  if (!described.ok) return; // `optionsOf` has shown the same problem.
  const key = keyOf(described, deps);
  // Another form's fetch has just brought them.
  const known = await deps.stores.options.find(key, deps.now());
  if (known?.kind === 'options') {
    deps.signals.announce(`options:${key}`);
    return;
  }
  const answer = await askOptions(described, deps);
  if (answer.kind === 'postponed') {
    const dueAt = new Date(deps.now().getTime() + answer.ms);
    await deps.transact((tx) => queueFetch(tx.queue, wanted, { key, dueAt }));
    return;
  }
  const at = deps.now();
  const keepMs = answer.kind === 'options' ? OPTIONS_CACHE_MS : PROBLEM_MS;
  await deps.stores.options.put(key, answer, { at, expiresAt: new Date(at.getTime() + keepMs) });
  deps.signals.announce(`options:${key}`);
}

/** At most one fetch of a rendered request is queued, however many forms need it. */
const queueFetch = (
  queue: Queue,
  wanted: OptionsFor,
  { key, dueAt }: { readonly key: string; readonly dueAt?: Date },
): Promise<void> =>
  queue.push('options.fetch', wanted, { lane: 'interactive', key: `options:${key}`, dueAt });

interface Fetch {
  readonly ok: true;
  readonly field: ManifestFormField;
  readonly spec: ManifestRequest;
  readonly context: Context;
  /** Without a token: tokens change, and the options don't change with them. */
  readonly request: HttpRequest;
}

async function describeFetch(
  { personId, integrationId, fieldId }: OptionsFor,
  stores: Stores,
): Promise<Fetch | { readonly ok: false; readonly why: string }> {
  const gathered = await gather(stores, { personId, integrationId });
  if (!gathered.ok) return gathered;
  const { context } = gathered;
  const field = context.manifest.form.find(({ id }) => id === fieldId);
  if (!field?.request)
    return { ok: false, why: t`${fieldId} is no longer in the form. Open the form again.` };
  const variables = { ...context.variables([]), oauth: undefined, redirect_url: undefined };
  const described = describeRequest(field.request, variables, context);
  return described.ok
    ? { ok: true, field, spec: field.request, context, request: described.request }
    : { ok: false, why: context.redact(described.error) };
}

/** Nothing was sent, since the host is busy. It is fetched again soon. */
interface Postponed {
  readonly kind: 'postponed';
  readonly ms: number;
}

async function askOptions(
  { field, spec, context: before }: Fetch,
  deps: AskDeps & Pick<Waiting, 'now'>,
): Promise<OptionsAnswer | Postponed> {
  const { name } = before.integration;
  const limits = { timeoutMs: FETCH_TIMEOUT_MS, maxBytes: RESPONSE_BYTES };
  const asked = await ask(spec, before, { ...deps, limits });
  if (asked.kind === 'not-asked') return { kind: 'problem', message: asked.why };
  const { answer, context } = asked;
  const problem = (message: string): OptionsAnswer => ({
    kind: 'problem',
    message: context.redact(message),
  });
  if (answer.kind === 'failed' && answer.code === 'host-busy')
    return { kind: 'postponed', ms: answer.retryAfterMs ?? BUSY_PAUSE_MS };
  if (answer.kind === 'failed')
    return problem(
      t`Latchkey couldn't get the options from ${name}. ${failureWords(answer, name)}`,
    );
  if (!isSuccess(spec, answer.status))
    return problem(
      t`Latchkey couldn't get the options. ${describe(answer, { who: name, spec, now: deps.now() })}`,
    );
  const read = readOptions(field, answer.text, context);
  if (read.kind === 'problem') return read;
  // Labels are shown, so they are redacted; a value is sent only to the app.
  return labelsForDisplay(read.options, context.redact);
}

/** Enough of an answer to recognise it. */
const SHOWN_CHARACTERS = 80;

function readOptions(
  field: ManifestFormField,
  text: string,
  { integration, redact }: Context,
): OptionsAnswer {
  const read = readJson(text);
  if (read.ok) {
    const response = read.value;
    const options = optionsFrom(field, response, redact);
    const hasSome = options.kind === 'options' && options.options.length > 0;
    const refusal = hasSome ? undefined : refusalOf(response);
    if (!refusal) return options;
    const why = redact(refusedWords(refusal, integration.name));
    return { kind: 'problem', message: t`Latchkey couldn't get the options. ${why}` };
  }
  if (read.exceeds)
    return {
      kind: 'problem',
      message: t`Latchkey couldn't get the options. ${excessWords(read.exceeds)}`,
    };
  // Redacted before it is cut: half a secret would not be found.
  const shown = redact(text.trimStart()).slice(0, SHOWN_CHARACTERS).trimEnd();
  return {
    kind: 'problem',
    message: t`${integration.name} answered with something that isn't JSON${shown && `: ${shown}`}. Ask an admin to check the address of this field's options.`,
  };
}

/** The request has no token, so the key contains the integration's id. Another field may read the same answer in another way. */
const keyOf = (
  { request, context, field: { dataFrom, choiceValue, choiceName } }: Fetch,
  { keyedHash }: Pick<Waiting, 'keyedHash'>,
): string =>
  keyedHash(JSON.stringify([context.integration.id, request, dataFrom, choiceValue, choiceName]));

/** Of one label. Longer than any form shows: Slack shows 75. */
const MAX_LABEL_CHARACTERS = 300;
/** Of all labels: 100 for each of 20,000 options. */
const MAX_LABELS_CHARACTERS = 2_000_000;
/** Between two turns of the event loop, as for any other text. */
const BATCH_CHARACTERS = 64 * 1024;

export async function labelsForDisplay(
  options: readonly Option[],
  redact: (text: string) => string,
): Promise<OptionsAnswer> {
  // Longer than what is shown: half a secret would not be found.
  const seen = options.map(({ label }) => label.slice(0, MAX_LABEL_CHARACTERS + LOOKED_AT_BEHIND));
  const characters = seen.reduce((sum, { length }) => sum + length, 0);
  if (characters > MAX_LABELS_CHARACTERS)
    return {
      kind: 'problem',
      message: t`The names in the list of options have ${sayNumber(characters)} characters, but the limit is ${sayNumber(MAX_LABELS_CHARACTERS)}. Ask an admin to request fewer in the manifest.`,
    };
  const shown: Option[] = [];
  let sinceTurn = 0;
  for (const [at, option] of options.entries()) {
    const label = seen[at] ?? '';
    sinceTurn += label.length;
    if (sinceTurn > BATCH_CHARACTERS) {
      sinceTurn = label.length;
      await nextTurn();
    }
    shown.push({ ...option, label: shorten(redact(label), MAX_LABEL_CHARACTERS) });
  }
  return { kind: 'options', options: shown };
}
