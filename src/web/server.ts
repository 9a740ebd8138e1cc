/**
 * The HTTP server's routes. Words: an *insider* is an operator, who may see details. A *reason* says why
 * Latchkey is not ready.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Express, Request, RequestHandler, Response } from 'express';
import express from 'express';
import helmet from 'helmet';
import { Overtaken } from '../core/errors/overtaken.ts';
import {
  clientOf,
  isProxy,
  plainAddress,
  type TrustedProxies,
  trustedProxies,
} from '../core/network/client-address.ts';
import { isForwarded } from '../core/network/forwarding.ts';
import { isLoopbackAddress } from '../core/network/loopback.ts';
import { inLocale, languages, locale, t } from '../core/translate.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import { aboutPages } from './about.ts';
import { manifestGuide } from './guide/router.ts';
import { type MessagePage, type Site, sendPage, uncached, useSite } from './pages.ts';
import { queryIn } from './query.ts';
import { type Limits, limitPages, limitReadiness } from './rate-limits.ts';

/** A part that doesn't work now, in a sentence for an operator. */
export interface Reason {
  /** `database`, `worker`, `slack` or `teams`. `health` when the check itself failed. */
  readonly part: string;
  readonly message: string;
}

/** The metrics, in the format of `contentType`. */
export interface MetricsPage {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface WebDeps {
  /** Runs before everything else and watches each request. */
  readonly watch?: RequestHandler;
  /** Receives Slack's calls with an unread body. It may also be a router that knows its path. */
  readonly slack?: RequestHandler;
  /** Receives Teams' activities with an unread body. */
  readonly teams?: RequestHandler;
  /** The API for programs, below `/api/v1`. It has limits of its own. */
  readonly api?: RequestHandler;
  /** The same for assistants, at `/mcp`. */
  readonly mcp?: RequestHandler;
  /** Routers of pages, which know their own paths. */
  readonly pages?: readonly RequestHandler[];
  readonly health: {
    /** Why Latchkey is not ready. Empty when it is. */
    ready(): Promise<readonly Reason[]>;
  };
  /** What all pages have in common. Default: no path, and no way back to chat. */
  readonly site?: Site;
  readonly metrics: MetricsPage;
  readonly metricsToken?: string;
  /** The proxies whose `X-Forwarded-For` counts for rate limits. Default: none. */
  readonly proxies?: TrustedProxies;
  /** Receives sentences for the log, about settings that an operator should change. */
  readonly warn?: (sentence: string) => void;
  /** Milliseconds of a monotonic clock. Tests use another clock. */
  readonly ticks?: () => number;
  readonly onError: (error: unknown, where: string) => void;
}

/** Creates the app. It listens only after `listen`. */
export function createWebApp(deps: WebDeps): Express {
  const { proxies = trustedProxies([]), ticks = () => performance.now() } = deps;
  const limits: Limits = { client: (request) => clientOf(request, proxies), ticks };
  const app = express();
  app.disable('x-powered-by');
  if (deps.watch) app.use(deps.watch);
  if (deps.warn) app.use(noteUntrustedProxies(proxies, deps.warn));
  app.use(speakTheirLanguage);
  const { site = { base: '', chats: [] } } = deps;
  app.use((_request, response, next) => {
    useSite(response, site);
    next();
  });

  // Before any body parser: both verify the caller with the original bytes. No browser reads their answers.
  if (deps.slack) app.post('/slack/events', deps.slack);
  if (deps.teams) app.post('/api/messages', deps.teams);

  app.use(securityHeaders());
  app.get('/healthz', (_request, response) => {
    uncached(response).type('text/plain').send('ok');
  });
  app.get(
    '/readyz',
    limitReadiness(limits, (request) => isInsider(request, deps.metricsToken)),
    (request, response) => answerReady(deps, request, response),
  );
  app.get('/metrics', (request, response) => answerMetrics(deps, request, response));

  if (deps.api) app.use('/api/v1', deps.api);
  if (deps.mcp) app.use('/mcp', deps.mcp);
  app.use(limitPages(limits));
  for (const pages of deps.pages ?? []) app.use(pages);
  app.use(aboutPages(site.base));
  app.use(manifestGuide(site.base));

  app.use((_request, response) => sendPage(response, 404, notFound()));
  app.use(failurePage(deps.onError, new Overtaken(ticks)));
  return app;
}

/** We don't know the reader of a page yet, so their browser's language counts. */
const speakTheirLanguage: RequestHandler = (request, _response, next) => {
  const language = request.acceptsLanguages([...languages]) || 'en';
  inLocale(language === 'en' ? locale() : language, next);
};

function securityHeaders(): RequestHandler {
  return helmet({
    // The names below ours are other people's: one without https must not be lost to everyone who was here.
    strictTransportSecurity: { includeSubDomains: false },
    contentSecurityPolicy: {
      directives: {
        'frame-ancestors': ["'none'"],
        // A server on this machine has no https to upgrade to.
        'upgrade-insecure-requests': null,
      },
    },
  });
}

/**
 * `?parts=database,worker` checks only these. A balancer over several processes should use it: otherwise an outage of
 * Slack would take all of them out of service, with the pages and the other chat.
 */
const PARTS = ['database', 'worker', 'slack', 'teams'];

async function answerReady(deps: WebDeps, request: Request, response: Response): Promise<void> {
  const query = queryIn(request);
  const asked = query.get('parts')?.split(',') ?? PARTS;
  const unknown = asked.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0)
    return void uncached(response)
      .status(400)
      .json({
        message: `parts is a list of ${PARTS.join(', ')}; write it like ?parts=database,worker`,
      });
  const reasons = (await reasonsOf(deps)).filter(
    ({ part }) => !PARTS.includes(part) || asked.includes(part),
  );
  const isReady = reasons.length === 0;
  const details = isInsider(request, deps.metricsToken) ? { reasons } : {};
  uncached(response)
    .status(isReady ? 200 : 503)
    .json({ ready: isReady, ...details });
}

/** A check that throws also counts as an answer, since a balancer needs one. */
async function reasonsOf({ health, onError }: WebDeps): Promise<readonly Reason[]> {
  try {
    return await health.ready();
  } catch (error) {
    onError(error, 'readyz');
    return [{ part: 'health', message: t`The check itself failed; the log says why.` }];
  }
}

async function answerMetrics(deps: WebDeps, request: Request, response: Response): Promise<void> {
  if (!isInsider(request, deps.metricsToken)) return sendPage(response, 403, metricsRefused());
  const text = await deps.metrics.metrics();
  uncached(response).type(deps.metrics.contentType).send(text);
}

const notFound = (): MessagePage => ({
  title: t`There is nothing here`,
  text: t`The address may be mistyped, or the link may be from an older version of Latchkey. Get a new one in chat.`,
});
const metricsRefused = (): MessagePage => ({
  title: t`Metrics are not public`,
  text: t`You can read them at localhost on the machine that runs Latchkey, or with METRICS_TOKEN as the bearer token.`,
});
const badRequest = (): MessagePage => ({
  title: t`This request could not be read`,
  text: t`The address or the data sent with it is damaged. Go back and try again.`,
});
const tooLarge = (): MessagePage => ({
  title: t`This is too large`,
  text: t`Nothing changed. Go back and send less of it; what you typed is still there.`,
});
const overtaken = (): MessagePage => ({
  title: t`This has just changed`,
  text: t`It was changed or deleted at the same moment. Check how it is now, and try again if you still need to.`,
});
const broken = (): MessagePage => ({
  title: t`Something went wrong on our side`,
  text: t`Try again; if it happens again, tell your Latchkey admin.`,
});

function failurePage(onError: WebDeps['onError'], beaten: Overtaken): express.ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express recognises an error handler by its four parameters.
  return (error, request, response, _next) => {
    if (!response.headersSent && isCallersFault(error)) {
      const isTooLarge = error.status === 413;
      return sendPage(response, isTooLarge ? 413 : 400, isTooLarge ? tooLarge() : badRequest());
    }
    // Only the beginning of a link's path, in whatever case: the rest opens the link and must not be in the log.
    const where = `${request.method} ${request.path.replace(/^(\/links\/).*/i, '$1…')}`;
    const isStale = !response.headersSent && error instanceof StaleWrite;
    if (!isStale || beaten.isEndless(where, error)) onError(error, where);
    if (isStale) return sendPage(response, 409, overtaken());
    // A part was already sent. Closing the connection shows the reader that the rest is missing.
    if (response.headersSent) response.destroy();
    else sendPage(response, 500, broken());
  };
}

/** Express gives a request's own errors a status below 500. */
function isCallersFault(error: unknown): error is Error & { readonly status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

/** Anyone can send such a header from many addresses, and the log must not contain all of them. */
const MAX_WARNED = 10;

/**
 * Tells an operator about a proxy that `TRUST_PROXY` doesn't name. Everyone behind it counts as one client for the rate
 * limits, which people notice only when they must wait.
 * @param warn called once for each address, with a sentence for the log
 */
export function noteUntrustedProxies(
  proxies: TrustedProxies,
  warn: (sentence: string) => void,
): RequestHandler {
  const warnedOf = new Set<string>();
  return ({ headers, socket }, _response, next) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    const isForOther = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
    if (
      isForOther &&
      warnedOf.size < MAX_WARNED &&
      !warnedOf.has(peer) &&
      !isProxy(peer, proxies)
    ) {
      warnedOf.add(peer);
      warn(
        `${peer} forwards requests and is not in TRUST_PROXY, so rate limits treat everyone behind it as one client. If it is your proxy, set TRUST_PROXY=${peer} and start Latchkey again.`,
      );
    }
    next();
  };
}

/**
 * Whether the request comes from an operator, who may see details: from this machine without a proxy, or with the token.
 * @param token `METRICS_TOKEN`; without it only this machine counts
 */
function isInsider(request: IncomingMessage, token: string | undefined): boolean {
  return isLocal(request) || (token !== undefined && bearsToken(request, token));
}

function isLocal(request: IncomingMessage): boolean {
  return !isForwarded(request) && isLoopbackAddress(request.socket.remoteAddress ?? '');
}

function bearsToken({ headers }: IncomingMessage, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  // Digests have one length, so the comparison always takes the same time.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
