/** A try's tokens and secrets: the engine's own tokens, and redaction. */
import type { Context } from '../engine/calls/context.ts';
import { createTokens, redirectUrls, type Tokens } from '../engine/calls/oauth.ts';
import { SYSTEM } from '../engine/people/directory.ts';
import type { Http } from '../engine/ports/http.ts';
import type { TryEnv } from './env.ts';
import { type Exchanges, noteExchanges } from './exchanges.ts';
import { type Fixture, isNotYetAskedFor } from './fixture.ts';

/** The default for a missing `PUBLIC_URL`. */
const DEFAULT_PUBLIC_URL = 'http://localhost:3000';

export interface TryContext {
  readonly exchanges: Exchanges;
  readonly tokens: Tokens;
  /** Returns a function that hides every current secret. */
  readonly redactNow: () => Promise<Context['redact']>;
  /** Whether a token was refreshed. */
  readonly refreshed: () => Promise<boolean>;
}

export function knownTo(context: Context, fixture: Fixture, env: TryEnv): TryContext {
  const { oauth } = fixture.stores;
  const { id } = context.integration;
  let newest = context;

  async function redactNow(): Promise<Context['redact']> {
    const token = await oauth.find(id);
    if (token && token.generation !== newest.token?.generation)
      newest = newest.withToken(token, ''); // We use only its redaction.
    return newest.redact;
  }

  const exchanges = noteExchanges(redactNow, env);
  const redirectUrlOf = redirectUrls(env.publicUrl ?? DEFAULT_PUBLIC_URL);
  const tokens =
    env.tokensOf?.(fixture) ??
    createTokens({
      ...env,
      ...fixture,
      http: saying(env.http, redactNow, env.progress),
      redirectUrlOf,
    });
  return {
    exchanges,
    redactNow,
    tokens: {
      ...tokens,
      async fresh(asking) {
        const token = await oauth.find(id);
        // Not a refresh: an app may refresh only by the refresh token of its first answer.
        const had = token && isNotYetAskedFor(token) && (await tokens.exchangeCode(id, {}, SYSTEM));
        if (!had || had.ok) return tokens.fresh(asking);
        return { ...had, why: had.detail === undefined ? had.why : `${had.why} ${had.detail}` };
      },
      async renewed(refused) {
        const renewed = await tokens.renewed(refused);
        if (renewed) exchanges.resend();
        return renewed;
      },
    },
    refreshed: async () => ((await oauth.find(id))?.generation ?? 1) > 1,
  };
}

/** Reports token requests as progress. They belong to no step, so they aren't recorded. */
const saying = (
  http: Http,
  redactNow: TryContext['redactNow'],
  progress: TryEnv['progress'],
): Http => ({
  async send(request, limits, streams) {
    const redact = await redactNow();
    progress(`${request.method} ${redact(request.url)} …`);
    return http.send(request, limits, streams);
  },
});
