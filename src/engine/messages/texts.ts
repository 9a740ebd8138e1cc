/**
 * Texts to phones. The *text provider* is an integration of type `send_text` that an admin has chosen. Latchkey sends its one
 * request once for each try of a text. Nobody can take a text back, so a text that may have gone out is never sent again without
 * a note that says so.
 */
import { DAY_MS } from '../../core/hours.ts';
import { isJsonObject, jsonIn } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { ask } from '../calls/ask.ts';
import { type Context, gatherText } from '../calls/context.ts';
import { failureWords } from '../calls/failure-words.ts';
import { BUSY_PAUSE_MS, REQUEST_TIMEOUT_MS, RESPONSE_BYTES } from '../calls/limits.ts';
import type { Tokens } from '../calls/oauth.ts';
import { isSuccess } from '../calls/outcome.ts';
import { isRateLimited, pauseNamed } from '../calls/rate-limit.ts';
import { manifestOf, manifestsOf } from '../integrations/manifest-of.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Integration } from '../people/directory.ts';
import type { Http, HttpAnswer, HttpFailure } from '../ports/http.ts';
import type { OutgoingText, Sending, TextProvider } from '../ports/sending.ts';
import type { Clock } from '../ports/time-and-chance.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { describe, judgeStep } from '../runs/step-outcome.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';

export interface Texting {
  readonly now: Clock;
  readonly http: Http;
  readonly tokens: Tokens;
}

/** The integration that sends texts. Undefined when none was chosen, or when it is off, deleted or of another type now. */
export async function textIntegration(
  stores: Pick<Stores, 'settings' | 'integrations'>,
): Promise<Integration | undefined> {
  const { textProviderId } = await workspaceSettings(stores);
  const integration =
    textProviderId === undefined ? undefined : await stores.integrations.find(textProviderId);
  if (!integration?.enabled || integration.deletedAt) return undefined;
  return (await manifestOf(stores, integration))?.kind === 'text' ? integration : undefined;
}

/** All integrations that can send texts, also those that are turned off. */
export async function textIntegrations(
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly Integration[]> {
  const all = await stores.integrations.list();
  const manifests = await manifestsOf(stores, all);
  return all.filter(({ id }) => manifests.get(id)?.kind === 'text');
}

/** Finds the text provider. @returns undefined when there is none */
export type FindTextProvider = (
  stores: Pick<Stores, 'settings' | 'integrations'>,
) => Promise<TextProvider | undefined>;

export const textProviders =
  (deps: Texting & { readonly stores: Stores }): FindTextProvider =>
  async (stores) => {
    const integration = await textIntegration(stores);
    return integration && { send: (text) => sendBy(integration, text, deps) };
  };

async function sendBy(
  { id }: Integration,
  text: OutgoingText,
  deps: Texting & { readonly stores: Stores },
): Promise<Sending> {
  const gathered = await gatherText(deps.stores, id, text);
  return gathered.ok
    ? sendText(gathered.context, text.id, deps)
    : { kind: 'later', why: gathered.why }; // An admin may fix it before the next try.
}

/**
 * Sends one text, once. Never throws for what the provider does.
 * @param id the same at each try of a text; a provider that recognises it sends the text only once
 */
export async function sendText(context: Context, id: string, deps: Texting): Promise<Sending> {
  const [spec] = context.manifest.execute;
  if (!spec) return { kind: 'refused', why: t`The manifest of the text provider has no request.` };
  const limits = { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: RESPONSE_BYTES };
  const asked = await ask(spec, context, { ...deps, limits, idempotencyKey: id });
  if (asked.kind === 'not-asked') return { kind: 'later', why: asked.why };
  const sending = judge(spec, asked, deps.now());
  return 'why' in sending ? { ...sending, why: asked.context.redact(sending.why) } : sending;
}

function judge(
  spec: ManifestRequest,
  { answer, context }: { readonly answer: HttpAnswer; readonly context: Context },
  now: Date,
): Exclude<Sending, { kind: 'sent' }> | { readonly kind: 'sent' } {
  const { name } = context.integration;
  if (answer.kind === 'failed') return judgeFailure(answer, name);
  const { status, text } = answer;
  if (isSuccess(spec, status)) {
    const step = { runId: '', attempt: 1, index: 0, method: spec.method, url: '', tries: 1 };
    const outcome = judgeStep({
      spec,
      method: spec.method,
      step: { ...step, state: 'sending', startedAt: now, warnings: [] },
      answer,
      now,
      app: name,
      variables: context.variables([]),
    });
    if (outcome.kind === 'done') return { kind: 'sent' };
    return outcome.kind === 'again'
      ? { kind: 'later', why: outcome.why }
      : { kind: 'refused', why: t`${name} didn't accept it. ${outcome.error.message}` };
  }
  // Redacted before `quoted` cuts it, because half of a secret would not be found.
  const why = sentences(describe(answer, { who: name, now }), quoted(context.redact(text)));
  const afterMs = pauseNamed(answer, now);
  const later = {
    kind: 'later',
    why,
    ...(afterMs !== undefined && { afterMs: Math.min(afterMs, LONGEST_PAUSE_MS) }),
  } as const;
  if (isRateLimited(answer) || status === 503) return later; // The provider says that it did not accept the text.
  // A gateway may answer so although the provider behind it sent the text.
  return status >= 500 || status === 408
    ? { ...later, isDoubtful: true }
    : { kind: 'refused', why };
}

/** A text that may have arrived is not sent again. */
function judgeFailure(failure: HttpFailure, name: string): Exclude<Sending, { kind: 'sent' }> {
  const { code, maySent, retryAfterMs } = failure;
  const message = failureWords(failure, name);
  const later = { kind: 'later', why: message, afterMs: retryAfterMs } as const;
  switch (code) {
    case 'bad-url':
    case 'private-address':
      return { kind: 'refused', why: message };
    case 'unknown-host':
    case 'no-connection':
    case 'bad-certificate':
    case 'circuit-open':
      return later;
    case 'host-busy':
      return { kind: 'busy', why: message, afterMs: retryAfterMs ?? BUSY_PAUSE_MS };
    case 'connection-lost':
    case 'timeout':
    case 'too-large':
    case 'bad-redirect':
      return maySent
        ? {
            kind: 'unknown',
            why: sentences(
              message,
              t`${name} may or may not have sent it. Find out whether it arrived before you send it again.`,
            ),
          }
        : later;
    default:
      return unreachable(code);
  }
}

/** A longer pause is a provider's mistake, and the text would never go out. */
const LONGEST_PAUSE_MS = DAY_MS;

const QUOTED = 200;

/** The provider's own words, if its JSON has a `message`, as most have. */
function quoted(text: string): string | undefined {
  const said = messageIn(text)?.replace(/\s+/g, ' ').trim();
  if (!said) return undefined;
  return t`Its answer: ${shorten(said, QUOTED)}`;
}

function messageIn(text: string): string | undefined {
  const json = jsonIn(text); // A page of HTML would not help people.
  const message = isJsonObject(json) ? json['message'] : undefined;
  return typeof message === 'string' ? message : undefined;
}
