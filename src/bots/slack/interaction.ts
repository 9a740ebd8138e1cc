/** What every incoming interaction has: a user, a place, and a key that recognises a redelivery. */
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
  /** The workspace's id, and the bot's own user id. */
  readonly self: () => Promise<{ readonly teamId: string; readonly userId: string }>;
  readonly onError: (error: unknown, where: string) => void;
  /** How long a form's outcome may take before its modal shows "Loading…". */
  readonly submitPatienceMs: number;
}

/** @param key the id of a trigger or an event: the same for a redelivery, different otherwise */
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

/** Slack sends these in place of the name of a conversation that isn't public. */
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
  // Among direct conversations we can post only in ours. Asking Slack would use some of the trigger's three seconds.
  const ours = channel?.id.startsWith('D') === true && !ephemeral;
  const place = ours ? 'direct' : await directChannels.placeOf(channel?.id, user.id);
  const ts: unknown = container['message_ts'] ?? message?.ts; // The payload has no message when it was ephemeral.
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

/** Finds out which direct conversation is ours. A person may also use the command in one with a colleague. */
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
      return 'shared'; // A private answer works everywhere.
    }
  }

  async #open(userId: string): Promise<string | undefined> {
    const { channel } = await api(this.#parts.client.conversations.open({ users: userId }));
    if (channel?.id) this.#known.set(userId, channel.id);
    return channel?.id;
  }
}
