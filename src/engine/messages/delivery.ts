/**
 * A delivery is one message to be sent: after a run has succeeded, or by an item of a sequence. Like a run it is a state machine: `deliveryMoves` is
 * its whole life, and every transition is a pure function of delivery, event and now.
 */
import { t } from '../../core/translate.ts';
import { type Lease, leaseFor, type Open } from '../work/lease.ts';

export const deliveryMoves = {
  /** Nobody works on it; it may be sent from `dueAt` on. */
  waiting: ['waiting', 'sending', 'failed'],
  /** A worker holds its lease. `sending`: another takes it over. */
  sending: ['sending', 'waiting', 'sent', 'failed', 'unknown'],
  sent: [],
  /** It can't be sent, or could not even be written. */
  failed: [],
  /** A text whose sending was interrupted: it may have gone out, or not, and is sent again only if somebody says so. */
  unknown: ['waiting'],
} as const;

export type DeliveryState = keyof typeof deliveryMoves;

/** The way that a message takes. `link`: in chat, as a button that reveals it once. `email-link`: by email, as a link that does. */
export type Via = 'email' | 'email-link' | 'text' | 'chat' | 'link' | 'channel';

/** What opens the page that shows the message of an email once. */
export interface EmailedLink {
  /** Of the token. */
  readonly hash: string;
  /** Until it was sent: each try sends the same link, since the first may have arrived. */
  readonly token?: string;
}

/** What is sent, to whom; encrypted at rest. */
export interface Outgoing {
  /** Without its subject, and with an empty message, once the body is gone. */
  readonly notification: Notification;
  /** Whether a secret or a generated value stands in it: then it goes to nobody else, and into no chat. */
  readonly secret: boolean;
  /** `notification.to`, redacted. */
  readonly shownTo: string;
  /** Of a secret message the subject holds none, so it may stand where the message may not. */
  readonly hasPlainSubject?: true;
  /** Where it was sent, or begun to be sent, as a link in an email. */
  readonly link?: EmailedLink;
}

export interface DeliveryFacts {
  readonly id: string;
  readonly version: number;
  /** The run that it tells of, or the planned item of a sequence that it is. */
  readonly runId?: string;
  readonly plannedItemId?: string;
  /** From 0, in the order of the manifest. */
  readonly position: number;
  readonly createdAt: Date;
  /** How often its sending was begun. */
  readonly attempts: number;
  /** Undefined where it could not be written. */
  readonly outgoing?: Outgoing;
  /** What became of subject and message. `revealed`: shown once, and gone with that. `stopped`: someone else had its link. */
  readonly body: 'kept' | 'revealed' | 'dropped' | 'stopped';
  /** When it was revealed; unknown of what older versions have revealed. */
  readonly shownAt?: Date;
  /** The person it goes to in chat. */
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
        /** What the receiving side said that people should know. */
        readonly why?: string;
      }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly why: string }
    | { readonly state: 'unknown'; readonly finishedAt: Date; readonly why: string }
  );

export type DeliveryIn<S extends DeliveryState> = Extract<Delivery, { state: S }>;

const MINUTE_MS = 60_000;
/** Between one attempt and the next: almost two hours in all, so a mail server that is down for one loses nothing. */
const RETRY_PAUSES_MS = [1, 4, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);
const ATTEMPTS = RETRY_PAUSES_MS.length + 1;
/** Longer than any sending takes (a mail a minute at most, a call of a chat platform less) and a little for storing. */
const DELIVERY_LEASE_MS = 120_000;
/** Bodies are kept this long after the end, for a look at what was sent and for whoever is to see it once. */
export const BODY_LIFE_MS = 24 * 60 * MINUTE_MS;
/** Links in emails are good this long: over a weekend or a short absence, and until the first day of someone who starts next week. */
export const EMAILED_LINK_LIFE_MS = 7 * BODY_LIFE_MS;

/** @param to the way that it takes, and the person where that is chat */
export function beginSending(
  delivery: Open<Delivery>,
  to: { readonly via: Via; readonly recipientId?: string },
  workerId: string,
  now: Date,
): DeliveryIn<'sending'> {
  const { recipientId: _, ...rest } = factsOf(delivery);
  const lease = leaseFor(workerId, now, DELIVERY_LEASE_MS);
  return { ...rest, ...to, attempts: delivery.attempts + 1, state: 'sending', ...lease };
}

/** Nobody is to be disturbed now; it is no try. */
export const waitUntil = (
  delivery: Open<Delivery>,
  dueAt: Date,
  why: string,
): DeliveryIn<'waiting'> => ({ ...factsOf(delivery), state: 'waiting', dueAt, why });

/** There was too much at once, so nothing was sent; it was no try. */
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

const perhapsTwice = () =>
  t`An earlier try ended in a way that leaves open whether it went out, so it may have arrived twice.`;
const perhapsOnce = () => t`One of the tries may have sent it all the same.`;

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

/** The try that failed may have sent it. */
export const doubt = (delivery: DeliveryIn<'sending'>): DeliveryIn<'sending'> => ({
  ...delivery,
  isDoubtful: true,
});

export const loseSight = (
  delivery: DeliveryIn<'sending'>,
  why: string,
  now: Date,
): DeliveryIn<'unknown'> => ({ ...factsOf(delivery), state: 'unknown', finishedAt: now, why });

/**
 * An attempt failed, and another may not.
 * @param atLeastMs how long the other side asks to be left alone
 */
export function putOffDelivery(
  delivery: DeliveryIn<'sending'>,
  why: string,
  now: Date,
  atLeastMs = 0,
): DeliveryIn<'waiting'> | DeliveryIn<'failed'> {
  const pause = RETRY_PAUSES_MS[delivery.attempts - 1];
  if (pause === undefined) return giveUp(delivery, t`${why} It was tried ${ATTEMPTS} times.`, now);
  const dueAt = new Date(now.getTime() + Math.max(pause, atLeastMs));
  return { ...factsOf(delivery), state: 'waiting', dueAt, why };
}

/** Whether somebody may say that it is sent again: its body goes a day after its end, and nothing is left to send then. */
export const canSendAgain = (delivery: Delivery): delivery is DeliveryIn<'unknown'> =>
  delivery.state === 'unknown' && delivery.body === 'kept';

/** Somebody says so, and knows that it may arrive twice. It has all its tries again. */
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

/** It was begun as often as it may be, and something kept breaking it off. */
export const isWornOut = (delivery: Delivery): boolean => delivery.attempts >= ATTEMPTS;

/** Nobody can make its link any more, also with all that is stored. */
function withoutToken<D extends DeliveryFacts>(delivery: D): D {
  const { outgoing } = delivery;
  if (outgoing?.link?.token === undefined) return delivery;
  return { ...delivery, outgoing: { ...outgoing, link: { hash: outgoing.link.hash } } };
}

/** Subject and message are gone; to whom it went stays. */
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

function factsOf(delivery: Delivery): DeliveryFacts {
  const { id, version, runId, plannedItemId, position, createdAt, attempts } = delivery;
  const { outgoing, body, shownAt, recipientId, isDoubtful } = delivery;
  return {
    id,
    version,
    ...(runId !== undefined && { runId }),
    ...(plannedItemId !== undefined && { plannedItemId }),
    position,
    createdAt,
    attempts,
    body,
    ...(shownAt && { shownAt }),
    ...(outgoing && { outgoing }),
    ...(recipientId !== undefined && { recipientId }),
    ...(isDoubtful && { isDoubtful }),
  };
}

/** One message to be sent, as a `post_execute_notification` renders. */
export type Notification =
  | {
      readonly type: 'email';
      readonly to: string;
      readonly subject: string;
      readonly message: string;
    }
  | {
      readonly type: 'text' | 'chat';
      readonly to: string;
      readonly subject?: string;
      readonly message: string;
    };
