/**
 * `/api/v1`: the API for programs. It has no cookies and no CORS: a browser on another page can't use it. Nothing of a request is
 * read before its token is known, and no body before its size is.
 */
import type { IncomingMessage } from 'node:http';
import {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  Router,
  raw,
} from 'express';
import { RateLimit, type RateLimitResult } from '../../core/rate-limit.ts';
import { inLocale } from '../../core/translate.ts';
import {
  type Authenticated,
  authenticateToken,
  type TokenRefusal,
} from '../../engine/tokens/authenticate-token.ts';
import type { Scope } from '../../engine/tokens/token.ts';
import { sendHtml, uncached } from '../pages.ts';
import { queryIn } from '../query.ts';
import type { Limits } from '../rate-limits.ts';
import { docsPage } from './docs-page.ts';
import type { Endpoint, Turn } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { openApi } from './open-api.ts';
import { notFound, type Problem, sendProblem } from './problems.ts';
import { MAX_ID } from './values.ts';

/** For one address, whatever it sends. */
const ONE_ADDRESS = { burst: 600, perSecond: 30 };
/** For one token: as much as a sync that reads page after page needs, and no more than a database easily answers. */
const ONE_TOKEN = { burst: 120, perSecond: 10 };
/** For one address: a program whose token has expired tries on, and is told to wait. */
const WRONG_TOKENS = { burst: 20, perSecond: 0.2 };

const JSON_TYPE = 'application/json';
const MAX_BODY = 64 * 1024;
/** A token is much shorter. Node bounds headers, too, but at 16 kB. */
const MAX_PRESENTED = 200;

export interface ApiDeps extends Omit<Turn, 'reader' | 'actor' | 'tokenId'>, Limits {
  /** Our public address, without a final slash. A proxy removes its path. */
  readonly publicUrl: string;
  /** Counts answers by route, never by an address with ids. */
  readonly answered?: (route: string, status: number) => void;
  readonly onError: (error: unknown, where: string) => void;
}

export function apiPages(deps: ApiDeps): Router {
  const url = `${deps.publicUrl}/api/v1`;
  const router = Router({ caseSensitive: true });
  router.use((_request, _response, next) => inLocale('en', next));
  router.use(limitAddresses(deps));
  router.get('/openapi.json', (_request, response) => {
    uncached(response).json(openApi(url));
  });
  router.get('/docs', (_request, response) => sendHtml(response, 200, docsPage(url)));
  const admit = admission(deps);
  for (const path of new Set(endpoints.map((each) => each.path))) {
    const here = endpoints.filter((each) => each.path === path);
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const endpoint of here)
      route[endpoint.method === 'GET' ? 'get' : 'post'](...answering(endpoint, admit, deps));
    const allowed = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    route.all((_request, response) => {
      const detail = `This address takes ${allowed.join(' and ')}.`;
      sendProblem(response, {
        kind: 'wrong-method',
        detail,
        headers: { Allow: allowed.join(', ') },
      });
    });
  }
  router.use((_request, response) => sendProblem(response, nothingHere));
  router.use(failed(deps));
  return router;
}

const nothingHere: Problem = {
  ...notFound,
  detail: 'The API has no such address. /api/v1/docs lists them.',
};

function limitAddresses({ client, ticks }: Limits): RequestHandler {
  const limit = new RateLimit({ ...ONE_ADDRESS, now: ticks });
  return (request, response, next) => {
    const taken = limit.take(client(request));
    if (taken.ok) next();
    else sendProblem(response, tooMany('from this address', taken));
  };
}

const tooMany = (which: string, { afterMs }: Extract<RateLimitResult, { ok: false }>): Problem => ({
  kind: 'too-many',
  detail: `These are too many requests ${which}. Retry-After says how many seconds to wait.`,
  headers: { 'Retry-After': String(Math.ceil(afterMs / 1000)) },
});

type Caller = Extract<Authenticated, { readonly ok: true }>;
type Admitted =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problem: Problem };
type Admit = (request: Request, scope: Scope) => Promise<Admitted>;

function admission({ client, ticks, ...database }: ApiDeps): Admit {
  const perToken = new RateLimit({ ...ONE_TOKEN, now: ticks });
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
    if (!token.scopes.includes(scope)) return refuse(withoutScope(scope));
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

const withWrongToken = (reason: TokenRefusal): Problem => ({
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

const withoutScope = (scope: Scope): Problem => ({
  kind: 'scope-missing',
  detail: `This needs a token with the scope ${scope}.`,
  headers: {
    'WWW-Authenticate': `Bearer realm="Latchkey", error="insufficient_scope", scope="${scope}"`,
  },
});

function answering(endpoint: Endpoint, admit: Admit, deps: ApiDeps): readonly RequestHandler[] {
  const { method, path, scope, answer } = endpoint;
  const place = `${method} ${path}`;
  const admitted: RequestHandler = async (request, response, next) => {
    response.locals[ROUTE] = place;
    response.once('finish', () => deps.answered?.(place, response.statusCode));
    const found = await admit(request, scope);
    if (!found.ok) return sendProblem(response, found.problem);
    response.locals[CALLER] = found.caller;
    next();
  };
  const respond: RequestHandler = async (request, response) => {
    const { actor, person: reader, token } = response.locals[CALLER] as Caller;
    const id = String(request.params['id'] ?? '');
    if (id.length > MAX_ID) return sendProblem(response, notFound);
    const query = queryIn(request);
    const turn: Turn = { ...deps, reader, actor, tokenId: token.id };
    const read = method === 'GET' ? noBody : bodyOf(request);
    if ('problem' in read) return sendProblem(response, read.problem);
    const key = request.get('Idempotency-Key');
    const outcome = await endpoint.respond({ id, query, key, ...read }, turn);
    if ('problem' in outcome) return sendProblem(response, outcome.problem);
    // Leaves out whatever the schema doesn't name.
    const body = answer.parse(outcome.body);
    if (endpoint.isList) {
      const url = `${deps.publicUrl}/api/v1${path.replace('{id}', encodeURIComponent(id))}`;
      linkToNext(response, { body, query, url });
    }
    uncached(response).status(outcome.status).json(body);
  };
  return method === 'GET' ? [admitted, respond] : [admitted, readJson, respond];
}

/** Its bytes, whose size is known before they are read. */
const readJson = raw({ type: JSON_TYPE, limit: MAX_BODY, inflate: false });

const EMPTY = { body: {}, bytes: '' };
const noBody = { body: undefined, bytes: '' };

type ReadBody = { readonly body: unknown; readonly bytes: string } | { readonly problem: Problem };

function bodyOf(request: Request): ReadBody {
  const sent: unknown = request.body; // No bytes where there was no body, or another kind of one.
  if (!Buffer.isBuffer(sent)) return hasBody(request) ? { problem: notJson } : EMPTY;
  if (sent.length === 0) return EMPTY;
  try {
    const bytes = utf8.decode(sent);
    return { body: JSON.parse(bytes) as unknown, bytes };
  } catch {
    return {
      problem: { kind: 'unreadable', detail: 'The body is not JSON in UTF-8. Nothing was done.' },
    };
  }
}

/** Refuses what isn't UTF-8: a name in another encoding would be stored as question marks. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const notJson: Problem = {
  kind: 'not-json',
  detail: 'Send JSON, with Content-Type: application/json.',
};

const ROUTE = 'apiRoute';
const CALLER = 'apiCaller';

/** RFC 8288: programs that follow it need not read the body. */
function linkToNext(
  response: Response,
  {
    body,
    query,
    url,
  }: { readonly body: unknown; readonly query: URLSearchParams; readonly url: string },
): void {
  const { next } = body as { readonly next?: string };
  if (next === undefined) return;
  const following = new URLSearchParams(query);
  following.set('cursor', next);
  response.set('Link', `<${url}?${following.toString()}>; rel="next"`);
}

function failed({ onError }: ApiDeps): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express recognises an error handler by its four parameters.
  return (error: { readonly status?: unknown }, request, response, _next) => {
    const problem = problemOf(error.status);
    if (problem && !response.headersSent) return sendProblem(response, problem);
    const place = (response.locals[ROUTE] as string | undefined) ?? request.method;
    onError(error, `/api/v1 ${place}`);
    if (response.headersSent) response.destroy();
    else sendProblem(response, broken);
  };
}

const broken: Problem = {
  kind: 'broken',
  detail:
    'Try again. If it happens again, tell your Latchkey admin the X-Request-Id of this answer.',
};

/** Errors of express are the caller's and have a status. */
function problemOf(status: unknown): Problem | undefined {
  if (typeof status !== 'number' || status >= 500) return undefined;
  if (status === 413)
    return { kind: 'too-large', detail: `The body has more than ${MAX_BODY / 1024} kB.` };
  if (status === 415)
    return { kind: 'not-json', detail: 'Send the body as it is, without Content-Encoding.' };
  return { kind: 'unreadable', detail: 'The address or the body is damaged, or was cut off.' };
}
