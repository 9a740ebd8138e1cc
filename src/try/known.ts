/** What a try knows of tokens and secrets: the engine's own tokens, and what hides all that may not be shown. */
import type { Context } from '../engine/calls/context.ts';
import { createTokens, redirectUrls, type Tokens } from '../engine/calls/oauth.ts';
import type { Http } from '../engine/ports/http.ts';
import { type Exchanges, noteExchanges } from './exchanges.ts';
import type { Fixture } from './stage.ts';
import type { TryEnv } from './world.ts';

/** As where `PUBLIC_URL` is not set. */
const DEFAULT_PUBLIC_URL = 'http://localhost:3000';

export interface TryContext {
  readonly exchanges: Exchanges;
  readonly tokens: Tokens;
  /** Hides every secret known now, in all that is shown. */
  readonly redactNow: () => Promise<Context['redact']>;
  /** Whether a token was refreshed. */
  readonly refreshed: () => Promise<boolean>;
}

export function knownTo(context: Context, stage: Fixture, world: TryEnv): TryContext {
  const { oauth } = stage.stores;
  const { id } = context.integration;
  let newest = context;

  async function redactNow(): Promise<Context['redact']> {
    const token = await oauth.find(id);
    if (token && token.generation !== newest.token?.generation)
      newest = newest.withToken(token, ''); // Only its way to hide things is used.
    return newest.redact;
  }

  const exchanges = noteExchanges(redactNow, world);
  const redirectUrlOf = redirectUrls(world.publicUrl ?? DEFAULT_PUBLIC_URL);
  const tokens =
    world.tokensOf?.(stage) ??
    createTokens({
      ...world,
      ...stage,
      http: saying(world.http, redactNow, world.progress),
      redirectUrlOf,
    });
  return {
    exchanges,
    redactNow,
    tokens: {
      ...tokens,
      async renewed(refused) {
        const renewed = await tokens.renewed(refused);
        if (renewed) exchanges.resend();
        return renewed;
      },
    },
    refreshed: async () => ((await oauth.find(id))?.generation ?? 1) > 1,
  };
}

/** Token requests belong to no step, and so are not noted; whoever watches is told of them. */
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
