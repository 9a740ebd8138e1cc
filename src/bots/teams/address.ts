/** Where a Teams message is or can go, as the text inside an `Address`. */
import { z } from 'zod';
import type { Address } from '../../core/message.ts';

const place = z.object({
  /** The regional Bot Connector that serves this conversation. */
  serviceUrl: z.string(),
  /** The Bot Connector's word for Teams; the local client says it too. */
  channel: z.literal('msteams'),
  tenant: z.string(),
  /** Our own id in that conversation, `28:<app id>`. */
  bot: z.string(),
  /** In a channel it names the thread too: `19:…;messageid=…`. */
  conversation: z.string(),
  /** Left out where a conversation is meant. */
  message: z.string().optional(),
});
export type Place = Readonly<z.infer<typeof place>>;

/** The same place gives the same text, whatever order its parts come in: stores look addresses up by it. */
export function addressOf(at: Place): Address {
  const { serviceUrl, channel, tenant, bot, conversation, message } = at;
  return {
    platform: 'teams',
    key: JSON.stringify({
      serviceUrl: serviceUrl.replace(/\/+$/, ''),
      channel,
      tenant,
      bot,
      conversation,
      ...(message !== undefined && { message }),
    }),
  };
}

/** @throws when the address is not one that `addressOf` made. */
export function placeOf(address: Address): Place {
  if (address.platform !== 'teams') throw new TypeError(`Not a Teams address: ${address.platform}`);
  return place.parse(JSON.parse(address.key));
}

/** The conversation that an address is in. */
export function conversationOf(address: Address): Address {
  const { message: _, ...conversation } = placeOf(address);
  return addressOf(conversation);
}

export const messageIn = (conversation: Address, message: string): Address =>
  addressOf({ ...placeOf(conversation), message });
