/** The state of a message in words, for readers of its run or timeline. */
import { sayStored } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Delivery, DeliveryIn, Outgoing, Via } from '../../../engine/messages/delivery.ts';
import { type DateStyle, showTime } from '../../view/dates.ts';
import { recipientWords } from '../sequences/sequence-words.ts';

const ways = (): Record<Via, string> => ({
  email: t`by email`,
  'email-link': t`by email, as a link`,
  text: t`as a text`,
  chat: t`in chat`,
  link: t`in chat, can be viewed once`,
  channel: t`in chat`,
});
function sentTo({ notification, shownTo }: Outgoing, state: string): string {
  const to = recipientWords(shownTo);
  return {
    email: () => t`Email to ${to}: ${state}`,
    text: () => t`Text to ${to}: ${state}`,
    chat: () => t`Chat message to ${to}: ${state}`,
  }[notification.type]();
}

/** What is sent, to whom, its state and why. */
export function deliveryLine(delivery: Delivery, style: DateStyle): string {
  const { outgoing } = delivery;
  // A message that couldn't be written names itself.
  const [mark, state] = stateOf(delivery, style);
  return `${mark} ${outgoing ? sentTo(outgoing, state) : state}`;
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
      return via === 'email-link' ? t`Not shown yet.` : '';
    case 'dropped':
      return via === 'email-link' ? t`Not viewed in time, so it's deleted.` : '';
    default:
      return unreachable(body);
  }
}
