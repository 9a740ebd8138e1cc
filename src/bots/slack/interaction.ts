/** What every incoming interaction has: a user, a place, and a key that recognises a redelivery. A command also has its words. */
import type { BlockAction, webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Card } from '../view/card.ts';
import { type CommandText, type Word, words } from '../view/command.ts';
import type { Here, Inbound } from '../view/platform.ts';
import { inContext } from './bolt-internals.ts';
import type { EditBudget } from './edit-budget.ts';
import { PRIVATE_METADATA } from './limits.ts';
import { directAddress, partsOf, postCard } from './messages.ts';
import { profileOf } from './platform.ts';
import { unescapeText } from './text.ts';
import { api } from './web-api.ts';

export interface SlackBotDeps {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
  /** The workspace's id, and the bot's own user id. */
  readonly self: () => Promise<{ readonly teamId: string; readonly userId: string }>;
  readonly onError: (error: unknown, where: string) => void;
  /** Says what an admin may mend. */
  readonly warn: (message: string) => void;
  /** How long a form's outcome may take before its modal shows "Loading…". */
  readonly submitTimeoutMs: number;
}

interface Sent {
  readonly userId: string;
  /** The id of a trigger or an event: the same for a redelivery, different otherwise. */
  readonly key: string;
  /** Bolt's, of what is acknowledged before it is handled. */
  readonly context?: object;
}

export async function inboundOf(
  { client, budget, self }: SlackBotDeps,
  { userId, key, context }: Sent,
  {
    place,
    channel,
  }: {
    readonly place: Inbound['place'];
    readonly channel?: { readonly id: string; readonly name?: string };
  },
): Promise<Inbound> {
  const { teamId } = await self();
  return {
    user: { platform: 'slack', tenant: teamId, userId },
    key: keyOf(key),
    ...(context && { receipt: inContext(context).receipt }),
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

export const keyOf = (id: string): string => `slack:${id}`;

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
  /** The message is the person's who wrote the link, and only its preview is ours. */
  const isPreview = container['is_app_unfurl'] === true;
  // Among direct conversations we can post only in ours, and show previews in all. Asking Slack would use some of the trigger's
  // three seconds.
  const ours = channel?.id.startsWith('D') === true && !ephemeral && !isPreview;
  const place = ours ? 'direct' : await directChannels.placeOf(channel?.id, user.id);
  const ts: unknown = container['message_ts'] ?? message?.ts; // The payload has no message when it was ephemeral.
  const parts = partsOf(blockId);
  return {
    place,
    channel: channel?.id,
    ...(response_url && { responseUrl: response_url }),
    ...(typeof ts === 'string' &&
      !isPreview && {
        message: { ts, ...(parts && { parts }), ...(ephemeral && { ephemeral }) },
      }),
  };
}

/** Finds out which direct conversation is ours. A person may also use the command in one with a colleague. */
export class DirectChannels {
  readonly #deps: Pick<SlackBotDeps, 'client' | 'onError'>;
  readonly #known = new Map<string, string>();

  constructor(deps: Pick<SlackBotDeps, 'client' | 'onError'>) {
    this.#deps = deps;
  }

  async placeOf(channel: string | undefined, userId: string): Promise<Inbound['place']> {
    if (!channel?.startsWith('D')) return 'shared';
    try {
      const known = this.#known.get(userId) ?? (await this.#open(userId));
      return known === channel ? 'direct' : 'shared';
    } catch (error) {
      this.#deps.onError(error, 'slack direct conversation');
      return 'shared'; // A private answer works everywhere.
    }
  }

  async #open(userId: string): Promise<string | undefined> {
    const { channel } = await api(this.#deps.client.conversations.open({ users: userId }));
    if (channel?.id) this.#known.set(userId, channel.id);
    return channel?.id;
  }
}

const origin = z.object({
  channel: z.string().optional(),
  /** The clicked message: its own `ts`, and all parts of its card when there are several. */
  message: z
    .object({
      ts: z.string(),
      parts: z.string().optional(),
      /** Only one person sees it. It can't be edited, only replaced through the response URL. */
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  responseUrl: z.string().optional(),
  place: z.enum(['direct', 'shared']),
  /** True for a person's Home tab, which we render again after the answer. */
  home: z.boolean().optional(),
});

/** Where an interaction happened, with what an answer needs. */
export type Origin = z.infer<typeof origin>;

/** A modal carries this from opening to submission, in its `private_metadata`. */
const metadata = z.object({
  payload: z.string(),
  /** Empty while the form is loading. */
  session: z.string(),
  origin,
});
export type ModalMetadata = z.infer<typeof metadata>;

/** @throws {RangeError} when it is too long for Slack. Payloads carry ids only. */
export function encodeMetadata(carried: ModalMetadata): string {
  const text = JSON.stringify(carried);
  if (text.length > PRIVATE_METADATA)
    throw new RangeError('The payload of a form is longer than a Slack modal carries');
  return text;
}

/** Undefined for a text that this version didn't write. */
export function decodeMetadata(text: string): ModalMetadata | undefined {
  try {
    return metadata.parse(JSON.parse(text));
  } catch {
    return undefined; // Not ours. The caller then says that the form has expired.
  }
}

const MENTION = /<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>/g;
/** Links, emails, channels and broadcasts, which Slack made of plain text. */
const OTHER = /<([^<>|]*)(?:\|([^<>]*))?>/g;

/**
 * Reads a typed command from Slack's escaped form. Mentions become users; everything else becomes plain text again.
 * @param self the bot's own user; a mention of it only addresses the bot and is not part of the command
 */
export function readCommand(escaped: string, self?: string): CommandText {
  const found: Word[] = [];
  let end = 0;
  for (const match of escaped.matchAll(MENTION)) {
    const [whole, userId = '', name] = match;
    found.push(...words(literal(escaped.slice(end, match.index))));
    end = match.index + whole.length;
    if (userId !== self)
      found.push({ kind: 'mention', userId, name: name ? unescapeText(name) : userId });
  }
  return [...found, ...words(literal(escaped.slice(end)))];
}

/**
 * The words after the first mention of us. What stands before it is said to others, unless nothing follows: "Can I get Figma,
 * @Latchkey?"
 */
export function readMentioned(escaped: string, self: string): CommandText {
  const ours = [...escaped.matchAll(MENTION)].find(([, userId]) => userId === self);
  if (!ours) return readCommand(escaped, self);
  const after = readCommand(escaped.slice(ours.index), self);
  const before = readCommand(escaped.slice(0, ours.index), self);
  return before.length > 0 && after.every(isMark) ? before : after;
}

const isMark = (word: Word): boolean => typeof word === 'string' && !/[\p{L}\p{N}]/u.test(word);

const literal = (escaped: string): string =>
  unescapeText(
    escaped.replaceAll(OTHER, (_, target: string, label: string | undefined) =>
      target.startsWith('#')
        ? `#${label ?? target.slice(1)}`
        : target.startsWith('!')
          ? (label ?? `@${target.slice(1)}`)
          : (label ?? target),
    ),
  );
