/** The Web API client. We do the retries, its log never reaches the console, and its errors become `PlatformError`. */
import { setTimeout } from 'node:timers/promises';
import { type Logger, LogLevel, webApi } from '@slack/bolt';
import { z } from 'zod';
import { MINUTE_MS } from '../../core/hours.ts';
import { callByName, isRedirect, readUpTo } from '../../http/call-by-name.ts';
import { type PlatformCall, PlatformError } from '../view/platform.ts';
import { API_TIMEOUT_MS, MAX_ANSWER_BYTES, SHORT_WAIT_MS } from './limits.ts';
import { secondsIn } from './retry-after.ts';
import { sdkFetch } from './sdk-fetch.ts';

export interface SlackApiOptions {
  /** `xoxb-…`, or where a token that expires comes from. */
  readonly token: SlackToken;
  /** For tests: another Web API than Slack's. */
  readonly apiUrl?: string;
  /** Milliseconds since any fixed moment. Left out: the machine's clock. */
  readonly now?: () => number;
  /** Called when a call has ended. */
  readonly onCall?: (call: PlatformCall) => void;
}

export type SlackToken = string | TokenSource;

/** A token that expires. */
export interface TokenSource {
  /**
   * @param refused the token that Slack has just called expired
   * @throws {PlatformError} when there is none
   */
  get(refused?: string): Promise<string>;
}

export const currentToken = async (token: SlackToken): Promise<string> =>
  typeof token === 'string' ? token : token.get();

/** Receives the SDK's log messages. pino's logger is one. */
export interface SlackLog {
  warn(message: string): void;
  error(message: string): void;
}

/** For `WebClient` and for Bolt. The SDK's retries are off: a job or a person retries, and so knows about it. */
export function clientOptions(apiUrl: string | undefined, log: SlackLog): webApi.WebClientOptions {
  return {
    logger: sdkLogger(log),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: API_TIMEOUT_MS,
    slackApiUrl: apiUrl,
    fetch: sdkFetch,
  };
}

export function slackClient({ apiUrl, ...rest }: SlackApiOptions, log: SlackLog): webApi.WebClient {
  return new LatchkeyClient(clientOptions(apiUrl, log), rest);
}

/** Of a client that `slackClient` made. @throws {PlatformError} when there is none */
export const tokenOf = async (client: webApi.WebClient): Promise<string> =>
  client instanceof LatchkeyClient ? currentToken(client.source) : (client.token ?? '');

/** Every method of the SDK's client calls `apiCall`. */
class LatchkeyClient extends webApi.WebClient {
  readonly source: SlackToken;
  readonly #onCall: (call: PlatformCall) => void;
  readonly #now: () => number;
  /** Latchkey was removed. Until then nothing is sent. */
  #silentUntil = 0;
  /** Slack refused a renewed token as well. Until then a refusal renews none. */
  #renewsNoneUntil = 0;
  /** Until when Slack takes no more calls of a method, or messages in a conversation: asking on would prolong it. */
  readonly #limitedUntil = new Map<string, number>();

  constructor(
    options: webApi.WebClientOptions,
    { token, onCall = () => undefined, now = () => performance.now() }: SlackApiOptions,
  ) {
    super(typeof token === 'string' ? token : undefined, options);
    this.source = token;
    this.#onCall = onCall;
    this.#now = now;
  }

  override async apiCall(
    ...args: Parameters<webApi.WebClient['apiCall']>
  ): Promise<webApi.WebAPICallResult> {
    const [operation, options] = args;
    const limited = limitOf(operation, options);
    const began = performance.now();
    if (this.#now() < this.#silentUntil)
      throw new PlatformError('removed', 'Latchkey was removed from Slack');
    this.#keepWaiting(limited);
    const done = (outcome: PlatformCall['outcome']) =>
      this.#onCall({
        platform: 'slack',
        operation,
        outcome,
        seconds: (performance.now() - began) / 1000,
      });
    try {
      const result = await this.#callWithToken(...args);
      done('ok');
      return result;
    } catch (error) {
      const { code, retryAfterMs } = toPlatformError(error);
      if (code === 'removed') this.#silentUntil = this.#now() + SILENT_MS;
      if (code === 'rate-limited' && retryAfterMs !== undefined)
        this.#limitedUntil.set(limited, this.#now() + retryAfterMs);
      done(code);
      throw error;
    }
  }

  #keepWaiting(limited: string): void {
    const leftMs = Math.ceil((this.#limitedUntil.get(limited) ?? 0) - this.#now());
    if (leftMs > 0)
      throw new PlatformError('rate-limited', 'Slack has asked us to wait', {
        retryAfterMs: leftMs,
      });
    this.#limitedUntil.delete(limited);
  }

  /** Slack may end a token earlier than it has said, and another process may have renewed it: then once more with a new one. */
  async #callWithToken(
    ...[method, options]: Parameters<webApi.WebClient['apiCall']>
  ): Promise<webApi.WebAPICallResult> {
    if (typeof this.source === 'string') return super.apiCall(method, options);
    const token = await this.source.get();
    try {
      return await super.apiCall(method, { ...options, token });
    } catch (error) {
      if (!hasEnded(error) || this.#now() < this.#renewsNoneUntil) throw error;
    }
    const renewed = await this.source.get(token);
    try {
      return await super.apiCall(method, { ...options, token: renewed });
    } catch (error) {
      if (hasEnded(error)) this.#renewsNoneUntil = this.#now() + SILENT_MS;
      throw error;
    }
  }
}

/** apis/web-api/rate-limits: each method has its limit, and of `chat.postMessage` each conversation. */
const limitOf = (method: string, options: Readonly<Record<string, unknown>> = {}): string =>
  method === 'chat.postMessage' ? `${method} to ${String(options['channel'])}` : method;

/** Slack's errors for a token that a renewed one may replace. Where the app was uninstalled, renewing it is refused, too. */
const ENDED = new Set(['token_expired', 'token_revoked', 'invalid_auth']);
const hasEnded = (error: unknown): boolean =>
  error instanceof webApi.WebAPIPlatformError && ENDED.has(error.data.error);

/** Then one call asks again. */
const SILENT_MS = MINUTE_MS;

const TOKEN = /\bx(?:ox[a-z]|app)-[\w-]+/g;

/** Only the texts of warnings and errors. Debug output has whole payloads, and attached objects may have them too. */
export function sdkLogger(log: SlackLog): Logger {
  const say = (parts: readonly unknown[]): string =>
    parts
      .flatMap((part) =>
        part instanceof Error
          ? [`${part.name}: ${part.message}`]
          : typeof part === 'string'
            ? [part]
            : [],
      )
      .join(' ')
      .replaceAll(TOKEN, '•••');
  return {
    debug() {},
    info() {},
    warn: (...deps) => log.warn(`Slack SDK: ${say(deps)}`),
    error: (...deps) => log.error(`Slack SDK: ${say(deps)}`),
    setLevel() {},
    getLevel: () => LogLevel.WARN,
    setName() {},
  };
}

/** Slack's errors for a missing message, conversation or user, and for a message that can't be edited any more. */
const GONE = new Set([
  'message_not_found',
  'channel_not_found',
  'user_not_found',
  'user_disabled',
  'is_archived',
  'is_inactive',
  'edit_window_closed',
  'cant_update_message',
  'not_in_channel',
  'cannot_dm_bot',
]);
/** Slack's errors for a bot token of an app that was uninstalled, or whose token was revoked. */
const REMOVED = new Set(['account_inactive', 'token_revoked']);
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
const TROUBLE = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'org_login_required',
  'external_channel_migrating',
  'update_failed',
]);

/** Waits for a Web API call. @throws {PlatformError} with Slack's error as the cause's message. */
export async function api<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toPlatformError(error);
  }
}

/** A timer may end so much too early. */
const EARLY_MS = 2;

/** Calls once more where Slack names a wait that is short enough. @throws {PlatformError} */
export async function waitingOnce<T>(
  call: () => Promise<T>,
  longestMs: number = SHORT_WAIT_MS,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'rate-limited') throw error;
    if (error.retryAfterMs === undefined || error.retryAfterMs > longestMs) throw error;
    await setTimeout(error.retryAfterMs + EARLY_MS);
    return call();
  }
}

/** What Slack calls an error. The SDK takes for one whatever isn't JSON, such as the page of a proxy. */
const SLACKS_WORD = z.string().regex(/^[\w.:-]{1,100}$/);

/** Slack's Web API says what is wrong in JSON, with HTTP 200 or 429. All else comes from something in between, or from a Slack in trouble. */
const noAnswer = (what: string, cause: Error): PlatformError =>
  new PlatformError('unreachable', `Slack, or something before it, answered ${what}`, { cause });

export function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new PlatformError('rate-limited', 'Slack asks us to wait', {
      cause: error,
      retryAfterMs: error.retryAfter * 1000,
    });
  if (error instanceof webApi.WebAPIPlatformError) {
    const said = SLACKS_WORD.safeParse(error.data.error).data;
    if (said === undefined) return noAnswer('something that is no answer of its API', error);
    if (REMOVED.has(said))
      return new PlatformError('removed', `Latchkey was removed from Slack (${said})`, {
        cause: error,
      });
    const code = GONE.has(said)
      ? 'gone'
      : LIMITED.has(said)
        ? 'rate-limited'
        : TROUBLE.has(said)
          ? 'unreachable'
          : 'refused';
    return new PlatformError(code, `Slack answered ${said}`, { cause: error });
  }
  if (error instanceof webApi.WebAPIHTTPError) return noAnswer(`HTTP ${error.statusCode}`, error);
  return new PlatformError('unreachable', 'Slack could not be reached', { cause: error });
}

/** True when Slack answered the call with one of these errors. */
export const slackSaid = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof PlatformError &&
  error.cause instanceof webApi.WebAPIPlatformError &&
  codes.includes(error.cause.data.error);

/** Answers an interaction through its `response_url`. @throws {PlatformError} */
export async function respond(
  responseUrl: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { status, retryAfterMs } = await answerOf(responseUrl, body);
  if (status === 429)
    throw new PlatformError('rate-limited', 'Slack asks us to wait', { retryAfterMs });
  // Slack takes none in that conversation, or no more to that interaction.
  if (status === 403 || status === 404 || status === 410)
    throw new PlatformError('gone', 'The interaction can no longer be answered there');
  if (status < 200 || status >= 300)
    throw new PlatformError(
      status >= 500 ? 'unreachable' : 'refused',
      `Slack answered a response with HTTP ${status}`,
    );
}

async function answerOf(
  responseUrl: string,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly status: number; readonly retryAfterMs: number }> {
  try {
    const answer = await callByName(responseUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(API_TIMEOUT_MS),
    });
    if (isRedirect(answer)) throw new Error('Slack redirected the answer');
    await readUpTo(answer, MAX_ANSWER_BYTES); // Frees the connection.
    const { statusCode: status = 0, headers } = answer;
    return { status, retryAfterMs: secondsIn(headers['retry-after']) * 1000 };
  } catch (cause) {
    throw new PlatformError('unreachable', 'Slack could not be reached', { cause });
  }
}
