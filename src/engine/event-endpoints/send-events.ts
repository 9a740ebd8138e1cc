/**
 * The worker's part: reads the sealed audit log on into deliveries, sends what is due, records what came of it. One job works on
 * one endpoint for a few seconds and then makes way, so no endpoint keeps a slot, and a stopping worker waits for one round only.
 */
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { retryAfter } from '../calls/rate-limit.ts';
import type { Http } from '../ports/http.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { redactor } from '../templates/redact.ts';
import { alone, type Worker, whileHeld } from '../work/leased.ts';
import { endpointTopic, invalidate } from '../work/topics.ts';
import { note } from './change-endpoint.ts';
import {
  afterRound,
  afterTry,
  type EndpointIn,
  type EventDelivery,
  hold,
  rest,
  secretsOf,
  type Tried,
} from './event-endpoint.ts';
import { type KindOfEvent, kindsOf, TEST, wants } from './event-kinds.ts';
import { bodiesOf } from './event-payload.ts';
import { keyOf, signedHeaders } from './sign.ts';
import { endpointWork, wakeEndpoint } from './wake-endpoint.ts';

export interface SendingEvents extends Pick<Worker, 'workerId' | 'underWay'>, Database {
  readonly http: Http;
  /** Latchkey's own, for `audit.recorded`. */
  readonly version: string;
}

/** Deliveries of one endpoint at the same time. */
const AT_ONCE = 4;
/** As the standard advises; a receiver that needs longer queues. */
const TIMEOUT_MS = 15_000;
/** More of an answer than this is not read. */
const ANSWER_BYTES = 64 * 1024;
/** Of an answer, for people. */
const ANSWER_SHOWN = 200;
/** Searched for secrets before the rest is cut off. */
const ANSWER_SEARCHED = 4000;
/** Entries of the audit log, in one transaction. */
const READ_AT_ONCE = 250;
/** Where so many wait, an endpoint reads no further: what follows is safe in the audit log. */
const MAX_WAITING = 1000;
/** With one more round this is less than a stopping worker has. */
const GOES_ON_MS = 3000;
/** The same where the clock stands still. */
const MAX_ROUNDS = 250;

type Sending = EndpointIn<'sending'>;

/** The job of an endpoint. */
export async function sendEvents(endpointId: string, deps: SendingEvents): Promise<void> {
  await alone({ kind: endpointWork, id: endpointId }, deps, async () => {
    let endpoint = await take(endpointId, deps);
    const until = deps.now().getTime() + GOES_ON_MS;
    for (let round = 0; endpoint; round += 1) {
      if (round === MAX_ROUNDS || deps.now().getTime() > until)
        return layDown(endpoint, deps, { isMore: true });
      const due = await dueOf(endpoint, deps);
      const read: Read | undefined =
        due.length < AT_ONCE ? await readOn(endpoint, deps) : { endpoint, isAll: false };
      if (!read) return;
      const now = due.length < AT_ONCE ? await dueOf(endpoint, deps) : due;
      if (now.length === 0 && read.isAll) return layDown(read.endpoint, deps, { isMore: false });
      endpoint = now.length === 0 ? read.endpoint : await sendRound(read.endpoint, now, deps);
    }
  });
}

function take(id: string, { transact, workerId }: SendingEvents): Promise<Sending | undefined> {
  return transact(async (tx) => {
    const endpoint = await tx.eventEndpoints.find(id);
    if (!endpoint || endpoint.state === 'off') return undefined;
    if (
      endpoint.state === 'sending' &&
      endpoint.workerId !== workerId &&
      endpoint.leasedUntil > tx.now
    ) {
      await wakeEndpoint(tx, endpoint, endpoint.leasedUntil);
      return undefined;
    }
    return tx.eventEndpoints.save(hold(endpoint, workerId, tx.now));
  });
}

async function dueOf(
  { id, pausedUntil }: Sending,
  { stores, now }: SendingEvents,
): Promise<readonly EventDelivery[]> {
  if (pausedUntil && pausedUntil > now()) return [];
  const first = await stores.eventDeliveries.waiting(id, AT_ONCE);
  return first.filter(({ dueAt }) => dueAt && dueAt <= now());
}

/** Nothing more for now. */
async function layDown(
  endpoint: Sending,
  deps: SendingEvents,
  { isMore }: { readonly isMore: boolean },
): Promise<void> {
  await whileHeld({ kind: endpointWork, known: endpoint }, deps, async (tx, held) => {
    const [next] = await tx.eventDeliveries.waiting(held.id, 1);
    const dueAt = isMore ? tx.now : later(next?.dueAt, held.pausedUntil);
    await tx.eventEndpoints.save(rest(held, dueAt));
    if (dueAt) await wakeEndpoint(tx, held, dueAt);
  });
}

const later = (dueAt: Date | undefined, pausedUntil: Date | undefined): Date | undefined =>
  dueAt && pausedUntil && pausedUntil > dueAt ? pausedUntil : dueAt;

// ---------------------------------------------------------------- reading on

interface Read {
  readonly endpoint: Sending;
  /** There is nothing more to read now. */
  readonly isAll: boolean;
}

/** @returns undefined where another worker has it, or it was turned off or deleted */
async function readOn(endpoint: Sending, deps: SendingEvents): Promise<Read | undefined> {
  const { stores } = deps;
  const entries = await stores.auditChain.entriesAfter(endpoint.readSeq, READ_AT_ONCE);
  const last = entries.at(-1);
  if (!last) return { endpoint, isAll: true };
  if ((await stores.eventDeliveries.countWaiting(endpoint.id, MAX_WAITING)) === MAX_WAITING)
    return { endpoint, isAll: true };
  const wanted: Pick<EventDelivery, 'kind' | 'seq' | 'at'>[] = [];
  for (const { seq, entry } of entries)
    for (const each of kindsOf(entry.what))
      if (wants(endpoint.kinds, each.kind) && (await isOf(each, entry, deps)))
        wanted.push({ kind: each.kind, seq, at: entry.at });
  const next = await whileHeld({ kind: endpointWork, known: endpoint }, deps, async (tx, held) => {
    const saved = await tx.eventEndpoints.save({
      ...hold(held, deps.workerId, tx.now),
      readSeq: last.seq,
    });
    await tx.eventDeliveries.insertMany(wanted.map((each) => newDelivery(tx, held.id, each)));
    return saved;
  });
  return next && { endpoint: next, isAll: false };
}

const newDelivery = (
  tx: Transaction,
  endpointId: string,
  about: Pick<EventDelivery, 'kind' | 'seq' | 'at'>,
): EventDelivery => ({
  ...about,
  id: tx.newId(),
  version: 1,
  endpointId,
  state: 'waiting',
  dueAt: tx.now,
  attempts: 0,
});

/** An entry says which kind its task or run is of. Of a run, those that older versions wrote don't. */
async function isOf(
  { of }: KindOfEvent,
  {
    runId,
    detail,
  }: { readonly runId?: string; readonly detail?: { readonly [name: string]: unknown } },
  { stores }: SendingEvents,
): Promise<boolean> {
  if (of === undefined) return true;
  const kind = detail?.['kind'];
  if (kind !== undefined || runId === undefined) return kind === of;
  return (await stores.runs.find(runId))?.kind === 'execute';
}

// ---------------------------------------------------------------- sending

/** @returns undefined where it is not held any more */
async function sendRound(
  endpoint: Sending,
  due: readonly EventDelivery[],
  deps: SendingEvents,
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
    for (const { before, tried } of tries)
      await tx.eventDeliveries.save(afterTry(before, tried, tx.now));
    if (saved.state === 'off') {
      const { why } = saved;
      const off = { what: 'event-endpoint.off', detail: { cause: why } } as const;
      await note(tx, saved, { actor: { kind: 'system' }, ...off });
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
  { http, now }: SendingEvents,
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
  const parts = [...pathname.split('/'), ...searchParams.values()];
  const hidden = [
    ...secrets.map((secret, n) => [n === 0 ? 'SECRET' : 'OLD_SECRET', keyOf(secret)]),
    ['ADDRESS', pathname.length + search.length < SHORTEST_PART ? '' : pathname + search],
    ...parts
      .filter((part) => part.length >= SHORTEST_PART)
      .map((part, n) => [`ADDRESS_${n + 1}`, part]),
  ];
  return redactor(Object.fromEntries(hidden), { manifestText: '' });
}

/** One line. */
function shown(text: string, redact: (text: string) => string): string {
  const whole = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return shorten(redact(whole.slice(0, ANSWER_SEARCHED)), ANSWER_SHOWN);
}
