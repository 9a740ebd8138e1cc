/** What every interaction that comes in has: who, where, and how it is told from others. */
import type { BlockAction, webApi } from '@slack/bolt';
import type { Card } from '../view/card.ts';
import type { Here, Inbound } from '../view/platform.ts';
import type { EditBudget } from './edit-budget.ts';
import { directAddress, partsOf, postCard } from './messages.ts';
import type { Origin } from './modal-metadata.ts';
import { profileOf } from './platform.ts';
import { api } from './web-api.ts';

export interface SlackBotDeps {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
  /** The workspace's id, and the bot's own user. */
  readonly self: () => Promise<{ readonly teamId: string; readonly userId: string }>;
  readonly onError: (error: unknown, where: string) => void;
  /** How long a form's outcome may take before its modal shows that it is loading. */
  readonly submitPatienceMs: number;
}

/** @param key the same for a redelivery, different otherwise: a trigger's or an event's id. */
export async function inboundOf(
  { client, budget, self }: SlackBotDeps,
  userId: string,
  key: string,
  place: Inbound['place'],
  channel?: { readonly id: string; readonly name?: string },
): Promise<Inbound> {
  const { teamId } = await self();
  return {
    user: { platform: 'slack', tenant: teamId, userId },
    key: `slack:${key}`,
    place,
    direct: directAddress(userId),
    ...(channel && {
      here: place === 'direct' ? { address: directAddress(userId) } : hereIn(channel),
      postHere: async (card: Card) => {
        await postCard({ client, budget }, channel.id, card);
      },
    }),
    profileOf: (asked) => profileOf(client, teamId, asked),
  };
}

/** What Slack says in place of the name of a conversation that isn't public. */
const NAMELESS = /^(privategroup|directmessage|mpdm-.*)$/;

const hereIn = ({ id, name }: { readonly id: string; readonly name?: string }): Here => ({
  address: { platform: 'slack', key: id },
  ...(name && !NAMELESS.test(name) && { name: `#${name}` }),
});

/** Where a button of a message was pressed. */
export async function originOf(
  { channel, message, container, response_url, user }: BlockAction,
  blockId: string,
  directChannels: DirectChannels,
): Promise<Origin> {
  const ephemeral = container['is_ephemeral'] === true;
  // We can post in no talk of two but our own; asking Slack would cost time of the trigger's three seconds.
  const ours = channel?.id.startsWith('D') === true && !ephemeral;
  const place = ours ? 'direct' : await directChannels.placeOf(channel?.id, user.id);
  const ts: unknown = container['message_ts'] ?? message?.ts; // An ephemeral message is not in the payload.
  const parts = partsOf(blockId);
  return {
    place,
    ...(channel && { channel: channel.id }),
    ...(response_url && { responseUrl: response_url }),
    ...(typeof ts === 'string' && {
      message: { ts, ...(parts && { parts }), ...(ephemeral && { ephemeral }) },
    }),
  };
}

/** Which conversation of two is the one with us: somebody may use the command in a talk with a colleague. */
export class DirectChannels {
  readonly #parts: Pick<SlackBotDeps, 'client' | 'onError'>;
  readonly #known = new Map<string, string>();

  constructor(deps: Pick<SlackBotDeps, 'client' | 'onError'>) {
    this.#parts = deps;
  }

  async placeOf(channel: string | undefined, userId: string): Promise<Inbound['place']> {
    if (!channel?.startsWith('D')) return 'shared';
    try {
      const known = this.#known.get(userId) ?? (await this.#open(userId));
      return known === channel ? 'direct' : 'shared';
    } catch (error) {
      this.#parts.onError(error, 'slack direct conversation');
      return 'shared'; // An answer to a shared place works everywhere.
    }
  }

  async #open(userId: string): Promise<string | undefined> {
    const { channel } = await api(this.#parts.client.conversations.open({ users: userId }));
    if (channel?.id) this.#known.set(userId, channel.id);
    return channel?.id;
  }
}
