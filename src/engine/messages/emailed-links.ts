/**
 * A message with a secret that an email carries as a link: who may see it, and how it is shown once. People who use Latchkey in
 * chat confirm there that they opened the link, by a second link of purpose `emailed` (`links.ts`). Others need only the link.
 */
import { sha256 } from '../../core/sha256.ts';
import type { Link } from '../links/link.ts';
import { issueLink, same } from '../links/links.ts';
import type { Person } from '../people/directory.ts';
import { hadBefore } from '../people/exchanged-address.ts';
import { readEmail } from '../people/person-details.ts';
import type { RandomBytes } from '../ports/time-and-chance.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { invalidateDelivery } from '../work/topics.ts';
import {
  type Delivery,
  type DeliveryIn,
  EMAILED_LINK_LIFE_MS,
  type EmailedLink,
  withoutBody,
} from './delivery.ts';
import { type Revealed, showOnce } from './reveal-delivery.ts';

/** 192 bits, which nobody can guess. */
const TOKEN_BYTES = 24;

export function newEmailedLink(
  deliveryId: string,
  randomBytes: RandomBytes,
): Required<EmailedLink> {
  const random = Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
  const token = `${deliveryId}.${random}`;
  return { token, hash: sha256(token) };
}

/** Path below our public address. Other links begin with an id, so the prefix tells the two kinds apart. */
export const emailedLinkPath = (token: string): string => `/links/${EMAILED}${token}`;
export const EMAILED = 'emailed.';

/** What a person has to do to see the message. */
export type WayToMessage =
  /** Confirm in their direct conversation. */
  | { readonly kind: 'confirm'; readonly person: Person }
  /** They have to confirm, but have no direct conversation with Latchkey yet. */
  | { readonly kind: 'write-first' }
  /** Press the button on the page. */
  | { readonly kind: 'press' };

export type FoundLink =
  | { readonly kind: 'good'; readonly delivery: DeliveryIn<'sent'>; readonly way: WayToMessage }
  | {
      readonly kind: /** Not our link, or its delivery no longer exists. */
        | 'unknown'
        /** Its person has left or has another address now, or the integration was deleted. */
        | 'gone'
        /** It is being sent again. */
        | 'early'
        | 'expired'
        | 'shown'
        /** Someone else opened the link. */
        | 'stopped';
    };

/** The token's message, if it can still be shown. */
export async function findEmailed(stores: Stores, token: string, now: Date): Promise<FoundLink> {
  const delivery = await withToken(stores, token);
  return delivery ? standingOf(stores, delivery, now) : { kind: 'unknown' };
}

/** The person who reads the page, if one is known. */
export async function readerOfEmailed(stores: Stores, token: string): Promise<Person | undefined> {
  const delivery = await withToken(stores, token);
  return delivery && recipientOf(stores, delivery);
}

/** The form of our ids. Other texts need no query. */
const ID = /^[\da-f-]{36}$/;

async function withToken(stores: Stores, token: string): Promise<Delivery | undefined> {
  const [id = ''] = token.split('.', 1);
  const delivery = ID.test(id) ? await stores.deliveries.find(id) : undefined;
  const hash = delivery?.outgoing?.link?.hash;
  return hash !== undefined && same(sha256(token), hash) ? delivery : undefined;
}

async function standingOf(stores: Stores, delivery: Delivery, now: Date): Promise<FoundLink> {
  if (delivery.body === 'revealed') return { kind: 'shown' };
  if (delivery.body === 'stopped') return { kind: 'stopped' };
  if (delivery.state === 'waiting' || delivery.state === 'sending') return { kind: 'early' };
  // Its sending failed, or a later try took another route.
  if (delivery.state !== 'sent' || delivery.via !== 'email-link') return { kind: 'unknown' };
  if (await isBereft(stores, delivery)) return { kind: 'gone' };
  const person = await recipientOf(stores, delivery);
  if (person && !person.active) return { kind: 'gone' };
  if (delivery.body === 'dropped' || endOf(delivery) <= now) return { kind: 'expired' };
  const way = await wayFor(stores, person, now);
  // Only the mailbox says who they are, and it may be someone else's by now.
  if (way.kind === 'press' && person && person.email !== addressOf(delivery))
    return { kind: 'gone' };
  return { kind: 'good', delivery, way };
}

const addressOf = ({ outgoing }: Delivery): string | undefined =>
  readEmail(outgoing?.notification.to ?? '');

const endOf = ({ finishedAt }: DeliveryIn<'sent'>): Date =>
  new Date(finishedAt.getTime() + EMAILED_LINK_LIFE_MS);

/** Whether the person or the integration of its run is gone. */
async function isBereft(stores: Stores, { runId }: Delivery): Promise<boolean> {
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  if (!run) return true;
  const person = await stores.people.find(run.personId);
  const integration = await stores.integrations.find(run.integrationId);
  return (
    !person?.active ||
    !integration ||
    integration.deletedAt !== undefined ||
    integration.deletingSince !== undefined
  );
}

/** Its recipient. If nobody had the address then: the person who has it now. */
async function recipientOf(stores: Stores, delivery: Delivery): Promise<Person | undefined> {
  if (delivery.recipientId !== undefined) return stores.people.find(delivery.recipientId);
  const email = addressOf(delivery);
  return email === undefined ? undefined : stores.people.findByEmail(email);
}

/** Where an import has just passed their address on to them, the mailbox may still be the other person's. */
async function wayFor(
  stores: Stores,
  person: Person | undefined,
  now: Date,
): Promise<WayToMessage> {
  if (!person) return { kind: 'press' };
  if (await stores.conversations.latest(person.id)) return { kind: 'confirm', person };
  const isLinked = (await stores.identities.ofPerson(person.id)).length > 0;
  const isProof = !isLinked && (await hadBefore(stores, person, now)) === undefined;
  return { kind: isProof ? 'press' : 'write-first' };
}

export type Pressed =
  | { readonly kind: 'shown-now'; readonly message: Revealed }
  /** The browser continues at this link, and chat asks the person. */
  | { readonly kind: 'confirm'; readonly link: Link }
  | { readonly kind: 'write-first' }
  | Exclude<FoundLink, { kind: 'good' }>;

/**
 * Someone pressed the button of the page, which a link preview never does.
 * @throws {StaleWrite} when it is pressed twice at once; the second then sees the result of the first
 */
export async function pressEmailed(tx: Transaction, token: string): Promise<Pressed> {
  const found = await findEmailed(tx, token, tx.now);
  if (found.kind !== 'good') return found;
  const { delivery, way } = found;
  switch (way.kind) {
    case 'confirm':
      return { kind: 'confirm', link: await linkFor(tx, delivery, way.person) };
    case 'write-first':
      return way;
    case 'press': {
      const message = await showOnce(tx, delivery, undefined);
      return message ? { kind: 'shown-now', message } : { kind: 'shown' };
    }
    default:
      return way satisfies never;
  }
}

/** One link per message, so that chat asks the person only a few times, and one wrong number ends it. */
async function linkFor(
  tx: Transaction,
  delivery: DeliveryIn<'sent'>,
  { id: personId }: Person,
): Promise<Link> {
  const { id } = delivery;
  const issued = await tx.links.find(id);
  if (issued) return issued;
  await tx.deliveries.save(delivery); // Of two presses at once, the second finds the link of the first.
  const wanted = { id, purpose: 'emailed', subject: id, personId } as const;
  return issueLink(tx, { ...wanted, expiresAt: endOf(delivery) });
}

/** In the transaction that uses its confirmed link. */
export async function revealEmailed(
  tx: Transaction,
  { subject, personId }: Link,
): Promise<Revealed | 'gone' | 'shown'> {
  const delivery = await tx.deliveries.find(subject);
  if (!delivery) return 'gone';
  const found = await standingOf(tx, delivery, tx.now);
  if (found.kind === 'shown') return 'shown';
  if (found.kind !== 'good') return 'gone';
  const { way } = found;
  if (way.kind !== 'confirm' || way.person.id !== personId) return 'gone';
  return (await showOnce(tx, found.delivery, personId)) ?? 'gone';
}

/** The person said that someone else opened the link, or picked a wrong number. Nobody can see the message after that. */
export async function stopEmailed(tx: Transaction, deliveryId: string): Promise<void> {
  const delivery = await tx.deliveries.find(deliveryId);
  if (delivery?.body !== 'kept') return;
  await tx.deliveries.save(withoutBody(delivery, 'stopped'));
  await invalidateDelivery(tx, delivery);
}
