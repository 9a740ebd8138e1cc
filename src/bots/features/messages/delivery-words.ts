/** How a message stands, in words for whoever looks at the run or the timeline that it belongs to. */
import { say, sentences } from '../../../core/say.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Delivery, DeliveryIn, Outgoing, Via } from '../../../engine/messages/delivery.ts';
import { type DateStyle, showTime } from '../../view/dates.ts';
import { recipientWords } from '../sequences/sequence-words.ts';

const ways = (): Record<Via, string> => ({
  email: say`by email`,
  'email-link': say`by email, as a link`,
  text: say`as a text`,
  chat: say`in chat`,
  link: say`in chat, to be shown once`,
  channel: say`in chat`,
});
function sentTo({ notification, shownTo }: Outgoing, state: string): string {
  const to = recipientWords(shownTo);
  return {
    email: say`Email to ${to}: ${state}`,
    text: say`Text to ${to}: ${state}`,
    chat: say`Chat message to ${to}: ${state}`,
  }[notification.type];
}

/** What is sent, to whom, how far it is and why. */
export function deliveryLine(delivery: Delivery, style: DateStyle): string {
  const { outgoing } = delivery;
  // What could not be written says itself what it was.
  const [mark, state] = stateOf(delivery, style);
  return `${mark} ${outgoing ? sentTo(outgoing, state) : state}`;
}

function stateOf(delivery: Delivery, style: DateStyle): readonly [mark: string, text: string] {
  switch (delivery.state) {
    case 'waiting':
      return delivery.why === undefined
        ? ['…', say`is sent in a moment.`]
        : [
            '…',
            delivery.attempts > 0
              ? say`${delivery.why} It is tried again on ${showTime(delivery.dueAt, style)}.`
              : say`${delivery.why} It is sent on ${showTime(delivery.dueAt, style)}.`,
          ];
    case 'sending':
      return ['…', say`is being sent.`];
    case 'sent': {
      const sent = say`sent ${ways()[delivery.via]} on ${showTime(delivery.finishedAt, style)}.`;
      return ['✓', sentences(sent, seenWords(delivery, style), delivery.why)];
    }
    case 'failed':
      return ['✗', delivery.outgoing ? say`not sent. ${delivery.why}` : delivery.why];
    case 'unknown':
      return ['?', say`perhaps sent. ${delivery.why}`];
    default:
      return unreachable(delivery);
  }
}

/** What became of a message that is to be shown once. */
function seenWords({ body, shownAt, via }: DeliveryIn<'sent'>, style: DateStyle): string {
  switch (body) {
    case 'revealed':
      return shownAt ? say`It was shown on ${showTime(shownAt, style)}.` : say`It was shown.`;
    case 'stopped':
      return say`Its person said in chat that they had not opened it, or pressed another number, so it was stopped.`;
    case 'kept':
      return via === 'email-link' ? say`It was not shown yet.` : '';
    case 'dropped':
      return via === 'email-link' ? say`It was not shown in time, and is gone.` : '';
    default:
      return unreachable(body);
  }
}
