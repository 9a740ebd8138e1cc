/** A place in Teams for messages, as the text inside an `Address`. */
import { z } from 'zod';
import type { Address } from '../../core/message.ts';

const place = z.object({
  /** The regional Bot Connector that serves this conversation. */
  serviceUrl: z.string(),
  /** The Bot Connector's name for Teams. The local client uses it too. */
  channel: z.literal('msteams'),
  tenant: z.string(),
  /** Our own id in that conversation, `28:<app id>`. */
  bot: z.string(),
  /** In a channel it also names the thread: `19:…;messageid=…`. */
  conversation: z.string(),
  /** Absent when the address is a whole conversation. */
  message: z.string().optional(),
});
export type Place = Readonly<z.infer<typeof place>>;

/**
 * The same place always gives the same text, since stores look addresses up by it. We post to a channel by its own id, and
 * a press there comes with the thread that the message began.
 */
export function addressOf(at: Place): Address {
  const { serviceUrl, channel, tenant, bot, message } = at;
  const begun = message === undefined ? '' : `;messageid=${message}`;
  const conversation = at.conversation.endsWith(begun)
    ? at.conversation.slice(0, at.conversation.length - begun.length)
    : at.conversation;
  return {
    platform: 'teams',
    key: JSON.stringify({
      serviceUrl: serviceUrl.replace(/\/+$/, ''),
      channel,
      tenant,
      bot,
      conversation,
      message,
    }),
  };
}

/** @throws for an address that `addressOf` didn't make */
export function placeOf(address: Address): Place {
  if (address.platform !== 'teams') throw new TypeError(`Not a Teams address: ${address.platform}`);
  return place.parse(JSON.parse(address.key));
}

export function conversationOf(address: Address): Address {
  const { message: _, ...conversation } = placeOf(address);
  return addressOf(conversation);
}

export const messageIn = (conversation: Address, message: string): Address =>
  addressOf({ ...placeOf(conversation), message });
