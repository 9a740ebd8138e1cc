/** Tokens during a try: the saved one is refreshed as in service, and what it becomes is redacted like it. */
import type { Context } from '../../engine/context.ts';
import { createTokens, redirectUrls, type Tokens } from '../../engine/oauth.ts';
import type { Memory } from '../../store/memory/stores.ts';
import type { World } from './world.ts';

/** Nobody is sent anywhere in a try; it is what `{{redirect_url}}` stands for. */
const PUBLIC_URL = 'http://localhost:3000';

export const tokensOf = (
  { stores, transact }: Memory,
  { http, now, newId, pause }: World,
): Tokens =>
  createTokens({
    stores,
    transact,
    http,
    now,
    newId,
    pause,
    redirectUrlOf: redirectUrls(PUBLIC_URL),
  });

/** @returns the same tokens, and a redaction that knows every token they have handed out. */
export function watchTokens(
  before: Context,
  tokens: Tokens,
): { readonly tokens: Tokens; readonly redact: (text: string) => string } {
  let newest = before;
  return {
    redact: (text) => newest.redact(text),
    tokens: {
      ...tokens,
      async fresh(context) {
        const fresh = await tokens.fresh(context);
        if (fresh.ok) newest = fresh.context;
        return fresh;
      },
      async renewed(context) {
        const renewed = await tokens.renewed(context);
        newest = renewed ?? newest;
        return renewed;
      },
    },
  };
}
