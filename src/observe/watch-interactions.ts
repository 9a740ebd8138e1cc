/** What people do, and what comes in over HTTP: each with an id of its own, which stands in every line of the log about it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NewId } from '../engine/ports/time-and-chance.ts';
import type { Meters, Platform } from './meters.ts';
import type { Observer } from './observer.ts';

export interface WatchingPeople {
  readonly observer: Observer;
  readonly meters: Meters;
  readonly newId: NewId;
}

/** Whoever reports a problem can name the id: the answer has it too. */
const REQUEST_ID_HEADER = 'X-Request-Id';

/** Express's kind of handler; comes before all others. Addresses are left out: a link's opens it. */
export const watchRequests =
  ({ observer, newId }: WatchingPeople) =>
  (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const requestId = newId();
    response.setHeader(REQUEST_ID_HEADER, requestId);
    const handled = new Promise<void>((resolve) => response.once('close', resolve));
    const about = {
      name: 'request',
      kind: 'server',
      ids: { requestId },
      attributes: { 'http.request.method': request.method ?? 'GET' },
    } as const;
    void observer.within(about, async (span) => {
      next();
      await handled;
      span.set('http.response.status_code', response.statusCode);
    });
  };

/** An interaction that came over a socket is no request: it gets an id here. */
export const watchInteractions =
  ({ observer, meters, newId }: WatchingPeople) =>
  <T>(
    kind: string,
    { user: { platform } }: { readonly user: { readonly platform: Platform } },
    handle: () => Promise<T>,
  ): Promise<T> => {
    meters.interacted(platform, kind);
    const requestId = observer.id('requestId') ?? newId();
    return observer.within(
      { name: 'interaction', kind: 'server', ids: { requestId, platform, interaction: kind } },
      handle,
    );
  };
