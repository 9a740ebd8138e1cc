/**
 * Writes: each takes effect once, however often it is sent (draft-ietf-httpapi-idempotency-key-header). The write, its key and its
 * answer are one transaction, so that no process that dies leaves one without the other. Only what did something is remembered:
 * what was refused may be sent again with the same key.
 */
import type { z } from 'zod';
import { DAY_MS } from '../../core/hours.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { isLive } from '../../engine/tokens/token.ts';
import { withWrongToken } from './door.ts';
import type { Common, Endpoint, EndpointCall, Outcome, Turn } from './endpoint.ts';
import { noQuery, wrongIn } from './endpoint.ts';
import { misfit, type Problem } from './problems.ts';

const KEPT_MS = DAY_MS;
/** Printable, as headers are. */
const KEY = /^[\u0020-\u007E]{1,200}$/;

export type Done<Answer> = { readonly done: Answer } | { readonly problem: Problem };

/** What to do in the transaction, once all that needs the network is known. */
export type Act<Answer> = (tx: Transaction) => Promise<Done<Answer>>;

interface Write<Body> {
  readonly id: string;
  readonly body: Body;
}

/** Keys of writes that this process is working on. */
const underWay = new Set<string>();

export function writing<Body extends z.ZodObject, Answer extends z.ZodType>({
  prepare,
  ...endpoint
}: Common & {
  readonly body: Body;
  /** It is stored, so it has nothing personal but ids. */
  readonly answer: Answer;
  readonly status: 200 | 201 | 202;
  readonly prepare: (
    write: Write<z.output<Body>>,
    turn: Turn,
  ) => Promise<Act<z.input<Answer>> | { readonly problem: Problem }>;
}): Endpoint {
  return {
    ...endpoint,
    method: 'POST',
    query: noQuery,
    async respond(asked, turn) {
      const problem = wrongIn(noQuery, asked.query);
      if (problem) return { problem };
      const { key } = asked;
      if (key === undefined || !KEY.test(key)) return { problem: withoutKey };
      const body = endpoint.body.safeParse(asked.body);
      if (!body.success) return { problem: misfit(body.error, 'body') };
      const name = `${turn.tokenId} ${key}`;
      if (underWay.has(name)) return { problem: inFlight };
      underWay.add(name);
      try {
        const write = { id: asked.id, body: body.data };
        return await once({ ...asked, key }, turn, {
          place: `POST ${endpoint.path} ${asked.id}`,
          status: endpoint.status,
          prepare: () => prepare(write, turn),
        });
      } finally {
        underWay.delete(name);
      }
    },
  };
}

interface WriteSteps {
  readonly place: string;
  readonly status: 200 | 201 | 202;
  readonly prepare: () => Promise<Act<unknown> | { readonly problem: Problem }>;
}

async function once(
  { key, bytes }: EndpointCall & { readonly key: string },
  { stores, transact, now, keyedHash, isKeyedHash, tokenId }: Turn,
  { place, status, prepare }: WriteSteps,
): Promise<Outcome> {
  const own = { tokenId, key };
  const written = `${place}\n${bytes}`;
  const asked = keyedHash(written);
  const notBefore = new Date(now().getTime() - KEPT_MS);
  const again = (known: { readonly asked: string; readonly answer: string }): Outcome =>
    isKeyedHash(known.asked, written)
      ? { status, body: JSON.parse(known.answer) as unknown }
      : { problem: otherWrite };
  const before = await stores.apiAnswers.find(own, notBefore);
  if (before) return again(before);
  const act = await prepare();
  if ('problem' in act) return act;
  return transact(async (tx): Promise<Outcome> => {
    // The body may have come slowly, and the app may have taken long to list its options.
    const token = await tx.apiTokens.find(tokenId);
    if (!token || !isLive(token, tx.now))
      return { problem: withWrongToken(token?.revokedAt ? 'revoked' : 'expired') };
    if (!(await tx.apiAnswers.claim(own, { asked, now: tx.now, notBefore }))) {
      const known = await tx.apiAnswers.find(own, notBefore);
      return known ? again(known) : { problem: inFlight };
    }
    const result = await act(tx);
    if ('problem' in result) {
      await tx.apiAnswers.release(own);
      return result;
    }
    await tx.apiAnswers.put(own, JSON.stringify(result.done));
    return { status, body: result.done };
  });
}

const withoutKey: Problem = {
  kind: 'no-idempotency-key',
  detail:
    'Send the header Idempotency-Key: up to 200 printable characters, new for each new request and the same when it is sent again.',
};
const inFlight: Problem = {
  kind: 'in-flight',
  detail: 'A request with this Idempotency-Key is being worked on. Send it again in a moment.',
  headers: { 'Retry-After': '1' },
};
const otherWrite: Problem = {
  kind: 'key-reused',
  detail: 'This Idempotency-Key came with another request before. Nothing was done.',
};
