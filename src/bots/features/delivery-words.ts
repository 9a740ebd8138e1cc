/** How a message stands, in words for whoever looks at the run or the timeline that it belongs to. */
import { unreachable } from '../../core/unreachable.ts';
import type { Delivery, Via } from '../../engine/delivery.ts';
import { type DateStyle, showTime } from './dates.ts';

const ways: Record<Via, string> = {
  email: 'by email',
  text: 'as a text',
  chat: 'in chat',
  link: 'in chat, to be shown once',
  channel: 'in chat',
};
const kinds = { email: 'Email', text: 'Text', chat: 'Chat message' } as const;

/** What is sent, to whom, how far it is and why. */
export function deliveryLine(delivery: Delivery, style: DateStyle): string {
  const { outgoing } = delivery;
  // What could not be written says itself what it was.
  const what = outgoing ? `${kinds[outgoing.notification.type]} to ${outgoing.shownTo}: ` : '';
  const [mark, state] = stateOf(delivery, style);
  return `${mark} ${what}${state}`;
}

function stateOf(delivery: Delivery, style: DateStyle): readonly [mark: string, text: string] {
  switch (delivery.state) {
    case 'waiting':
      return delivery.why === undefined
        ? ['…', 'is sent in a moment.']
        : [
            '…',
            `${delivery.why} It is ${delivery.attempts > 0 ? 'tried again' : 'sent'} at ${showTime(delivery.dueAt, style)}.`,
          ];
    case 'sending':
      return ['…', 'is being sent.'];
    case 'sent': {
      const seen = delivery.body === 'revealed' ? ' It was shown.' : '';
      const said = delivery.why === undefined ? '' : ` ${delivery.why}`;
      return [
        '✓',
        `sent ${ways[delivery.via]} on ${showTime(delivery.finishedAt, style)}.${seen}${said}`,
      ];
    }
    case 'failed':
      return ['✗', delivery.outgoing ? `not sent. ${delivery.why}` : delivery.why];
    case 'unknown':
      return ['?', `perhaps sent. ${delivery.why}`];
    default:
      return unreachable(delivery);
  }
}
