/**
 * Event endpoints: addresses of the customer's that receive events, as signed webhooks (Standard Webhooks).
 *
 * Words. An *event* here is an entry of the audit log, told to another system: `event-kinds.ts` says which entry is which event. An
 * *event delivery* is one event on its way to one endpoint. An endpoint *reads on* when it turns sealed entries of the audit log
 * into deliveries. So the audit log is the outbox: a change inserts nothing more, and no event can be missing.
 *
 * | endpoint | what it means                                       | what ends it                                      |
 * |----------|-----------------------------------------------------|---------------------------------------------------|
 * | idle     | nothing waits to be sent                            | a new entry; Send a test                          |
 * | waiting  | the next try of a delivery is at `dueAt`            | that time; a new entry                            |
 * | sending  | a worker holds its lease                            | the worker is done; another one, if this one dies |
 * | off      | nothing is read or sent, since `finishedAt`         | an admin turns it on                              |
 *
 * | delivery | what it means                                       | what ends it                                      |
 * |----------|-----------------------------------------------------|---------------------------------------------------|
 * | waiting  | it is sent from `dueAt` on                          | an answer of 2xx; ten tries                       |
 * | sent     | the endpoint answered 2xx                           | Send again                                        |
 * | failed   | all tries failed, or the audit log lost the entry   | Send again                                        |
 *
 * What turns its endpoint off by failing waits: it is sent when the endpoint is on again.
 *
 * The lease is the endpoint's and not the delivery's: one worker at a time sends for an endpoint, a few at once. A worker that dies
 * between sending and recording leaves the delivery waiting, and it is sent again with the same id.
 *
 * Where to begin: `send-events.ts` is the worker's job, which reads on (`read-on.ts`) and sends (`send-round.ts`).
 * `change-endpoint.ts` is what admins do.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import { factsWithout, type Lease, leaseFor } from '../work/lease.ts';
import type { EventKind } from './event-kinds.ts';

interface EndpointFacts {
  readonly id: string;
  readonly version: number;
  /** What it is, for people. Unique. */
  readonly name: string;
  readonly url: string;
  /** Kinds of events, or their first words; empty for all. */
  readonly kinds: readonly string[];
  /** `whsec_…`. Encrypted at rest. */
  readonly secret: string;
  /** Whether the secret was shown; it is shown once. */
  readonly isRevealed: boolean;
  /** The replaced secret, and until when it signs, too. */
  readonly before?: { readonly secret: string; readonly until: Date };
  /** The place in the audit log up to which it has read. */
  readonly readSeq: number;
  /** The last answer of 2xx. */
  readonly lastSentAt?: Date;
  /** Since when every try failed. */
  readonly failingSince?: Date;
  /** It asked to be sent nothing until then. */
  readonly pausedUntil?: Date;
}

export type WhyOff =
  /** An admin turned it off. */
  | 'by-hand'
  /** It answered 410 Gone. */
  | 'gone'
  /** All tries of a delivery failed, or all tries of five days. */
  | 'failing';

export type EventEndpoint = EndpointFacts &
  (
    | { readonly state: 'idle' }
    | { readonly state: 'waiting'; readonly dueAt: Date }
    | ({ readonly state: 'sending' } & Lease)
    | { readonly state: 'off'; readonly finishedAt: Date; readonly why: WhyOff }
  );

export type EndpointIn<S extends EventEndpoint['state']> = Extract<EventEndpoint, { state: S }>;

export interface EventDelivery {
  /** The `webhook-id`: the same at each try. */
  readonly id: string;
  readonly version: number;
  readonly endpointId: string;
  readonly kind: EventKind;
  /** The entry's place in the audit log. Undefined for a test. */
  readonly seq?: number;
  /** When it happened. */
  readonly at: Date;
  readonly state: 'waiting' | 'sent' | 'failed';
  /** While it waits. */
  readonly dueAt?: Date;
  readonly finishedAt?: Date;
  /** How often it was sent. */
  readonly attempts: number;
  /** The status of the last answer. */
  readonly status?: number;
  /** The beginning of the last answer, redacted, or why there was none. Encrypted at rest. */
  readonly answer?: string;
}

export const endpointStates = { idle: true, waiting: true, sending: true, off: true } as const;
export const deliveryStates = { waiting: true, sent: true, failed: true } as const;
export const whysOff: Readonly<Record<WhyOff, true>> = {
  'by-hand': true,
  gone: true,
  failing: true,
};

/** Each has a slot in the worker, so that one that hangs never delays another. */
export const MAX_ENDPOINTS = 10;
export const LONGEST_NAME = 60;
export const LONGEST_URL = 500;
/** How long a replaced secret still signs, too, so that receivers can switch. */
export const OVERLAP_MS = DAY_MS;

const SECOND_MS = 1000;
/** Pauses between tries, as Standard Webhooks advises: about three days in all. */
const PAUSES_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
export const MAX_TRIES = PAUSES_MS.length + 1;
/** The longest pause that we let an endpoint ask for. */
const MAX_PAUSE_MS = DAY_MS;
/** After this time without one good answer it is turned off. */
const FAILING_MS = 5 * DAY_MS;
/** Longer than a round of sending and the time to store it. */
const LEASE_MS = 60 * SECOND_MS;

export const hold = (
  endpoint: EventEndpoint,
  workerId: string,
  now: Date,
): EndpointIn<'sending'> => ({
  ...withoutOldSecret(factsOf(endpoint), now),
  state: 'sending',
  ...leaseFor(workerId, now, LEASE_MS),
});

/** A replaced secret that no longer signs is not kept. */
function withoutOldSecret(facts: EndpointFacts, now: Date): EndpointFacts {
  const { before, ...rest } = facts;
  return before && before.until <= now ? rest : facts;
}

/** @param dueAt of its next delivery */
export const rest = (endpoint: EventEndpoint, dueAt: Date | undefined): EventEndpoint =>
  dueAt
    ? { ...factsOf(endpoint), state: 'waiting', dueAt }
    : { ...factsOf(endpoint), state: 'idle' };

export const turnedOff = (endpoint: EventEndpoint, why: WhyOff, now: Date): EndpointIn<'off'> => ({
  ...factsOf(endpoint),
  state: 'off',
  finishedAt: now,
  why,
});

/** The secrets that sign now, the newest first. */
export const secretsOf = (
  { secret, before }: Pick<EventEndpoint, 'secret' | 'before'>,
  now: Date,
): readonly string[] => (before && before.until > now ? [secret, before.secret] : [secret]);

/** What came of one try. */
export type Tried =
  | { readonly kind: 'sent'; readonly status: number; readonly answer: string }
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly answer: string;
      /** The pause that the endpoint asks for. */
      readonly afterMs?: number;
      /** It answered 410 Gone. */
      readonly isGone?: boolean;
    }
  /** There is nothing to send any more. */
  | { readonly kind: 'lost'; readonly answer: string };

export function afterTry(delivery: EventDelivery, tried: Tried, now: Date): EventDelivery {
  const { dueAt: _, ...kept } = delivery;
  const { answer } = tried;
  if (tried.kind === 'lost') return { ...kept, state: 'failed', finishedAt: now, answer };
  const { status } = tried;
  const next = { ...kept, attempts: delivery.attempts + 1, status, answer };
  if (tried.kind === 'sent') return { ...next, state: 'sent', finishedAt: now };
  const pause = PAUSES_MS[delivery.attempts];
  if (pause === undefined) return { ...next, state: 'failed', finishedAt: now };
  const pauseMs = Math.max(pause, askedMs(tried));
  return { ...next, state: 'waiting', dueAt: new Date(now.getTime() + pauseMs) };
}

/** The pause that its answer asks for. */
const askedMs = (tried: Tried): number =>
  tried.kind === 'failed' ? Math.min(tried.afterMs ?? 0, MAX_PAUSE_MS) : 0;

/** It is to be sent again: with all tries, and the same id. */
export const onceMore = (delivery: EventDelivery, now: Date): EventDelivery => {
  const { finishedAt: _, ...kept } = delivery;
  return { ...kept, state: 'waiting', attempts: 0, dueAt: now };
};

/** The endpoint after a round of tries, and whether that turned it off. */
export function afterRound(
  before: EndpointIn<'sending'>,
  tries: readonly { readonly before: EventDelivery; readonly tried: Tried }[],
  now: Date,
): EndpointIn<'sending'> | EndpointIn<'off'> {
  const { pausedUntil: _, ...held } = before;
  const pauseMs = Math.max(0, ...tries.map(({ tried }) => askedMs(tried)));
  const endpoint: EndpointIn<'sending'> = {
    ...held,
    ...(pauseMs > 0 && { pausedUntil: new Date(now.getTime() + pauseMs) }),
  };
  const isSent = tries.some(({ tried }) => tried.kind === 'sent');
  const failed = tries.filter(({ tried }) => tried.kind === 'failed');
  if (failed.some(({ tried }) => tried.kind === 'failed' && tried.isGone))
    return turnedOff(endpoint, 'gone', now);
  if (isSent) {
    const { failingSince: _since, ...good } = endpoint;
    return { ...good, lastSentAt: now };
  }
  if (failed.length === 0) return endpoint;
  const failingSince = endpoint.failingSince ?? now;
  const next = { ...endpoint, failingSince };
  // Where it took others meanwhile, only this one is at fault.
  const isWornOut = failed.some(
    ({ before: { attempts, at } }) =>
      attempts + 1 >= MAX_TRIES && (endpoint.lastSentAt ?? at) <= at,
  );
  return isWornOut || now.getTime() - failingSince.getTime() >= FAILING_MS
    ? turnedOff(next, 'failing', now)
    : next;
}

const factsOf = factsWithout<EventEndpoint, EndpointFacts>({
  state: true,
  dueAt: true,
  workerId: true,
  leasedUntil: true,
  finishedAt: true,
  why: true,
});
