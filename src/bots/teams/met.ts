/** One interaction that came in from Teams: who, where, and how it is answered. */
import type { Download } from '../../core/download.ts';
import { newId } from '../../core/ids.ts';
import type { Address } from '../../core/message.ts';
import type { Bot } from '../view/bot.ts';
import type { Card } from '../view/card.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { ChatUser, Inbound } from '../view/platform.ts';
import {
  conversationAddress,
  hereOf,
  isDirect,
  isExtension,
  isInstalled,
  type TeamsActivity,
  teamOf,
  tenantOf,
  userIdOf,
} from './activity.ts';
import type { TeamsPlatform } from './platform.ts';
import { MessageSurface } from './surface.ts';

export interface TeamsBotDeps<Turn extends SessionUser> {
  readonly bot: Bot<Turn>;
  readonly platform: TeamsPlatform;
  /** Whether the client shows dialogs; without, forms stand in the conversation. */
  readonly dialogs: boolean;
  /** A direct conversation that was met before (`onConversation`). */
  readonly directAddressOf: (user: ChatUser) => Promise<Address | undefined>;
  /** Called with a user's direct conversation that was met although they said nothing there: the bot was installed, or opened it. */
  readonly onConversation: (user: ChatUser, direct: Address) => Promise<void>;
  /** Fetches a file that came with a message; public addresses only. */
  readonly download: Download;
  readonly onError: (error: unknown, where: string) => void;
  /** Milliseconds that a dialog may take to answer. */
  readonly invokeMs?: number;
}

export interface Met {
  readonly activity: TeamsActivity;
  readonly inbound: Inbound;
  readonly conversation: Address;
}

export function meet(platform: TeamsPlatform, activity: TeamsActivity): Met {
  const conversation = conversationAddress(activity);
  // An extension is used in a chat of two people too, which Teams calls personal and which is none with the bot.
  const direct = isDirect(activity) && !isExtension(activity);
  const inbound: Inbound = {
    user: {
      platform: 'teams',
      tenant: tenantOf(activity),
      userId: userIdOf(activity.from),
    },
    key: `teams:${activity.conversation.id}:${keyOf(activity)}`,
    place: direct ? 'direct' : 'shared',
    ...(direct && { direct: conversation }),
    ...(!isExtension(activity) && {
      here: hereOf(activity),
      postHere: async (card: Card) => {
        await platform.send(conversation, card);
      },
    }),
    ...(isInstalled(activity) && { unasked: true }),
    ...(activity.locale && { locale: activity.locale }),
    profileOf: (userId) => platform.member(conversation, userId, teamOf(activity)),
  };
  return { activity, inbound, conversation };
}

/**
 * An install in real Teams tells of itself twice; both have one key, so it is greeted once. What has no id of its own
 * can't be told from a redelivery, and is handled rather than lost.
 */
const keyOf = (activity: TeamsActivity): string =>
  isInstalled(activity) ? 'installed' : activity.id || newId();

/** Messages that an interaction is about. */
export interface MessagesOfClick {
  readonly clicked?: Address | undefined;
  /** The inline form that was answered. */
  readonly form?: Address | undefined;
}

export function surfaceFor<Turn extends SessionUser>(
  { platform, dialogs, directAddressOf, onConversation }: TeamsBotDeps<Turn>,
  { activity, inbound, conversation }: Met,
  { clicked, form }: MessagesOfClick = {},
): MessageSurface {
  return new MessageSurface({
    platform,
    dialogs,
    place: inbound.place,
    outside: isExtension(activity),
    conversation,
    async direct() {
      const known = inbound.direct ?? (await directAddressOf(inbound.user));
      if (known) return known;
      const opened = await platform.openDirect(conversation, activity.from.id);
      await onConversation(inbound.user, opened);
      return opened;
    },
    ...(clicked && { clicked }),
    ...(form && { form }),
  });
}
