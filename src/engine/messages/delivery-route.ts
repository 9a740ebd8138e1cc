/** How a message goes out now and to whom: by what the manifest wants, what is configured, and who has the address by now. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Person } from '../people/directory.ts';
import { oneAddress, readEmail } from '../people/person-details.ts';
import { phoneHint, readPhone } from '../people/phone.ts';
import type { Mailer, TextProvider } from '../ports/sending.ts';
import type { RandomBytes } from '../ports/time-and-chance.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { personBy } from './deliveries.ts';
import type { Delivery, Outgoing } from './delivery.ts';
import type { FindTextProvider } from './texts.ts';

/** What emails and texts need to go out. */
export interface RouteDeps {
  /** Undefined when no mail server is configured. */
  readonly mailer: Mailer | undefined;
  /** Finds the integration that sends texts now. */
  readonly findTexts: FindTextProvider;
  /** How emails get links to a secret message. Undefined when Latchkey has no public address. */
  readonly emailedLinks?: {
    readonly urlOf: (token: string) => string;
    readonly randomBytes: RandomBytes;
  };
}

/** How a message goes out now and to whom, or why it can't. */
export type DeliveryRoute =
  | { readonly via: 'email' | 'channel'; readonly to: string }
  | {
      readonly via: 'email-link';
      readonly to: string;
      readonly emailedLinks: NonNullable<RouteDeps['emailedLinks']>;
      /** The person with this address, if one is known. */
      readonly recipientId?: string;
    }
  | {
      readonly via: 'text';
      readonly phone: string;
      readonly texts: TextProvider;
      /** The person with this phone, if one is known. */
      readonly recipientId?: string;
    }
  | {
      readonly via: 'chat' | 'link';
      readonly recipientId: string;
      /** The sentence for when chat can't reach them. */
      readonly missing: string;
      /** Why it goes this way, when people should know. */
      readonly note?: string;
    }
  | { readonly via: 'nowhere'; readonly why: string };

const nowhere = (why: string): DeliveryRoute => ({ via: 'nowhere', why });

export async function routeOfDelivery(
  stores: Stores,
  { runId, outgoing }: Pick<Delivery, 'runId'> & { readonly outgoing: Outgoing },
  { mailer, findTexts, emailedLinks }: RouteDeps,
): Promise<DeliveryRoute> {
  const { notification, secret, shownTo, personId } = outgoing;
  const { type, to } = notification;
  const person = await (personId === undefined
    ? personBy(stores, to)
    : stores.people.find(personId));
  const ofLeaver = secret ? await secretOfLeaver(stores, { runId, person, shownTo }) : undefined;
  if (ofLeaver !== undefined) return nowhere(ofLeaver);
  // Only the person is surely the same: their address or number may be someone else's by now.
  const isTheirs =
    !secret || personId === undefined || (await personBy(stores, to))?.id === personId;
  const moved = (): DeliveryRoute =>
    nowhere(
      t`It contains a secret, and ${shownTo} no longer belongs to the person that it was written for, so nothing was sent. Tell them yourself.`,
    );
  switch (type) {
    case 'email': {
      const address = oneAddress(to);
      if (address === undefined)
        return nowhere(
          t`${shownTo} isn't exactly one email address, so nothing was sent. Correct the notification's "to" in the manifest, or tell them yourself.`,
        );
      if (mailer && !isTheirs) return moved();
      const isLink = secret && (await workspaceSettings(stores)).secretsAsLinks;
      if (mailer && !isLink) return { via: 'email', to: address };
      if (mailer) return asLink(address, person, { shownTo, emailedLinks });
      const missing = t`Latchkey can't send email yet, and ${shownTo} can't be reached in chat either. Tell them yourself.`;
      return inChat(person, { secret, missing });
    }
    case 'text': {
      if (!readEmail(to) && !isTheirs) return moved();
      const written = readEmail(to) ? person?.phone : to;
      const phone = readPhone(written ?? '');
      const texts = await findTexts(stores);
      if (texts && phone !== undefined)
        return { via: 'text', phone, texts, recipientId: person?.id };
      const why = !texts
        ? t`No text provider is configured`
        : written
          ? t`The phone number of ${shownTo} can't be used (${phoneHint()})`
          : t`No phone number of ${shownTo} is known`;
      const missing = t`${why}, and ${shownTo} can't be reached in chat either. Tell them yourself.`;
      const note = texts && t`${why}, so it was sent in chat.`;
      return inChat(person, { secret, missing, note });
    }
    case 'chat': {
      if (!readEmail(to)) return toChannel(to, secret);
      const missing = t`${shownTo} can't be reached in chat until they write to Latchkey there once. Tell them yourself.`;
      return inChat(person, { secret, missing });
    }
    default:
      return unreachable(type);
  }
}

/** Why a secret isn't sent where someone has left: whom it would reach, or whose account it is for. */
async function secretOfLeaver(
  stores: Stores,
  {
    runId,
    person,
    shownTo,
  }: Pick<Delivery, 'runId'> & Pick<Outgoing, 'shownTo'> & { readonly person: Person | undefined },
): Promise<string | undefined> {
  if (person?.active === false)
    return t`It contains a secret, and ${shownTo} belongs to someone who has left, so nothing was sent.`;
  return (await hasLeft(stores, runId))
    ? t`It contains a secret for the account of someone who has left, so nothing was sent.`
    : undefined;
}

const inChat = (
  person: Person | undefined,
  {
    secret,
    missing,
    note,
  }: { readonly secret: boolean; readonly missing: string; readonly note?: string },
): DeliveryRoute =>
  person?.active
    ? { via: secret ? 'link' : 'chat', recipientId: person.id, missing, note }
    : nowhere(missing);

function asLink(
  to: string,
  person: Person | undefined,
  { shownTo, emailedLinks }: Pick<Outgoing, 'shownTo'> & Pick<RouteDeps, 'emailedLinks'>,
): DeliveryRoute {
  if (!emailedLinks)
    return nowhere(
      t`It contains a secret, so it must go as a link, but Latchkey has no public address for links. Tell ${shownTo} yourself.`,
    );
  return { via: 'email-link', to, emailedLinks, recipientId: person?.id };
}

const toChannel = (to: string, secret: boolean): DeliveryRoute =>
  secret
    ? nowhere(
        t`It contains a secret, which doesn't belong in a channel. Change the manifest so that it goes to one person.`,
      )
    : { via: 'channel', to };

/** Whether the run is for someone who has left. */
async function hasLeft({ runs, people }: Stores, runId: string | undefined): Promise<boolean> {
  const run = runId === undefined ? undefined : await runs.find(runId);
  return run !== undefined && (await people.find(run.personId))?.active === false;
}
