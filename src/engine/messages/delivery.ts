/**
 * A delivery is one message to one address. A run that succeeded sends it, or an item of a sequence.
 *
 * Words. A delivery goes out *via* email, text or chat. Its *body* is the subject and the message. A *secret* message holds a
 * secret or a generated value: chat shows it once, behind a button, and an email may carry a link that shows it once. A *text*
 * is an SMS; Latchkey can't take one back. A text is *doubtful* when an earlier try may have sent it already.
 *
 * | state   | what it means                                                        | what ends it                              |
 * |---------|----------------------------------------------------------------------|-------------------------------------------|
 * | waiting | no worker has it; it may be sent from `dueAt` on                     | a worker takes it                         |
 * | sending | a worker holds its lease                                             | the answer; another worker, if this one dies |
 * | sent    | the mail server, text provider or chat accepted it                   | final                                     |
 * | failed  | it could not be rendered or sent, or all 6 tries failed              | final                                     |
 * | unknown | a text whose sending was interrupted, so it may have gone out or not | someone presses Send again, while its body is kept |
 *
 * | body     | what became of subject and message                                        |
 * |----------|---------------------------------------------------------------------------|
 * | kept     | stored, for a day after the end, or a week when a link in an email shows it |
 * | revealed | shown once, and deleted then                                              |
 * | dropped  | deleted when its time was over or the access ended, or never rendered     |
 * | stopped  | deleted, because someone else opened its link                             |
 *
 * Events: `sequence-item-stuck`, when a message of a sequence ends `failed` or `unknown`. Live cards follow `invalidateDelivery`.
 *
 * Where to begin: `deliveryMoves` below lists every transition, and each transition is a pure function in this file.
 * `deliveries.ts` renders and stores them, `delivery-route.ts` chooses how each goes out, `deliver.ts` sends it, `reveal-delivery.ts`
 * and `emailed-links.ts` show a secret once, and `send-again.ts` repeats a text.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { factsWithout, type Lease, leaseFor, type Open } from '../work/lease.ts';

/** A message names this instead of a channel to reach the notice place, because Teams can't find a channel by its name. */
export const NOTICES_CHANNEL = 'notices';

export const deliveryMoves = {
  waiting: ['waiting', 'sending', 'failed'],
  /** `sending`: another worker takes it over. */
  sending: ['sending', 'waiting', 'sent', 'failed', 'unknown'],
  sent: [],
  failed: [],
  unknown: ['waiting'],
} as const;

export type DeliveryState = keyof typeof deliveryMoves;

/** `link`: a button in chat that shows the message once. `email-link`: a link in an email that does the same. */
export type Via = 'email' | 'email-link' | 'text' | 'chat' | 'link' | 'channel';
/** Whether its text is shown once, by a link. */
export const isByLink = (via: Via): boolean => via === 'link' || via === 'email-link';

const message = { to: z.string(), message: z.string() };
/** One message, as rendered from a `post_execute_notification`. */
const notificationSchema = z.union([
  z.object({ type: z.literal('email'), subject: z.string(), ...message }),
  z.object({ type: z.enum(['text', 'chat']), subject: z.string().optional(), ...message }),
]);
export type Notification = DeepReadonly<z.output<typeof notificationSchema>>;

/** The link in an email to the page that shows its message once. */
const emailedLink = z.object({
  /** The token's hash. */
  hash: z.string(),
  /** Kept until it is sent, because the first try may have arrived and each try sends the same link. */
  token: z.string().optional(),
});
export type EmailedLink = DeepReadonly<z.output<typeof emailedLink>>;

/** Encrypted at rest. */
export const outgoingSchema = z.object({
  /** Its subject and message are empty when the body is no longer kept. */
  notification: notificationSchema,
  /** Whether it holds a secret or a generated value. If so, it goes only to that person, and chat shows it only once. */
  secret: z.boolean(),
  /** `notification.to`, redacted. */
  shownTo: z.string(),
  /** The person whose address or phone `to` was when it was queued. Their address may be someone else's when it is sent. */
  personId: z.string().optional(),
  /** The message holds a secret and its subject doesn't, so the subject may be shown. */
  hasPlainSubject: z.literal(true).optional(),
  /** Set when its sending as a link in an email begins. */
  link: emailedLink.optional(),
});
export type Outgoing = DeepReadonly<z.output<typeof outgoingSchema>>;

export const bodyStates = { kept: true, revealed: true, dropped: true, stopped: true } as const;

export interface DeliveryFacts {
  readonly id: string;
  readonly version: number;
  /** Its run, or its planned item of a sequence. */
  readonly runId?: string;
  readonly plannedItemId?: string;
  /** From 0, in the order of the manifest. */
  readonly position: number;
  readonly createdAt: Date;
  /** How often its sending began. */
  readonly attempts: number;
  /** Undefined when it could not be rendered. */
  readonly outgoing?: Outgoing;
  /** See the table above. */
  readonly body: keyof typeof bodyStates;
  /** When it was revealed. Older versions did not store it. */
  readonly shownAt?: Date;
  /** The person who gets it in chat, or by the link in an email. */
  readonly recipientId?: string;
  /** A text that an earlier try may have sent already. */
  readonly isDoubtful?: true;
}

export type Delivery = DeliveryFacts &
  (
    | {
        readonly state: 'waiting';
        readonly dueAt: Date;
        /** A sentence for people, redacted: why the last attempt failed. */
        readonly why?: string;
      }
    | ({ readonly state: 'sending'; readonly via: Via } & Lease)
    | {
        readonly state: 'sent';
        readonly finishedAt: Date;
        readonly via: Via;
        /** A sentence for people: what they should know about this sending. */
        readonly why?: string;
      }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly why: string }
    | { readonly state: 'unknown'; readonly finishedAt: Date; readonly why: string }
  );

export type DeliveryIn<S extends DeliveryState> = Extract<Delivery, { state: S }>;

/** Pauses between attempts: almost two hours in all, so a mail server that is down for an hour loses nothing. */
const RETRY_PAUSES_MS = [1, 4, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);
const ATTEMPTS = RETRY_PAUSES_MS.length + 1;
/** Longer than any sending (an email takes at most a minute, a chat message less) and the time to store the result. */
const DELIVERY_LEASE_MS = 120_000;
/** How long bodies are kept after the end: for people who check what was sent, and for those who may see it once. */
export const BODY_LIFE_MS = DAY_MS;
/** How long links in emails work. It covers a weekend, a short absence, and a new hire who starts next week. */
export const EMAILED_LINK_LIFE_MS = 7 * BODY_LIFE_MS;

/** `recipientId` is left out where the person isn't known. */
export function beginSending(
  delivery: Open<Delivery>,
  {
    workerId,
    via,
    recipientId,
  }: { readonly via: Via; readonly recipientId?: string; readonly workerId: string },
  now: Date,
): DeliveryIn<'sending'> {
  const lease = leaseFor(workerId, now, DELIVERY_LEASE_MS);
  const attempts = delivery.attempts + 1;
  return { ...factsOf(delivery), via, recipientId, attempts, state: 'sending', ...lease };
}

/** It waits for the end of quiet hours. That doesn't count as an attempt. */
export const waitUntil = (
  delivery: Open<Delivery>,
  dueAt: Date,
  why: string,
): DeliveryIn<'waiting'> => ({ ...factsOf(delivery), state: 'waiting', dueAt, why });

/** Too much was under way, so nothing was sent. That doesn't count as an attempt. */
export const makeWay = (
  delivery: DeliveryIn<'sending'>,
  dueAt: Date,
  why: string,
): DeliveryIn<'waiting'> => ({
  ...factsOf(delivery),
  attempts: delivery.attempts - 1,
  state: 'waiting',
  dueAt,
  why,
});

export const markSent = (
  delivery: DeliveryIn<'sending'>,
  now: Date,
  note?: string,
): DeliveryIn<'sent'> => ({
  ...withoutToken(factsOf(delivery)),
  state: 'sent',
  finishedAt: now,
  via: delivery.via,
  ...whyOf(note, delivery.isDoubtful && perhapsTwice()),
});

const perhapsTwice = () => t`An earlier try may have sent it, so it may have arrived twice.`;
const perhapsOnce = () => t`One of the tries may still have sent it.`;

const whyOf = (...sentences: readonly (string | undefined)[]): { readonly why?: string } => {
  const said = sentences.filter(Boolean);
  return said.length > 0 ? { why: said.join(' ') } : {};
};

export const giveUp = (delivery: Open<Delivery>, why: string, now: Date): DeliveryIn<'failed'> => ({
  ...factsOf(delivery),
  state: 'failed',
  finishedAt: now,
  why: delivery.isDoubtful ? `${why} ${perhapsOnce()}` : why,
});

/** The attempt failed, but it may have sent the message. */
export const doubt = (delivery: DeliveryIn<'sending'>): DeliveryIn<'sending'> => ({
  ...delivery,
  isDoubtful: true,
});

export const loseSight = (
  delivery: DeliveryIn<'sending'>,
  why: string,
  now: Date,
): DeliveryIn<'unknown'> => ({ ...factsOf(delivery), state: 'unknown', finishedAt: now, why });

/** An attempt failed: the next one follows after a pause, if one is left. `afterMs` is the pause that the app asks for. */
export function putOffDelivery(
  delivery: DeliveryIn<'sending'>,
  { why, afterMs: atLeastMs = 0 }: { readonly why: string; readonly afterMs?: number },
  now: Date,
): DeliveryIn<'waiting'> | DeliveryIn<'failed'> {
  const pause = RETRY_PAUSES_MS[delivery.attempts - 1];
  if (pause === undefined)
    return giveUp(delivery, t`${why} Latchkey tried ${ATTEMPTS} times.`, now);
  const dueAt = new Date(now.getTime() + Math.max(pause, atLeastMs));
  return { ...factsOf(delivery), state: 'waiting', dueAt, why };
}

/** Whether someone may send it again. A day after its end its body is deleted, and nothing is left to send. */
export const canSendAgain = (delivery: Delivery): delivery is DeliveryIn<'unknown'> =>
  delivery.state === 'unknown' && delivery.body === 'kept';

/** Someone sends it again, and knows that it may arrive twice. It starts with no attempts counted. */
export const sendOnceMore = (
  delivery: DeliveryIn<'unknown'>,
  now: Date,
): DeliveryIn<'waiting'> => ({
  ...factsOf(delivery),
  attempts: 0,
  isDoubtful: true,
  state: 'waiting',
  dueAt: now,
});

/** Its sending began as often as allowed and never ended, for example because each worker died. */
export const isWornOut = (delivery: Delivery): boolean => delivery.attempts >= ATTEMPTS;

/** Without the token, nobody can rebuild its link from what is stored. */
function withoutToken<D extends DeliveryFacts>(delivery: D): D {
  const { outgoing } = delivery;
  if (outgoing?.link?.token === undefined) return delivery;
  return { ...delivery, outgoing: { ...outgoing, link: { hash: outgoing.link.hash } } };
}

/** Removes subject and message. Its recipient stays. */
export function withoutBody<D extends Delivery>(
  full: D,
  body: Exclude<Delivery['body'], 'kept'>,
): D {
  const delivery = withoutToken(full);
  const { outgoing } = delivery;
  if (!outgoing) return { ...delivery, body };
  const { type, to } = outgoing.notification;
  const notification: Notification =
    type === 'email' ? { type, to, subject: '', message: '' } : { type, to, message: '' };
  return { ...delivery, body, outgoing: { ...outgoing, notification } };
}

const factsOf = factsWithout<Delivery, DeliveryFacts>({
  state: true,
  dueAt: true,
  workerId: true,
  leasedUntil: true,
  finishedAt: true,
  via: true,
  why: true,
});
