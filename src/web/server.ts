/**
 * The one HTTP server's routes. Words: an *insider* is an operator, who may see details (`insider.ts`); a
 * *reason* says why Latchkey is not ready.
 */
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { clientOf, type TrustedProxies, trustedProxies } from '../core/client-address.ts';
import { inLocale, languages, locale, t } from '../core/translate.ts';
import { isInsider } from './insider.ts';
import { type MessagePage, sendPage, uncached } from './pages.ts';
import { type Limits, limitPages, limitReadiness } from './rate-limits.ts';
import { noteUntrustedProxies } from './untrusted-proxies.ts';

/** One part that doesn't work now, in words for an operator. */
export interface Reason {
  /** `database`, `worker`, `slack` or `teams`; `health` where the check itself failed. */
  readonly part: string;
  readonly message: string;
}

/** The figures, in the words of `contentType`. */
export interface MetricsPage {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface WebDeps {
  /** Comes before everything else: what a request leads to is watched by it. */
  readonly watch?: RequestHandler;
  /** Receives Slack's calls, with a body that nobody has read yet; also a router that knows the path itself. */
  readonly slack?: RequestHandler | undefined;
  /** Receives Teams' activities, with a body that nobody has read yet. */
  readonly teams?: RequestHandler | undefined;
  /** Routers of pages, which know their paths themselves. */
  readonly pages?: readonly RequestHandler[];
  readonly health: {
    /** Why Latchkey is not ready; empty when it is. */
    ready(): Promise<readonly Reason[]>;
  };
  readonly metrics: MetricsPage;
  readonly metricsToken?: string | undefined;
  /** Whose `X-Forwarded-For` counts for rate limits; left out, nobody's. */
  readonly proxies?: TrustedProxies;
  /** Takes sentences for the log, about what an operator should set. */
  readonly warn?: (sentence: string) => void;
  /** Milliseconds that only go forwards; another clock in tests. */
  readonly ticks?: () => number;
  readonly onError: (error: unknown, where: string) => void;
}

/** Makes the app; nothing listens before `listen`. */
export function createWebApp(deps: WebDeps): Express {
  const { proxies = trustedProxies([]), ticks = () => performance.now() } = deps;
  const limits: Limits = { client: (request) => clientOf(request, proxies), ticks };
  const app = express();
  app.disable('x-powered-by');
  if (deps.watch) app.use(deps.watch);
  if (deps.warn) app.use(noteUntrustedProxies(proxies, deps.warn));
  app.use(speakTheirLanguage);

  // Before any body parser: both verify who calls over the bytes as they came. No browser reads their answers.
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

  app.use(limitPages(limits));
  for (const pages of deps.pages ?? []) app.use(pages);

  app.use((_request, response) => sendPage(response, 404, notFound()));
  app.use(failurePage(deps.onError));
  return app;
}

/** Of whoever opens a page nothing is known yet: their browser says what they read. */
const speakTheirLanguage: RequestHandler = (request, _response, next) => {
  const language = request.acceptsLanguages([...languages]) || 'en';
  inLocale(language === 'en' ? locale() : language, next);
};

function securityHeaders(): RequestHandler {
  return helmet({
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
 * `?parts=database,worker` looks at these alone: whoever sends people to one of several processes must not leave them with
 * none, and the pages and the other chat with them, because Slack is down.
 */
const PARTS = ['database', 'worker', 'slack', 'teams'];

async function answerReady(deps: WebDeps, request: Request, response: Response): Promise<void> {
  const query = new URL(request.originalUrl, 'http://localhost').searchParams;
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

/** A check that breaks is an answer too: whoever asks wants to know whether to send people here. */
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
  text: t`The address may be mistyped, or the link may be from an older version of Latchkey. Ask for a new one in chat.`,
});
const metricsRefused = (): MessagePage => ({
  title: t`Metrics are not public`,
  text: t`They are shown on the machine that Latchkey runs on, or to a request with METRICS_TOKEN as its bearer token.`,
});
const badRequest = (): MessagePage => ({
  title: t`This request could not be read`,
  text: t`The address or what was sent with it is damaged. Go back and try again.`,
});
const tooLarge = (): MessagePage => ({
  title: t`This is too large`,
  text: t`So nothing was changed. Go back, which brings what you typed along, and send less of it.`,
});
const broken = (): MessagePage => ({
  title: t`Something went wrong on our side`,
  text: t`Try again; if it happens again, tell your Latchkey admin.`,
});

function failurePage(onError: WebDeps['onError']): express.ErrorRequestHandler {
  // Four parameters, by which Express knows it.
  return (error, request, response, _next) => {
    if (!response.headersSent && isCallersFault(error)) {
      const isTooLarge = error.status === 413;
      return sendPage(response, isTooLarge ? 413 : 400, isTooLarge ? tooLarge() : badRequest());
    }
    // Of a link only the beginning: the rest opens it, and the log is no place for that.
    onError(error, `${request.method} ${request.path.replace(/^(\/links\/).*/, '$1…')}`);
    // A part is on its way already: cut off, whoever reads it sees that the rest is missing.
    if (response.headersSent) response.destroy();
    else sendPage(response, 500, broken());
  };
}

/** Express marks what the request itself got wrong with a status below 500. */
function isCallersFault(error: unknown): error is Error & { readonly status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}
