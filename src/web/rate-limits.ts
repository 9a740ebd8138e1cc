/**
 * How much one client may send, in each process. It is checked first for every request. The client's address comes from
 * `clientOf`, so behind a proxy in `TRUST_PROXY` each client has its own limits.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { isWrite } from '../core/network/is-write.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { t } from '../core/translate.ts';
import { type MessagePage, sendPage, uncached } from './pages.ts';

export interface Limits {
  /** The name under which we count a request's client. */
  readonly client: (request: IncomingMessage) => string;
  /** Milliseconds of a monotonic clock. */
  readonly ticks: () => number;
}

/**
 * For one client, over all pages, hooks and unknown addresses. Before `TRUST_PROXY` is set, everyone behind a proxy
 * counts as one client. So the limit allows a department to open its pages at once, and is no more than a database can
 * easily answer.
 */
const ONE_CLIENT = { burst: 600, perSecond: 30 };

/**
 * For one client and one page (a link, a session); reading and sending count separately. An editor that checks while
 * someone types sends two or three a second, and a page that waits looks once a second. Guessing links stays hopeless.
 */
const ONE_PAGE = { burst: 120, perSecond: 5 };

/** A balancer sends probes every few seconds from a few addresses. Each probe reads the database. */
const READINESS = { burst: 60, perSecond: 2 };

/** For everything that browsers show. */
export function limitPages({ client, ticks }: Limits): RequestHandler {
  const overall = new RateLimit({ ...ONE_CLIENT, now: ticks });
  const perPage = new RateLimit({ ...ONE_PAGE, now: ticks });
  return (request, response, next) => {
    const from = client(request);
    const [, kind = '', topic = ''] = request.path.split('/', 3);
    const page = `${from} ${isWrite(request) ? 'sends' : 'looks'} ${kind} ${topic}`;
    const all = overall.take(from);
    const taken = all.ok ? perPage.take(page) : all;
    if (taken.ok) return next();
    response.set('Retry-After', String(Math.ceil(taken.afterMs / 1000)));
    sendPage(response, 429, isWrite(request) ? sentTooOften() : lookedTooOften());
  };
}

/** For `/readyz`. @param exempt operators, who have no limit */
export function limitReadiness(
  { client, ticks }: Limits,
  exempt: (request: IncomingMessage) => boolean,
): RequestHandler {
  const limit = new RateLimit({ ...READINESS, now: ticks });
  return (request, response, next) => {
    if (exempt(request)) return next();
    const taken = limit.take(client(request));
    if (taken.ok) return next();
    uncached(response)
      .status(429)
      .set('Retry-After', String(Math.ceil(taken.afterMs / 1000)))
      .json({
        message: 'Too many requests from one address. Retry-After says when to ask again.',
      });
  };
}

const sentTooOften = (): MessagePage => ({
  title: t`You're going too fast`,
  text: t`Nothing changed. Wait a few seconds, then go back and send it again; what you typed is still there.`,
});
const lookedTooOften = (): MessagePage => ({
  title: t`You're going too fast`,
  text: t`This page wasn't opened, and nothing changed. Wait a few seconds, then load it again.`,
});
