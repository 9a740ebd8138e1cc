/** The Bot Connector's REST API, called by Latchkey's own HTTP client. */
import { z } from 'zod';
import { unreachable } from '../../../core/unreachable.ts';
import { PlatformError } from '../../view/platform.ts';
import { type BotToken, jsonIn } from './bot-token.ts';
import { type Connector, idIn, memberIn, sentIdIn } from './connector.ts';
import type { ConnectorAnswer, ConnectorHttp, ConnectorRequest } from './connector-http.ts';
import { notReached, refusalOf } from './refusal.ts';

interface DirectDeps {
  readonly http: ConnectorHttp;
  /** Undefined for the local client, which takes no tokens. */
  readonly token: Pick<BotToken, 'get' | 'forget'> | undefined;
}

interface Call {
  readonly method: ConnectorRequest['method'];
  readonly serviceUrl: string;
  /** Ids are encoded. */
  readonly path: readonly string[];
  readonly body?: unknown;
}

const MAX_BYTES = 256 * 1024;
/**
 * The API usually answers in less than a second. Microsoft promises no time, takes no key by which it would know a request
 * again, and its SDK waits without end. A new message that we gave up on would be sent twice, so it may take long. An edit or a
 * question may be repeated.
 */
const TIMEOUT_MS = { POST: 60_000, PUT: 15_000, GET: 15_000 } as const;

const refusal = z.looseObject({
  error: z.looseObject({ code: z.string().nullish() }).nullish().catch(undefined),
});

export function directConnector({ http, token }: DirectDeps): Connector {
  async function call(request: Call): Promise<unknown> {
    const url = urlOf(request);
    const first = await token?.get();
    let answer = await exchange(url, request, first);
    // Nothing was done: a withdrawn token may still be in the cache.
    if (isUnauthorized(answer) && first !== undefined && token?.forget(first))
      answer = await exchange(url, request, await token.get());
    return contentOf(answer);
  }

  const exchange = (url: string, { method, body }: Call, bearer: string | undefined) =>
    http.send(
      {
        method,
        url,
        headers: {
          accept: 'application/json',
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        ...(body !== undefined && { body: { kind: 'json', text: JSON.stringify(body) } }),
      },
      { timeoutMs: TIMEOUT_MS[method], maxBytes: MAX_BYTES },
    );

  return {
    driver: 'direct',
    send: async ({ serviceUrl, conversation }, activity) =>
      sentIdIn(
        await call({
          method: 'POST',
          serviceUrl,
          path: [conversation, 'activities'],
          body: activity,
        }),
        activity,
      ),
    async update({ serviceUrl, conversation, message }, activity) {
      await call({
        method: 'PUT',
        serviceUrl,
        path: [conversation, 'activities', message],
        body: { ...activity, id: message },
      });
    },
    open: async (serviceUrl, start) =>
      idIn(await call({ method: 'POST', serviceUrl, path: [], body: start })),
    member: async ({ serviceUrl, conversation }, userId) =>
      memberIn(await call({ method: 'GET', serviceUrl, path: [conversation, 'members', userId] })),
  };
}

function urlOf({ serviceUrl, path }: Call): string {
  // An address takes dots as steps in its path.
  if (path.some((part) => /^\.{0,2}$/.test(part)))
    throw new PlatformError('refused', 'An id of a conversation can’t be part of an address');
  const parts = ['v3', 'conversations', ...path.map(encodeURIComponent)];
  return `${serviceUrl.replace(/\/+$/, '')}/${parts.join('/')}`;
}

const isUnauthorized = (answer: ConnectorAnswer): boolean =>
  answer.kind === 'answer' && answer.status === 401;

function contentOf(answer: ConnectorAnswer): unknown {
  switch (answer.kind) {
    case 'failed':
      throw notReached(answer.code);
    case 'answer': {
      const { status, headers, text } = answer;
      const body = jsonIn(text);
      if (status >= 200 && status < 300 && answer.redirectedBy === undefined) return body;
      throw refusalOf({
        status: answer.redirectedBy ?? status,
        code: refusal.safeParse(body).data?.error?.code,
        retryAfter: headers['retry-after'],
      });
    }
    default:
      return unreachable(answer);
  }
}
