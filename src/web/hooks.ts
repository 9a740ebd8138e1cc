/**
 * `POST /hooks/<id>`: third parties tell that something has happened to somebody. The answer comes at once and is JSON; the
 * work is a job. Everything that a caller gets wrong has a code and a sentence, and none of them tells a secret.
 */
import { type ErrorRequestHandler, type Request, type Response, Router, raw } from 'express';
import { SIGNATURE_HEADER } from '../engine/hooks/signature.ts';
import { type CallAnswer, type TakingCalls, takeCall } from '../engine/hooks/take-call.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';

const MOST_BYTES = 256 * 1024;
/** Of each hook and process: far more than people are hired. */
const MOST_CALLS = 60;
const WINDOW_MS = 60_000;
/** Whoever tries addresses fills no memory: beyond this the oldest are forgotten. */
const MOST_COUNTED = 10_000;

export function hookCalls(parts: TakingCalls): Router {
  const isAllowed = rateLimit(parts.now);
  const router = Router();
  router.post(
    '/hooks/:id',
    (request, response, next) => {
      if (isAllowed(idOf(request))) return next();
      response.set('Retry-After', String(WINDOW_MS / 1000));
      refuse(
        response,
        429,
        'too-many-calls',
        `A hook takes ${MOST_CALLS} calls a minute. Try again in a minute.`,
      );
    },
    // The bytes as they came, whatever type they are said to be: they were signed.
    raw({ type: () => true, limit: MOST_BYTES, inflate: false }),
    async (request, response) => {
      const body: unknown = request.body; // An object without bytes where there was no body.
      const call = {
        hookId: idOf(request),
        signature: request.get(SIGNATURE_HEADER),
        body: Buffer.isBuffer(body) ? body : new Uint8Array(),
      };
      answer(response, await takeCall(call, parts));
    },
  );
  router.all('/hooks/:id', (_request, response) => {
    response.set('Allow', 'POST');
    refuse(response, 405, 'not-post', 'Hooks are called with POST.');
  });
  router.use('/hooks', unreadable);
  return router;
}

const idOf = ({ params }: Request): string => String(params['id'] ?? '');

function answer(response: Response, answered: CallAnswer): void {
  if (!answered.ok) return refuse(response, answered.status, answered.code, answered.message);
  const { status, callId, isRepeated } = answered;
  response.set('Cache-Control', 'no-store');
  response
    .status(status)
    .json({ accepted: true, call: callId, ...(isRepeated && { repeated: true }) });
}

function refuse(response: Response, status: number, code: string, message: string): void {
  response.set('Cache-Control', 'no-store').status(status).json({ error: { code, message } });
}

/** What the body parser refuses is the caller's fault and has a status; everything else goes on. */
const unreadable: ErrorRequestHandler = (
  error: { readonly status?: unknown },
  _request,
  response,
  next,
) => {
  if (error.status === 413)
    return refuse(
      response,
      413,
      'body-too-large',
      `The body is larger than ${MOST_BYTES / 1024} KiB.`,
    );
  if (error.status === 415)
    return refuse(
      response,
      415,
      'body-encoded',
      'Send the body as it is, without Content-Encoding.',
    );
  if (typeof error.status === 'number' && error.status < 500)
    return refuse(
      response,
      400,
      'body-unreadable',
      'The body could not be read: it was cut off, perhaps.',
    );
  return next(error);
};

/** Counts by id and minute. */
function rateLimit(now: Clock): (id: string) => boolean {
  const counted = new Map<string, { readonly since: number; calls: number }>();
  return (id) => {
    const at = now().getTime();
    const before = counted.get(id);
    const current =
      before && Math.abs(at - before.since) < WINDOW_MS ? before : { since: at, calls: 0 };
    current.calls += 1;
    counted.delete(id); // The one that was counted last goes last.
    counted.set(id, current);
    const [oldest] = counted.keys();
    if (counted.size > MOST_COUNTED && oldest !== undefined) counted.delete(oldest);
    return current.calls <= MOST_CALLS;
  };
}
