/**
 * Sends deliveries. Their state is stored before and after each sending, so a delivery is sent again when its process dies.
 * Texts are the exception: nobody can tell whether an interrupted text went out.
 */
import { DAY_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ChatMessage, Messenger, Sending } from '../ports/sending.ts';
import type { Database, Stores, Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { alone, takeable, type Worker, whileHeld } from '../work/leased.ts';
import { invalidateDelivery } from '../work/topics.ts';
import { deliveryWork, wakeDelivery } from './deliveries.ts';
import {
  beginSending,
  type Delivery,
  type DeliveryIn,
  doubt,
  giveUp,
  isWornOut,
  loseSight,
  makeWay,
  markSent,
  type Outgoing,
  putOffDelivery,
  waitUntil,
} from './delivery.ts';
import { type DeliveryRoute, type RouteDeps, routeOfDelivery } from './delivery-route.ts';
import { newEmailedLink } from './emailed-links.ts';
import { quietUntil } from './quiet-hours.ts';
import { secretEmail } from './secret-email.ts';

export interface DeliveryDeps extends RouteDeps, Omit<Worker, 'breakdowns'>, Database {
  readonly messenger: Messenger;
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
}

interface TakenDelivery {
  readonly kind: 'taken';
  readonly delivery: DeliveryIn<'sending'>;
  readonly outgoing: Outgoing;
  readonly route: Exclude<DeliveryRoute, { via: 'nowhere' }>;
}
/** It ended without being sent, or waits longer. */
interface Over {
  readonly kind: 'over';
  readonly delivery: Delivery;
}

/**
 * Sends it if it is due and no other worker holds it, and stores the result.
 * @returns the delivery as it was stored; undefined when there was nothing to do, or another worker has it now
 */
export const sendDelivery = (
  deliveryId: string,
  deps: DeliveryDeps,
): Promise<Delivery | undefined> =>
  alone({ kind: deliveryWork, id: deliveryId }, deps, async () => {
    const taken = await take(deliveryId, deps);
    if (taken?.kind !== 'taken') return taken?.delivery;
    const sending = withNote(await send(taken, deps), taken.route);
    return settle(taken.delivery, withoutAddress(sending, taken.outgoing), deps);
  });

/** When another worker is faster, the transaction runs again and leaves the delivery to that worker. */
async function take(
  deliveryId: string,
  deps: DeliveryDeps,
): Promise<TakenDelivery | Over | undefined> {
  const { transact, now, workerId } = deps;
  const over = async (tx: Transaction, ended: Delivery): Promise<Over> => ({
    kind: 'over',
    delivery: await storeDelivery(tx, ended),
  });
  return transact(async (tx) => {
    const found = await tx.deliveries.find(deliveryId);
    const delivery = found && (await takeable(tx, { kind: deliveryWork, item: found }, deps));
    if (!delivery) return undefined;
    if (delivery.state === 'sending' && delivery.via === 'text')
      return over(tx, loseSight(delivery, interrupted(), now()));
    if (isWornOut(delivery)) return over(tx, giveUp(delivery, wornOut(), now()));
    const { outgoing } = delivery;
    if (!outgoing) return over(tx, giveUp(delivery, endedFirst(), now())); // It was dropped and couldn't be read.
    const route = await routeOfDelivery(tx, { ...delivery, outgoing }, deps);
    if (route.via === 'nowhere') return over(tx, giveUp(delivery, route.why, now()));
    // See `dropMessages`: nothing is left to send.
    if (delivery.body !== 'kept') return over(tx, giveUp(delivery, endedFirst(), now()));
    const isOfSequence = delivery.plannedItemId !== undefined;
    const quiet = isOfSequence ? await quietEnd(tx, route, deps) : undefined;
    if (quiet) {
      const waiting = waitUntil(delivery, quiet, quietText());
      await wakeDelivery(tx, waiting, quiet);
      return over(tx, waiting);
    }
    const { via } = route;
    const recipientId = recipientFor(route);
    const sending = withLink(beginSending(delivery, { workerId, via, recipientId }, now()), route);
    const begun = await storeDelivery(tx, sending);
    return { kind: 'taken', delivery: begun, outgoing: begun.outgoing ?? outgoing, route };
  });
}

/** A text needs no recipient, because its phone number says where it goes. */
const recipientFor = (route: TakenDelivery['route']): string | undefined =>
  route.via === 'text' || !('recipientId' in route) ? undefined : route.recipientId;

/** Every try sends the same link, so that whichever email arrives leads to the message. */
function withLink(
  delivery: DeliveryIn<'sending'>,
  route: TakenDelivery['route'],
): DeliveryIn<'sending'> {
  const { id, outgoing } = delivery;
  if (route.via !== 'email-link' || !outgoing || outgoing.link?.token !== undefined)
    return delivery;
  const link = newEmailedLink(id, route.emailedLinks.randomBytes);
  return { ...delivery, outgoing: { ...outgoing, link } };
}

/** Messages of sequences wait for the end of quiet hours. Messages of runs don't, because someone has just requested the access. */
async function quietEnd(
  stores: Stores,
  route: TakenDelivery['route'],
  { now, timeZone }: DeliveryDeps,
): Promise<Date | undefined> {
  if ('to' in route) return undefined; // An email or a channel message wakes nobody.
  const { quietHours } = await workspaceSettings(stores);
  if (!quietHours) return undefined;
  const { recipientId } = route;
  const person = recipientId === undefined ? undefined : await stores.people.find(recipientId);
  return quietUntil(quietHours, person?.timeZone ?? timeZone, now());
}

const quietText = () => t`Waiting for the end of quiet hours.`;
const interrupted = () =>
  t`Latchkey stopped while sending this text, so it may or may not have gone out. Find out whether it arrived before you send it again.`;
const endedFirst = () => t`The access ended first.`;
const wornOut = () =>
  t`Latchkey stopped each time it tried to send this. Send it by hand, and tell your Latchkey admin.`;

/** Stores it and refreshes every card that shows it. A failed message of a sequence emits an event, because nobody waits for it. */
export async function storeDelivery<D extends Delivery>(tx: Transaction, delivery: D): Promise<D> {
  const saved = await tx.deliveries.save(delivery);
  await invalidateDelivery(tx, saved);
  const { state, plannedItemId } = saved;
  if (plannedItemId === undefined || (state !== 'failed' && state !== 'unknown')) return saved;
  const planned = await tx.plannedItems.find(plannedItemId);
  if (planned) await tx.emit({ kind: 'sequence-item-stuck', planned });
  return saved;
}

const settle = (
  delivery: DeliveryIn<'sending'>,
  sending: Sending,
  deps: DeliveryDeps,
): Promise<Delivery | undefined> =>
  whileHeld({ kind: deliveryWork, known: delivery }, deps, async (tx, current) => {
    const next = await storeDelivery(tx, after(current, sending, deps.now()));
    if (next.state === 'waiting') await wakeDelivery(tx, next, next.dueAt);
    return next;
  });

/** How long being busy costs no attempt. After that each one counts, because the app is down and not just busy. */
const BUSY_FOR_MS = DAY_MS;

function after(current: DeliveryIn<'sending'>, sending: Sending, now: Date): Delivery {
  switch (sending.kind) {
    case 'sent':
      return markSent(current, now, sending.note);
    case 'refused':
      return giveUp(current, sending.why, now);
    case 'later':
      return putOffDelivery(sending.isDoubtful ? doubt(current) : current, sending, now);
    case 'busy':
      return now.getTime() - current.createdAt.getTime() > BUSY_FOR_MS
        ? putOffDelivery(current, sending, now)
        : makeWay(current, new Date(now.getTime() + sending.afterMs), sending.why);
    case 'unknown':
      return loseSight(current, sending.why, now);
    default:
      return unreachable(sending);
  }
}

async function send(
  { delivery, outgoing, route }: TakenDelivery,
  deps: DeliveryDeps,
): Promise<Sending> {
  const { notification } = outgoing;
  const { subject = '', message } = notification;
  const plain: ChatMessage = { kind: 'plain', title: subject || untitled(), text: message };
  switch (route.via) {
    case 'email':
      return deps.mailer
        ? deps.mailer.send({ id: delivery.id, to: route.to, subject, text: message })
        : gone('mail server');
    case 'email-link':
      return sendLink({ delivery, outgoing, route }, deps);
    case 'text':
      return route.texts.send({ id: delivery.id, to: route.phone, message });
    case 'chat':
      return toPerson(route, plain, deps);
    case 'link':
      return toPerson(route, { kind: 'sealed', deliveryId: delivery.id }, deps);
    case 'channel':
      return deps.messenger.toChannel(route.to, plain);
    default:
      return unreachable(route);
  }
}

async function sendLink(
  {
    delivery,
    outgoing,
    route,
  }: { readonly [K in 'delivery' | 'outgoing']: TakenDelivery[K] } & {
    readonly route: Extract<DeliveryRoute, { via: 'email-link' }>;
  },
  { stores, mailer }: DeliveryDeps,
): Promise<Sending> {
  const token = outgoing.link?.token;
  if (!mailer || token === undefined) return gone('mail server, or no link');
  const url = route.emailedLinks.urlOf(token);
  const letter = await secretEmail(stores, delivery, { ...outgoing, url });
  return mailer.send({ id: delivery.id, to: route.to, ...letter });
}

async function toPerson(
  { recipientId, missing }: Extract<DeliveryRoute, { via: 'chat' | 'link' }>,
  message: ChatMessage,
  { messenger }: DeliveryDeps,
): Promise<Sending> {
  const sending = await messenger.toPerson(recipientId, message);
  return sending.kind === 'absent' ? { kind: 'refused', why: missing } : sending;
}

const untitled = () => t`A message for you`;
/** Can't happen, because `routeOfDelivery` chooses only routes that are configured. */
const gone = (what: string): never => {
  throw new TypeError(`There is no ${what}`);
};

/** When a message took another route than the manifest wanted, the result says so. */
const withNote = (sending: Sending, route: TakenDelivery['route']): Sending =>
  sending.kind === 'sent' && 'note' in route && route.note !== undefined
    ? { ...sending, note: [sending.note, route.note].filter(Boolean).join(' ') }
    : sending;

/** Mail servers and apps repeat the address that they refuse, and that address may be one to hide. */
function withoutAddress(sending: Sending, { notification: { to }, shownTo }: Outgoing): Sending {
  const hide = (text: string): string => text.replaceAll(to, shownTo);
  switch (sending.kind) {
    case 'sent':
      return sending.note === undefined ? sending : { ...sending, note: hide(sending.note) };
    case 'later':
    case 'busy':
    case 'refused':
    case 'unknown':
      return { ...sending, why: hide(sending.why) };
    default:
      return unreachable(sending);
  }
}
