/**
 * Who may come in: limits of an address, the token and its scope. `/api/v1` and `/mcp` have one door, so a program that uses both
 * gets no more than with one.
 */
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { RateLimit, type RateLimitResult } from '../../core/rate-limit.ts';
import type { Database } from '../../engine/ports/unit-of-work.ts';
import {
  type Authenticated,
  authenticateToken,
  type TokenRefusal,
} from '../../engine/tokens/authenticate-token.ts';
import type { Scope } from '../../engine/tokens/token.ts';
import type { Limits } from '../rate-limits.ts';
import { type Problem, sendProblem } from './problems.ts';

/** For one address, whatever it sends. */
const ONE_ADDRESS = { burst: 600, perSecond: 30 };
/** For one token: as much as a sync that reads page after page needs, and no more than a database easily answers. */
const ONE_TOKEN = { burst: 120, perSecond: 10 };
/** For one address: a program whose token has expired tries on, and is told to wait. */
const WRONG_TOKENS = { burst: 20, perSecond: 0.2 };

/** A token is much shorter. Node bounds headers, too, but at 16 kB. */
const MAX_PRESENTED = 200;

export type DoorDeps = Pick<Database, 'stores' | 'transact' | 'now'> & Limits;

export interface Door {
  readonly limitAddresses: RequestHandler;
  /** @param scope left out: any token, and what it does asks for one */
  readonly admit: (request: Request, scope?: Scope) => Promise<Admitted>;
  /** For a request that is several: each counts. @returns why it is refused */
  readonly countMore: (caller: Caller, count: number) => Problem | undefined;
}

export function openDoor(deps: DoorDeps): Door {
  const perToken = new RateLimit({ ...ONE_TOKEN, now: deps.ticks });
  return {
    limitAddresses: limitAddresses(deps),
    admit: admission(deps, perToken),
    countMore({ token }, count) {
      const taken = perToken.take(token.id, count);
      return taken.ok ? undefined : tooMany('with this token', taken);
    },
  };
}

function limitAddresses({ client, ticks }: Limits): RequestHandler {
  const limit = new RateLimit({ ...ONE_ADDRESS, now: ticks });
  return (request, response, next) => {
    const taken = limit.take(client(request));
    if (taken.ok) next();
    else sendProblem(response, tooMany('from this address', taken));
  };
}

export const tooMany = (
  which: string,
  { afterMs }: Extract<RateLimitResult, { ok: false }>,
): Problem => ({
  kind: 'too-many',
  detail: `Too many requests ${which}. Retry-After says how many seconds to wait.`,
  headers: { 'Retry-After': String(Math.ceil(afterMs / 1000)) },
});

export type Caller = Extract<Authenticated, { readonly ok: true }>;
export type Admitted =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problem: Problem };
function admission({ client, ticks, ...database }: DoorDeps, perToken: RateLimit): Door['admit'] {
  const wrong = new RateLimit({ ...WRONG_TOKENS, now: ticks });
  return async (request, scope) => {
    const presented = bearerIn(request);
    if (presented === undefined) return refuse(withoutToken);
    const found =
      presented.length > MAX_PRESENTED
        ? ({ ok: false, reason: 'malformed' } as const)
        : await authenticateToken(presented, database);
    if (!found.ok) {
      const taken = wrong.take(client(request));
      return refuse(taken.ok ? withWrongToken(found.reason) : tooMany('with a wrong token', taken));
    }
    const { token } = found;
    const taken = perToken.take(token.id);
    if (!taken.ok) return refuse(tooMany('with this token', taken));
    if (scope !== undefined && !token.scopes.includes(scope)) return refuse(withoutScope(scope));
    return { ok: true, caller: found };
  };
}

const refuse = (problem: Problem): Admitted => ({ ok: false, problem });

const bearerIn = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

const withoutToken: Problem = {
  kind: 'unauthenticated',
  detail: 'Send a token as Authorization: Bearer lk_….',
  headers: { 'WWW-Authenticate': 'Bearer realm="Latchkey"' },
};

export const withWrongToken = (reason: TokenRefusal): Problem => ({
  kind: 'unauthenticated',
  detail: whyWrong[reason],
  headers: { 'WWW-Authenticate': 'Bearer realm="Latchkey", error="invalid_token"' },
});

/** The last three are said only to someone who has the secret. */
const whyWrong: Readonly<Record<TokenRefusal, string>> = {
  malformed: 'This is no token of Latchkey. It begins with lk_ and has no spaces.',
  unknown: 'Latchkey does not know this token. Make a new one.',
  expired: 'This token has expired. Make a new one.',
  revoked: 'This token was revoked. Make a new one.',
  'owner-gone':
    'The owner of this token has left, or may not have it any more. Someone else has to make one.',
};

export const withoutScope = (scope: Scope): Problem => ({
  kind: 'scope-missing',
  detail: `This needs a token with the scope ${scope}.`,
  headers: {
    'WWW-Authenticate': `Bearer realm="Latchkey", error="insufficient_scope", scope="${scope}"`,
  },
});
