/** Sends deliveries in chat: the engine's `Messenger`, on all platforms. */
import { MINUTE_MS } from '../../../core/hours.ts';
import type { Address } from '../../../core/message.ts';
import { shorten } from '../../../core/shorten.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { NOTICES_CHANNEL } from '../../../engine/messages/delivery.ts';
import { noticePlaceOf } from '../../../engine/messages/notices.ts';
import type { ChatMessage, Messenger, Sending } from '../../../engine/ports/sending.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { MessageSender } from '../../live/message-sender.ts';
import { type Card, note } from '../../view/card.ts';
import { type ChatPlatform, PlatformError } from '../../view/platform.ts';
import { deliveryCard } from './delivery-card.ts';

export function createMessenger(
  sender: MessageSender,
  platforms: readonly ChatPlatform[],
  stores: Stores,
): Messenger {
  const notYet = (conversation: string): Sending | undefined => {
    const afterMs = sender.pace.waitFor(conversation);
    return afterMs > 0 ? { kind: 'busy', why: othersFirst(), afterMs } : undefined;
  };
  return {
    toPerson: async (personId, message) =>
      notYet(personId) ??
      sendingOf(whyNotToPerson, async () => {
        const sent = await sender.send(personId, cardOf(message));
        return { kind: sent ? 'sent' : 'absent' };
      }),

    toChannel: (name, message) =>
      sendingOf(whyNotToChannel, async () => {
        if (message.kind === 'sealed')
          throw new TypeError('What is sealed is for one person, and goes to no channel');
        const channel = await channelCalled(name, platforms, stores);
        if (!channel) return { kind: 'refused', why: noChannel(name) };
        const waits = notYet(channel.at.key);
        if (waits) return waits;
        const sent = await channel.platform.send(channel.at, plainCard(message));
        const into = channel.platform.channelOf?.(sent);
        if (into) sender.pace.isAlso(channel.at.key, into.key);
        return { kind: 'sent' };
      }),
  };
}

async function channelCalled(
  name: string,
  platforms: readonly ChatPlatform[],
  stores: Stores,
): Promise<{ readonly platform: ChatPlatform; readonly at: Address } | undefined> {
  const notices = name === NOTICES_CHANNEL ? await noticePlaceOf(stores) : undefined;
  for (const platform of platforms) {
    const at =
      notices?.place.address.platform === platform.name
        ? notices.place.address
        : platform.channelNamed?.(name);
    if (at) return { platform, at };
  }
  return undefined;
}

const othersFirst = () => t`Other messages go to this conversation first.`;
const noChannel = (name: string): string =>
  name === NOTICES_CHANNEL
    ? t`No channel is set for notices, or its chat is turned off. An admin can write "@Latchkey notices" in a channel.`
    : t`"${name}" is neither an email address nor a channel that Latchkey can post in. Use an address, or in Slack a channel like #general.`;

/** Platforms take about one message a second, and a card of many is sent again from its beginning when one fails. */
const MAX_CHARACTERS = 40_000;

function plainCard({ title, text }: Extract<ChatMessage, { kind: 'plain' }>): Card {
  if (text.length <= MAX_CHARACTERS) return note(title, text);
  const beginning = shorten(text, MAX_CHARACTERS);
  return note(title, beginning, t`This message is too long for chat. This is its beginning.`);
}

function cardOf(message: ChatMessage) {
  switch (message.kind) {
    case 'plain':
      return plainCard(message);
    case 'sealed':
      return deliveryCard.with({ deliveryId: message.deliveryId });
    default:
      return unreachable(message);
  }
}

const whyNotToPerson = (message: string): string =>
  t`Latchkey couldn't send it in chat: ${message}. Please tell them yourself.`;
const whyNotToChannel = (message: string): string =>
  t`Latchkey couldn't send it in chat: ${message}. Check that the channel exists and Latchkey is in it.`;

/** @param whyNot the text for a refusal by the platform, with what helps */
async function sendingOf<S extends { readonly kind: string }>(
  whyNot: (message: string) => string,
  work: () => Promise<S>,
): Promise<S | Sending> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return afterFailure(error, whyNot);
  }
}

/** Deliveries after a rate limit all retry at the same time, and a channel takes one message a second. */
const CROWD_PAUSE_MS = MINUTE_MS;
/** Nobody installs an app again within minutes. */
const REMOVED_PAUSE_MS = 10 * MINUTE_MS;

/** The platform's own refusals are permanent; other failures may be temporary. */
function afterFailure(
  { code, message, retryAfterMs }: PlatformError,
  whyNot: (message: string) => string,
): Sending {
  const why = t`Latchkey couldn't send it in chat: ${message}.`;
  switch (code) {
    case 'gone':
    case 'refused':
      return { kind: 'refused', why: whyNot(message) };
    case 'rate-limited':
      return retryAfterMs === undefined
        ? { kind: 'later', why }
        : { kind: 'busy', why, afterMs: Math.max(retryAfterMs, CROWD_PAUSE_MS) };
    case 'removed':
      return { kind: 'busy', why, afterMs: REMOVED_PAUSE_MS };
    case 'unreachable':
      return {
        kind: 'later',
        why,
        afterMs: retryAfterMs,
      };
    default:
      return unreachable(code);
  }
}
