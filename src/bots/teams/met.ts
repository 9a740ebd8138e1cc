/** One interaction from Teams: who, where, and how to answer it. */
import { newId } from '../../core/ids.ts';
import type { Address } from '../../core/message.ts';
import type { Download } from '../../core/network/download.ts';
import type { Bot } from '../view/bot.ts';
import type { Card } from '../view/card.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { Inbox } from '../view/inbox.ts';
import type { ChatUser, Inbound } from '../view/platform.ts';
import type { Receipt } from '../view/receipt.ts';
import {
  conversationAddress,
  hereOf,
  isDirect,
  isInstalled,
  isOutside,
  type TeamsActivity,
  teamOf,
  tenantOf,
  userIdOf,
} from './activity.ts';
import { ConversationClosed } from './connector/refusal.ts';
import type { Member, TeamsPlatform } from './platform.ts';
import { MessageSurface } from './surface.ts';

export interface TeamsBotDeps<Turn extends SessionUser> {
  readonly bot: Bot<Turn>;
  /** Where activities are stored before they are acknowledged. Left out: nowhere. */
  readonly inbox?: Inbox | undefined;
  readonly platform: TeamsPlatform;
  /** Whether the client shows dialogs. Without them, forms stand in the conversation. */
  readonly dialogs: boolean;
  /** A direct conversation that we stored earlier (`onConversation`). */
  readonly directAddressOf: (user: ChatUser) => Promise<Address | undefined>;
  /** Called with a user's direct conversation that we learn of without a message: the user installed or opened the bot. */
  readonly onConversation: (user: ChatUser, direct: Address) => Promise<void>;
  /** Fetches a file that came with a message; public addresses only. */
  readonly download: Download;
  readonly onError: (error: unknown, where: string) => void;
  /** How long a dialog may take to answer, in milliseconds. */
  readonly invokeMs?: number;
}

export interface Met {
  readonly activity: TeamsActivity;
  readonly inbound: Inbound;
  readonly conversation: Address;
}

export function meet(platform: TeamsPlatform, activity: TeamsActivity, receipt?: Receipt): Met {
  const conversation = conversationAddress(activity);
  // Teams also calls a chat of two people personal, but what is outside isn't in our direct conversation with one.
  const direct = isDirect(activity) && !isOutside(activity);
  const inbound: Inbound = {
    user: {
      platform: 'teams',
      tenant: tenantOf(activity),
      userId: userIdOf(activity.from),
    },
    key: `teams:${activity.conversation.id}:${keyOf(activity)}`,
    receipt,
    place: direct ? 'direct' : 'shared',
    ...(direct && { direct: conversation }),
    ...(!isOutside(activity) && {
      here: hereOf(activity),
      postHere: async (card: Card) => {
        await platform.send(conversation, card);
      },
    }),
    ...(direct && { typing: () => platform.typing(conversation) }),
    ...(isInstalled(activity) && { unasked: true }),
    ...(activity.locale && { locale: activity.locale }),
    profileOf: (userId) => profileOf(userId, { platform, activity, conversation }),
  };
  return { activity, inbound, conversation };
}

/** What is outside may come from a chat without the bot, whose members it can't read. Its own chat with the person has them. */
async function profileOf(
  userId: string,
  {
    platform,
    activity,
    conversation,
  }: Pick<Met, 'activity' | 'conversation'> & { readonly platform: TeamsPlatform },
): Promise<Member | undefined> {
  try {
    return await platform.member(conversation, userId, teamOf(activity));
  } catch (error) {
    if (!isOutside(activity) || !(error instanceof ConversationClosed)) throw error;
    return platform.member(await platform.openDirect(conversation, activity.from.id), userId);
  }
}

/**
 * Teams reports an install twice. Both reports get one key, so we greet once. An activity without an id can't be
 * recognised as a redelivery, so we always handle it.
 */
const keyOf = (activity: TeamsActivity): string =>
  isInstalled(activity) ? 'installed' : activity.id || newId();

export interface MessagesOfClick {
  readonly clicked?: Address;
  /** The inline form that the person answered. */
  readonly form?: Address;
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
    ...(activity.from.name && { name: activity.from.name }),
    outside: isOutside(activity),
    conversation,
    async direct() {
      const known = inbound.direct ?? (await directAddressOf(inbound.user));
      if (known) return known;
      const opened = await platform.openDirect(conversation, activity.from.id);
      await onConversation(inbound.user, opened);
      return opened;
    },
    clicked,
    form,
  });
}
