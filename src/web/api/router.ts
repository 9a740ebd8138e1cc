/**
 * `/api/v1`: the API for programs. It has no cookies and no CORS: a browser on another page can't use it. Nothing of a request is
 * read before its token is known, and no body before its size is.
 */
import { type RequestHandler, type Response, Router } from 'express';
import { Overtaken } from '../../core/errors/overtaken.ts';
import { inLocale } from '../../core/translate.ts';
import { sendHtml, uncached } from '../pages.ts';
import { queryIn } from '../query.ts';
import { bodyOf, noBody, readJson } from './body.ts';
import { docsPage } from './docs-page.ts';
import type { Caller, Door } from './door.ts';
import type { Endpoint, Turn } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { answerFailure } from './failure.ts';
import { openApi } from './open-api.ts';
import { notFound, type Problem, sendProblem } from './problems.ts';
import { MAX_ID } from './values.ts';

export interface ApiDeps extends Omit<Turn, 'reader' | 'actor' | 'tokenId'> {
  readonly door: Door;
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
  router.use(deps.door.limitAddresses);
  router.get('/openapi.json', (_request, response) => {
    uncached(response).json(openApi(url));
  });
  router.get('/docs', (_request, response) => sendHtml(response, 200, docsPage(url)));
  for (const path of new Set(endpoints.map((each) => each.path))) {
    const here = endpoints.filter((each) => each.path === path);
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const endpoint of here)
      route[endpoint.method === 'GET' ? 'get' : 'post'](...answering(endpoint, deps));
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
  router.use(
    answerFailure({
      onError: deps.onError,
      beaten: new Overtaken(),
      whereOf: ({ method }, { locals }) => `/api/v1 ${String(locals[ROUTE] ?? method)}`,
    }),
  );
  return router;
}

const nothingHere: Problem = {
  ...notFound,
  detail: 'The API has no such address. /api/v1/docs lists them.',
};

function answering(endpoint: Endpoint, deps: ApiDeps): readonly RequestHandler[] {
  const { method, path, scope, answer } = endpoint;
  const place = `${method} ${path}`;
  const admitted: RequestHandler = async (request, response, next) => {
    response.locals[ROUTE] = place;
    response.once('finish', () => deps.answered?.(place, response.statusCode));
    const found = await deps.door.admit(request, scope);
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
