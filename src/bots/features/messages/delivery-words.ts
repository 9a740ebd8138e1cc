/** The state of a message in words, for readers of its run or timeline. */
import { sayStored } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type Delivery,
  type DeliveryIn,
  isByLink,
  type Outgoing,
  type Via,
} from '../../../engine/messages/delivery.ts';
import { type DateStyle, showTime } from '../../view/dates.ts';
import { recipientWords } from '../sequences/sequence-words.ts';

const ways = (): Record<Via, string> => ({
  email: t`by email`,
  'email-link': t`by email, as a link`,
  text: t`as a text`,
  chat: t`in chat`,
  link: t`in chat, as a link`,
  channel: t`in chat`,
});
/** What is sent, and to whom: `Email to ann@example.com`. */
function sentTo({ notification, shownTo }: Outgoing): string {
  const to = recipientWords(shownTo);
  return {
    email: () => t`Email to ${to}`,
    text: () => t`Text to ${to}`,
    chat: () => t`Chat message to ${to}`,
  }[notification.type]();
}

interface DeliveryWords {
  readonly mark: string;
  /** Undefined for a message that couldn't be written: its state names it. */
  readonly what?: string;
  /** And why. */
  readonly state: string;
}

export function deliveryWords(delivery: Delivery, style: DateStyle): DeliveryWords {
  const [mark, state] = stateOf(delivery, style);
  return { mark, what: delivery.outgoing && sentTo(delivery.outgoing), state };
}

/** What is sent, to whom, its state and why. */
export function deliveryLine(delivery: Delivery, style: DateStyle): string {
  const { mark, what, state } = deliveryWords(delivery, style);
  const text = what === undefined ? state : t`${what}: ${state}`;
  return `${mark} ${text}`;
}

function stateOf(delivery: Delivery, style: DateStyle): readonly [mark: string, text: string] {
  const why = 'why' in delivery && delivery.why !== undefined ? sayStored(delivery.why) : '';
  switch (delivery.state) {
    case 'waiting':
      return why === ''
        ? ['…', t`will be sent in a moment.`]
        : [
            '…',
            delivery.attempts > 0
              ? t`${why} Next try on ${showTime(delivery.dueAt, style)}.`
              : t`${why} Latchkey sends it on ${showTime(delivery.dueAt, style)}.`,
          ];
    case 'sending':
      return ['…', t`is being sent.`];
    case 'sent': {
      const sent = t`sent ${ways()[delivery.via]} on ${showTime(delivery.finishedAt, style)}.`;
      return ['✓', sentences(sent, seenWords(delivery, style), why)];
    }
    case 'failed':
      return ['✗', delivery.outgoing ? t`not sent. ${why}` : why];
    case 'unknown':
      return ['?', t`perhaps sent. ${why}`];
    default:
      return unreachable(delivery);
  }
}

/** The state of a message that can be shown only once. */
function seenWords({ body, shownAt, via }: DeliveryIn<'sent'>, style: DateStyle): string {
  switch (body) {
    case 'revealed':
      return shownAt ? t`Shown on ${showTime(shownAt, style)}.` : t`Shown.`;
    case 'stopped':
      return t`The recipient said in chat that they hadn't opened it, or chose another number, so Latchkey blocked the link.`;
    case 'kept':
      return isByLink(via) ? t`Not shown yet.` : '';
    case 'dropped':
      return isByLink(via)
        ? t`Not viewed before its time was over or the access ended, so it's deleted.`
        : '';
    default:
      return unreachable(body);
  }
}
