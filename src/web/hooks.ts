/**
 * `POST /hooks/<id>`: apps report that something happened to a person. We answer at once with JSON and do the work in a
 * job. Each error of a caller has a code and a sentence without secrets.
 */
import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type Request, type Response, Router, raw } from 'express';
import { RateLimit } from '../core/rate-limit.ts';
import { SIGNATURE_HEADER } from '../engine/sequences/hooks/signature.ts';
import {
  type CallAnswer,
  type TakingCalls,
  takeCall,
} from '../engine/sequences/hooks/take-call.ts';

const MAX_BYTES = 256 * 1024;
/**
 * For one address and one hook, in each process, before we check a signature: a flood of calls must not make us read
 * bodies. It is less than the server's own limit, so that the answer is JSON. The database counts a hook's signed calls.
 */
const ONE_CALLER = { burst: 100, perSecond: 4 };

export interface Hooks extends TakingCalls {
  /** Milliseconds of a monotonic clock. */
  readonly ticks: () => number;
  /** The name under which we count a request's client. */
  readonly client: (request: IncomingMessage) => string;
}

export function hookCalls(deps: Hooks): Router {
  const limit = new RateLimit({ ...ONE_CALLER, now: deps.ticks });
  const router = Router();
  router.post(
    '/hooks/:id',
    (request, response, next) => {
      const limited = limit.take(`${deps.client(request)} ${idOf(request)}`);
      if (limited.ok) return next();
      const message = 'Too many calls from one address. Retry-After says how long to wait.';
      refuse(response, {
        status: 429,
        code: 'too-many-calls',
        message,
        retryAfter: Math.ceil(limited.afterMs / 1000),
      });
    },
    // The original bytes, whatever their content type, since the signature covers them.
    raw({ type: () => true, limit: MAX_BYTES, inflate: false }),
    async (request, response) => {
      const body: unknown = request.body; // An object without bytes when there was no body.
      const call = {
        hookId: idOf(request),
        signature: request.get(SIGNATURE_HEADER),
        body: Buffer.isBuffer(body) ? body : new Uint8Array(),
      };
      answer(response, await takeCall(call, deps));
    },
  );
  router.all('/hooks/:id', (_request, response) => {
    response.set('Allow', 'POST');
    refuse(response, { status: 405, code: 'not-post', message: 'Hooks are called with POST.' });
  });
  router.use('/hooks', unreadable);
  return router;
}

const idOf = ({ params }: Request): string => String(params['id'] ?? '');

function answer(response: Response, answered: CallAnswer): void {
  if (!answered.ok) return refuse(response, answered);
  const { status, callId, isRepeated } = answered;
  response.set('Cache-Control', 'no-store');
  response
    .status(status)
    .json({ accepted: true, call: callId, ...(isRepeated && { repeated: true }) });
}

type Refusal = Omit<Extract<CallAnswer, { ok: false }>, 'ok'>;

function refuse(response: Response, { status, code, message, retryAfter }: Refusal): void {
  if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
  response.set('Cache-Control', 'no-store').status(status).json({ error: { code, message } });
}

/** Errors of the body parser are the caller's and have a status. All others go to the next handler. */
// oxlint-disable-next-line max-params -- Express recognises an error handler by its four parameters.
const unreadable: ErrorRequestHandler = (
  error: { readonly status?: unknown },
  _request,
  response,
  next,
) => {
  const { status } = error;
  if (status === 413)
    return refuse(response, {
      status,
      code: 'body-too-large',
      message: `The body is larger than ${MAX_BYTES / 1024} KiB.`,
    });
  if (status === 415)
    return refuse(response, {
      status,
      code: 'body-encoded',
      message: 'Send the body as it is, without Content-Encoding.',
    });
  if (typeof status === 'number' && status < 500)
    return refuse(response, {
      status: 400,
      code: 'body-unreadable',
      message: 'The body could not be read: it was cut off, perhaps.',
    });
  return next(error);
};
