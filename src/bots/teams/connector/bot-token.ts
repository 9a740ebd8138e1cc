/** The bot's token for the Bot Connector, from Microsoft Entra. */
import { z } from 'zod';
import { MINUTE_MS } from '../../../core/hours.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { PlatformError } from '../../view/platform.ts';
import type { ConnectorHttp } from './connector-http.ts';
import { type BotApp, proofOf } from './credential.ts';
import { codeIn } from './refusal.ts';

export interface TokenDeps {
  readonly http: ConnectorHttp;
  /** In milliseconds. */
  readonly now: () => number;
  /** For tests: another host of tokens than Entra's. */
  readonly entra?: string | undefined;
}

export type TokenAnswer =
  | { readonly kind: 'token'; readonly token: string; readonly seconds: number }
  /** `code` is Entra's (`AADSTS7000215`), or OAuth2's. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Nothing was sent. `why` is a sentence without its stop. */
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string };

const ENTRA = 'https://login.microsoftonline.com';
const LIMITS = { timeoutMs: 10_000, maxBytes: 100_000 };
/** Entra's tokens live for an hour to a day. */
const MAX_SECONDS = 24 * 60 * 60;

const granted = z.looseObject({
  // It becomes a header.
  access_token: z.string().regex(/^[\w.~+/=-]{1,20000}$/),
  expires_in: z.coerce.number().positive(),
});
const refused = z.looseObject({
  error: z.string(),
  error_description: z.string().optional().catch(undefined),
});

/** Asks Entra for a token: the client credentials flow of one tenant. */
export async function requestToken(
  app: BotApp,
  { http, now, entra = ENTRA }: TokenDeps,
): Promise<TokenAnswer> {
  const url = `${entra}/${app.tenantId}/oauth2/v2.0/token`;
  const proof = await proofOf(app, { audience: url, now });
  if (proof.kind === 'unusable') return proof;
  const answer = await http.send(
    {
      method: 'POST',
      url,
      headers: { accept: 'application/json' },
      body: {
        kind: 'form',
        fields: [
          ['grant_type', 'client_credentials'],
          ['client_id', app.appId],
          ...proof.fields,
          ['scope', 'https://api.botframework.com/.default'],
        ],
      },
    },
    LIMITS,
  );
  if (answer.kind === 'failed') return { kind: 'unreachable', why: answer.code };
  const body = jsonIn(answer.text);
  const { data: token } = granted.safeParse(body);
  if (answer.status === 200 && token)
    return {
      kind: 'token',
      token: token.access_token,
      seconds: Math.min(token.expires_in, MAX_SECONDS),
    };
  const { data: refusal } = refused.safeParse(body);
  if (!refusal) return { kind: 'unreachable', why: `HTTP ${answer.status}` };
  // The description's text could repeat what we sent.
  const code = /^AADSTS\d{1,12}/.exec(refusal.error_description ?? '')?.[0];
  return { kind: 'refused', code: code ?? codeIn(refusal.error) ?? `HTTP ${answer.status}` };
}

/** JSON, or undefined for another text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** We ask for the next token so long before this one ends. */
const AHEAD_SECONDS = 300;
/** After a failure. Every message asks, and Entra blocks an app that asks in a loop. */
const COOL_DOWN_MS = 5000;
/** A token that is refused younger than this is not the reason. */
const YOUNG_MS = MINUTE_MS;

interface Kept {
  readonly token: string;
  readonly at: number;
  /** In milliseconds. We ask for another one then. */
  readonly until: number;
  /** In milliseconds. It is good until then. */
  readonly end: number;
}

/** Keeps the token until shortly before its end, and to its end while Entra gives no other one. */
export class BotToken {
  readonly #app: BotApp;
  readonly #deps: TokenDeps;
  #kept: Kept | undefined;
  #asking: Promise<string> | undefined;
  #failed: { readonly error: PlatformError; readonly at: number } | undefined;

  constructor(app: BotApp, deps: TokenDeps) {
    this.#app = app;
    this.#deps = deps;
  }

  /** @throws {PlatformError} */
  async get(): Promise<string> {
    const now = this.#deps.now();
    if (this.#kept && now < this.#kept.until) return this.#kept.token;
    if (this.#failed && now - this.#failed.at < COOL_DOWN_MS)
      return this.#keptInstead(this.#failed.error);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Forgets a token that the Bot Connector refused. @returns whether another one may do */
  forget(token: string): boolean {
    const kept = this.#kept;
    if (kept?.token !== token) return true; // Another call has forgotten it.
    if (this.#deps.now() - kept.at < YOUNG_MS) return false;
    this.#kept = undefined;
    return true;
  }

  async #ask(): Promise<string> {
    const at = this.#deps.now();
    const answer = await requestToken(this.#app, this.#deps).catch(broken);
    if (answer.kind !== 'token') {
      const error = noToken(answer);
      this.#failed = { error, at: this.#deps.now() };
      return this.#keptInstead(error);
    }
    const { token, seconds } = answer;
    const usable = Math.max(seconds - AHEAD_SECONDS, seconds / 2);
    this.#kept = { token, at, until: at + usable * 1000, end: at + seconds * 1000 };
    this.#failed = undefined;
    return token;
  }

  /** @throws {PlatformError} `error`, when the token that we have has ended */
  #keptInstead(error: PlatformError): string {
    if (this.#kept && this.#deps.now() < this.#kept.end) return this.#kept.token;
    throw error;
  }
}

/** Only the error's name: its text and cause could repeat what we sent. */
const broken = (error: unknown): TokenAnswer => ({
  kind: 'unreachable',
  why: error instanceof Error ? error.name : 'no reason given',
});

function noToken(answer: Exclude<TokenAnswer, { readonly kind: 'token' }>): PlatformError {
  switch (answer.kind) {
    case 'refused':
      return new PlatformError('unreachable', `Entra gave the bot no token (${answer.code})`);
    case 'unusable':
      return new PlatformError('unreachable', `The bot can't get a token: ${answer.why}`);
    case 'unreachable':
      return new PlatformError('unreachable', `Entra could not be reached (${answer.why})`);
    default:
      return unreachable(answer);
  }
}
