/** One round of sending: a few deliveries of one endpoint at the same time, and what came of each. */
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { retryAfter } from '../calls/rate-limit.ts';
import { SYSTEM } from '../people/directory.ts';
import type { Http } from '../ports/http.ts';
import type { Database } from '../ports/unit-of-work.ts';
import { redactor } from '../templates/redact.ts';
import { type Worker, whileHeld } from '../work/leased.ts';
import { endpointTopic, invalidate } from '../work/topics.ts';
import { note } from './change-endpoint.ts';
import {
  afterRound,
  afterTry,
  type EndpointIn,
  type EventDelivery,
  hold,
  onceMore,
  secretsOf,
  type Tried,
} from './event-endpoint.ts';
import { TEST } from './event-kinds.ts';
import { bodiesOf } from './event-payload.ts';
import { keyOf, signedHeaders } from './sign.ts';
import { endpointWork } from './wake-endpoint.ts';

export interface SendingRounds extends Pick<Worker, 'workerId'>, Database {
  readonly http: Http;
  /** Latchkey's own, for `audit.recorded`. */
  readonly version: string;
}

/** As the standard advises; a receiver that needs longer queues. */
const TIMEOUT_MS = 15_000;
/** More of an answer than this is not read. */
const ANSWER_BYTES = 64 * 1024;
/** Of an answer, for people. */
const ANSWER_SHOWN = 200;
/** Searched for secrets before the rest is cut off. */
const ANSWER_SEARCHED = 4000;

type Sending = EndpointIn<'sending'>;

/** @returns undefined where it is not held any more */
export async function sendRound(
  endpoint: Sending,
  due: readonly EventDelivery[],
  deps: SendingRounds,
): Promise<Sending | undefined> {
  const bodies = await bodiesOf(due, endpoint, deps);
  const secrets = secretsOf(endpoint, deps.now());
  const redact = redactorFor(endpoint.url, secrets);
  const tries = await Promise.all(
    due.map(async (before) => {
      const body = bodies.get(before.id);
      const tried: Tried =
        body === undefined
          ? { kind: 'lost', answer: t`The audit log no longer has what happened.` }
          : await tryOnce({ id: before.id, body, url: endpoint.url, secrets }, deps);
      return { before, tried: { ...tried, answer: shown(tried.answer, redact) } };
    }),
  );
  const next = await whileHeld({ kind: endpointWork, known: endpoint }, deps, async (tx, held) => {
    const after = afterRound(hold(held, deps.workerId, tx.now), tries, tx.now);
    const saved = await tx.eventEndpoints.save(after);
    for (const { before, tried } of tries) {
      const delivery = afterTry(before, tried, tx.now);
      const isWornOut = tried.kind === 'failed' && delivery.state === 'failed';
      // What turned the endpoint off waits until it is on again, as all else does.
      const waits = isWornOut && saved.state === 'off';
      await tx.eventDeliveries.save(waits ? onceMore(delivery, tx.now) : delivery);
    }
    if (saved.state === 'off') {
      const { why } = saved;
      const off = { what: 'event-endpoint.off', detail: { cause: why } } as const;
      await note(tx, saved, { actor: SYSTEM, ...off });
      await tx.emit({ kind: 'event-endpoint-off', endpointId: saved.id });
    } else if (
      (saved.failingSince === undefined) !== (held.failingSince === undefined) ||
      due.some(({ kind }) => kind === TEST)
    )
      await invalidate(tx, endpointTopic(saved.id));
    return saved;
  });
  return next?.state === 'sending' ? next : undefined;
}

async function tryOnce(
  {
    id,
    body,
    url,
    secrets,
  }: {
    readonly id: string;
    readonly body: string;
    readonly url: string;
    readonly secrets: readonly string[];
  },
  { http, now }: SendingRounds,
): Promise<Tried> {
  const answer = beginning();
  const got = await http.send(
    {
      method: 'POST',
      url,
      headers: signedHeaders({ id, body }, secrets, now()),
      body: { kind: 'json', text: body },
    },
    { timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_BYTES, followsRedirects: false },
    { sink: answer.sink },
  );
  const status = got.kind === 'answer' ? got.status : answer.status();
  if (status === undefined)
    return { kind: 'failed', answer: got.kind === 'failed' ? got.message : '' };
  const text = answer.text();
  // Its status counts, even where the rest of a long answer is not read.
  if (status >= 200 && status < 300) return { kind: 'sent', status, answer: text };
  const isBusy = status === 429 || status === 503;
  const asked =
    isBusy && got.kind === 'answer' ? retryAfter(got.headers['retry-after'], now()) : undefined;
  return {
    kind: 'failed',
    status,
    answer: text,
    isGone: status === 410,
    ...(asked !== undefined && { afterMs: asked }),
  };
}

/** Keeps the beginning of an answer, and its status, even where it is cut off. */
function beginning() {
  const pieces: Uint8Array[] = [];
  let status: number | undefined;
  return {
    sink: {
      maxBytes: ANSWER_BYTES,
      takes(given: number) {
        status = given;
        return true;
      },
      async write(piece: Uint8Array) {
        pieces.push(piece.slice());
      },
    },
    status: () => status,
    text: () => new TextDecoder().decode(Buffer.concat(pieces)),
  };
}

/** Shorter parts of an address are words that may stand anywhere. */
const SHORTEST_PART = 8;

/** Hides the secrets, and of the address what may be one: everything behind the host. */
function redactorFor(url: string, secrets: readonly string[]): (text: string) => string {
  const { pathname, search, searchParams } = new URL(url);
  const parts = [...pathname.split('/').map(decoded), ...searchParams.values()];
  const hidden = [
    ...secrets.map((secret, n) => [n === 0 ? 'SECRET' : 'OLD_SECRET', keyOf(secret)]),
    ['ADDRESS', pathname.length + search.length < SHORTEST_PART ? '' : pathname + search],
    ...parts
      .filter((part) => part.length >= SHORTEST_PART)
      .map((part, n) => [`ADDRESS_${n + 1}`, part]),
  ];
  return redactor(Object.fromEntries(hidden), { manifestText: '' });
}

/** As the receiver reads it. The redactor finds it encoded, too. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** One line. */
function shown(text: string, redact: (text: string) => string): string {
  const whole = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return shorten(redact(whole.slice(0, ANSWER_SEARCHED)), ANSWER_SHOWN);
}
