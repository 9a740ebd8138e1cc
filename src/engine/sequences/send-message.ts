/** Renders a message of a sequence for the person, and stores it as a delivery in the item's transaction. */
import { unreachable } from '../../core/unreachable.ts';
import { describeAccess } from '../access/access-overview.ts';
import { queueDelivery, renderNotifications } from '../messages/deliveries.ts';
import type { Notification } from '../messages/delivery.ts';
import type { Person } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { buildVariables, inWords, type Variables } from '../templates/variables.ts';
import type { SequenceMessage } from './sequence.ts';

export type SentMessage =
  /** `why`: which variables had no value. */
  | { readonly kind: 'queued'; readonly deliveryId: string; readonly why?: string }
  /** Nothing was stored. `why` is a sentence for people: what is missing and the cure. */
  | { readonly kind: 'refused'; readonly why: string };

export async function sendSequenceMessage(
  tx: Transaction,
  wanted: {
    readonly message: SequenceMessage;
    readonly person: Person;
    readonly plannedItemId: string;
  },
): Promise<SentMessage> {
  const { message, person, plannedItemId } = wanted;
  const { notification, problems, warnings } = await render(tx, message, person);
  if (!notification) return { kind: 'refused', why: problems.join(' ') };
  const delivery = await queueDelivery(tx, {
    plannedItemId,
    position: 0,
    outgoing: { notification, secret: false, shownTo: notification.to },
  });
  const why = warnings.length > 0 ? warnings.join(' ') : undefined;
  return { kind: 'queued', deliveryId: delivery.id, why };
}

export type Preview =
  | {
      readonly ok: true;
      readonly to: string;
      readonly subject: string;
      readonly text: string;
      /** Which variables had no value. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** The message as the person would get it now. */
export async function previewMessage(
  stores: Stores,
  message: SequenceMessage,
  person: Person,
): Promise<Preview> {
  const { notification, problems, warnings } = await render(stores, message, person);
  if (!notification) return { ok: false, why: problems.join(' ') };
  const { to, subject = '', message: text } = notification;
  return { ok: true, to, subject, text, warnings };
}

async function render(stores: Stores, message: SequenceMessage, person: Person) {
  const variables = await variablesFor(stores, person, JSON.stringify(message));
  const { deliveries, ...said } = renderNotifications([specOf(message)], variables);
  return { notification: deliveries[0], ...said };
}

const specOf = ({ channel, to, subject, text }: SequenceMessage) => ({
  type: typeOf(channel),
  to,
  subject,
  message: text,
});

function typeOf(channel: SequenceMessage['channel']): Notification['type'] {
  switch (channel) {
    case 'email':
    case 'text':
      return channel;
    case 'direct':
    case 'channel':
      return 'chat';
    default:
      return unreachable(channel);
  }
}

/**
 * All variables of a manifest's texts, except forms and secrets, which belong to one integration.
 * @param texts the texts to render: some variables are read only if a text names them
 */
export async function variablesFor(
  stores: Stores,
  person: Person,
  texts: string,
): Promise<Variables> {
  const [manager, buddy] = await Promise.all([
    person.managerId ? stores.people.find(person.managerId) : undefined,
    person.buddyId ? stores.people.find(person.buddyId) : undefined,
  ]);
  // It reads every integration, so it is read only if a text names it.
  const accessOverview = texts.includes('access_overview')
    ? await describeAccess(stores, person)
    : '';
  const variables = buildVariables({ person, manager, buddy, accessOverview });
  return texts.includes('start')
    ? inWorkspaceLocale(stores, async () => inWords(variables))
    : variables;
}
