/** Watches interactions and HTTP requests. Each has its own id, which is in every log line about it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../core/ids.ts';
import type { Meters, Platform } from './meters.ts';
import type { Observer } from './observer.ts';

export interface WatchingPeople {
  readonly observer: Observer;
  readonly meters: Meters;
}

/** The answer has the id too, so people can name it when they report a problem. */
const REQUEST_ID_HEADER = 'X-Request-Id';

/** An Express handler that runs before all others. It leaves out addresses, since a link's address opens it. */
export const watchRequests =
  ({ observer }: WatchingPeople) =>
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

/** An interaction over a socket has no request, so it gets an id here. */
export const watchInteractions =
  ({ observer, meters }: WatchingPeople) =>
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
