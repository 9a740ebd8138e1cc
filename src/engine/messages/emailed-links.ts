/**
 * A message with a secret that was emailed as a link: who may see it, and seeing it once. Words: who is *in chat* has to
 * confirm there that it is them, by a link of purpose `emailed` (`links.ts`); anyone else needs the emailed link alone.
 */
import { createHash } from 'node:crypto';
import type { Link } from '../links/link.ts';
import { issueLink, same } from '../links/links.ts';
import type { Person } from '../people/directory.ts';
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

/** Nobody guesses 192 bits. */
const TOKEN_BYTES = 24;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

export function newEmailedLink(
  deliveryId: string,
  randomBytes: RandomBytes,
): Required<EmailedLink> {
  const random = Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
  const token = `${deliveryId}.${random}`;
  return { token, hash: hashOf(token) };
}

/** Below our public address. Other links begin with an id, so that none is taken for another kind. */
export const emailedLinkPath = (token: string): string => `/links/${EMAILED}${token}`;
export const EMAILED = 'emailed.';

/** How someone comes to see the message. */
export type WayToMessage =
  /** They confirm in their direct conversation. */
  | { readonly kind: 'confirm'; readonly person: Person }
  /** They would have to, and nothing is known yet of a direct conversation with them. */
  | { readonly kind: 'write-first' }
  /** The link alone. */
  | { readonly kind: 'press' };

export type FoundLink =
  | { readonly kind: 'good'; readonly delivery: DeliveryIn<'sent'>; readonly way: WayToMessage }
  | {
      readonly kind: /** No link of ours, or what it was about is not here any more. */
        | 'unknown'
        /** Its person has left, or the integration is deleted. */
        | 'gone'
        /** It is being sent once more. */
        | 'early'
        | 'expired'
        | 'shown'
        /** Someone else had the link. */
        | 'stopped';
    };

/** The message that a token leads to, if it can still be shown. */
export async function findEmailed(stores: Stores, token: string, now: Date): Promise<FoundLink> {
  const delivery = await withToken(stores, token);
  return delivery ? standingOf(stores, delivery, now) : { kind: 'unknown' };
}

/** Whom the page speaks to, as far as that is known. */
export async function readerOfEmailed(stores: Stores, token: string): Promise<Person | undefined> {
  const delivery = await withToken(stores, token);
  return delivery && recipientOf(stores, delivery);
}

/** An id as ours are: other texts are no business of the database. */
const ID = /^[\da-f-]{36}$/;

async function withToken(stores: Stores, token: string): Promise<Delivery | undefined> {
  const [id = ''] = token.split('.', 1);
  const delivery = ID.test(id) ? await stores.deliveries.find(id) : undefined;
  const hash = delivery?.outgoing?.link?.hash;
  return hash !== undefined && same(hashOf(token), hash) ? delivery : undefined;
}

async function standingOf(stores: Stores, delivery: Delivery, now: Date): Promise<FoundLink> {
  if (delivery.body === 'revealed') return { kind: 'shown' };
  if (delivery.body === 'stopped') return { kind: 'stopped' };
  if (delivery.state === 'waiting' || delivery.state === 'sending') return { kind: 'early' };
  // Where its sending failed, or took another way in the end, none of this is promised.
  if (delivery.state !== 'sent' || delivery.via !== 'email-link') return { kind: 'unknown' };
  if (await isBereft(stores, delivery)) return { kind: 'gone' };
  const person = await recipientOf(stores, delivery);
  if (person && !person.active) return { kind: 'gone' };
  if (delivery.body === 'dropped' || endOf(delivery) <= now) return { kind: 'expired' };
  return { kind: 'good', delivery, way: await wayFor(stores, person) };
}

const endOf = ({ finishedAt }: DeliveryIn<'sent'>): Date =>
  new Date(finishedAt.getTime() + EMAILED_LINK_LIFE_MS);

/** Whether the access that it tells of is nobody's, or nowhere, any more. */
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

/** Whom it was sent to; where nobody had its address then, who has it now. */
async function recipientOf(
  stores: Stores,
  { recipientId, outgoing }: Delivery,
): Promise<Person | undefined> {
  if (recipientId !== undefined) return stores.people.find(recipientId);
  const email = readEmail(outgoing?.notification.to ?? '');
  return email === undefined ? undefined : stores.people.findByEmail(email);
}

async function wayFor(stores: Stores, person: Person | undefined): Promise<WayToMessage> {
  if (!person) return { kind: 'press' };
  if (await stores.conversations.latest(person.id)) return { kind: 'confirm', person };
  const isLinked = (await stores.identities.ofPerson(person.id)).length > 0;
  return { kind: isLinked ? 'write-first' : 'press' };
}

export type Pressed =
  | { readonly kind: 'shown-now'; readonly message: Revealed }
  /** They go on there, and are asked in chat. */
  | { readonly kind: 'confirm'; readonly link: Link }
  | { readonly kind: 'write-first' }
  | Exclude<FoundLink, { kind: 'good' }>;

/**
 * The button of the page was pressed, which no preview does.
 * @throws {StaleWrite} where it was pressed twice at once: the second finds what the first has done
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

/** One link for as long as the message waits: so it asks its person a few times at most, and one wrong number ends it. */
async function linkFor(
  tx: Transaction,
  delivery: DeliveryIn<'sent'>,
  { id: personId }: Person,
): Promise<Link> {
  const { id } = delivery;
  const issued = await tx.links.find(id);
  if (issued) return issued;
  await tx.deliveries.save(delivery); // Of two who press at once, one finds the other's link.
  const wanted = { id, purpose: 'emailed', subject: id, personId } as const;
  return issueLink(tx, { ...wanted, expiresAt: endOf(delivery) });
}

/** In the transaction that uses up its confirmed link. @returns undefined where there is nothing to show any more */
export async function revealEmailed(
  tx: Transaction,
  { subject, personId }: Link,
): Promise<Revealed | 'gone' | undefined> {
  const delivery = await tx.deliveries.find(subject);
  if (!delivery) return 'gone';
  const found = await standingOf(tx, delivery, tx.now);
  if (found.kind === 'gone') return 'gone';
  if (found.kind !== 'good') return undefined;
  const { way } = found;
  if (way.kind !== 'confirm' || way.person.id !== personId) return 'gone';
  return showOnce(tx, found.delivery, personId);
}

/** Its person says that someone else opened the link, or pressed another number: nobody sees the message any more. */
export async function stopEmailed(tx: Transaction, deliveryId: string): Promise<void> {
  const delivery = await tx.deliveries.find(deliveryId);
  if (delivery?.body !== 'kept') return;
  await tx.deliveries.save(withoutBody(delivery, 'stopped'));
  await invalidateDelivery(tx, delivery);
}
