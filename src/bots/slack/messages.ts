/** Cards as messages in Slack conversations: a card is one message, or several that are one card (its parts). */
import { setTimeout } from 'node:timers/promises';
import type { types, webApi } from '@slack/bolt';
import type { Address } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import type { Card } from '../view/card.ts';
import { PlatformError } from '../view/platform.ts';
import type { EditBudget } from './edit-budget.ts';
import { SHORT_WAIT_MS } from './limits.ts';
import { renderCard, type SlackMessage } from './render-card.ts';
import { richText } from './text.ts';
import { api } from './web-api.ts';

/** How messages are posted and edited; every edit counts. */
export interface Messenger {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
}

/** A posted card: its conversation, and the `ts` of each of its messages. */
export interface Posted {
  readonly channel: string;
  /** At least one. */
  readonly parts: readonly string[];
}

/** What a `block_id` (255 characters) has room for; further parts stay as they were sent. */
const TRACKED_PARTS = 13;

/** `U…` for a person's direct conversation, else `channel:ts` or, for a card of several messages, `channel:ts,ts`. */
export const directAddress = (userId: string): Address => ({ platform: 'slack', key: userId });

export const addressOf = ({ channel, parts }: Posted): Address => ({
  platform: 'slack',
  key: `${channel}:${parts.join(',')}`,
});

/** @returns where `send` posts to, and the message if the address is one's. */
export function readAddress({ key }: Address): {
  readonly channel: string;
  readonly parts: readonly string[];
} {
  const [channel = '', parts = ''] = key.split(':');
  return { channel, parts: parts.split(',').filter(Boolean) };
}

/** @throws {PlatformError} */
export async function postCard(messenger: Messenger, channel: string, card: Card): Promise<Posted> {
  const messages = renderCard(card);
  const posted: { readonly channel: string; readonly ts: string }[] = [];
  for (const message of messages)
    posted.push(await postMessage(messenger.client, posted[0]?.channel ?? channel, message)); // In order.

  const at = posted[0]?.channel ?? channel;
  const parts = posted.slice(0, TRACKED_PARTS).map(({ ts }) => ts);
  if (parts.length > 1)
    // Only now are all parts known to the buttons, so that a click on any of them is a click on the card.
    for (const [index, ts] of parts.entries()) {
      const message = messages[index];
      if (message?.blocks.some(isActions))
        await updateMessage(messenger, at, ts, knowingParts(message, parts));
    }
  return { channel: at, parts };
}

/** What the pause between two edits of a card is counted by: its first message. */
export const editKey = ({ channel, parts }: Posted): string => `${channel}:${parts[0] ?? ''}`;

/** Shows `card` in the messages of an earlier one. @throws {PlatformError} `gone` when the first was deleted. */
export async function updateCard(
  messenger: Messenger,
  { channel, parts }: Posted,
  card: Card,
): Promise<void> {
  for (const [index, message] of inParts(card, parts).entries())
    await updateMessage(messenger, channel, parts[index] ?? '', message);
}

/** The card's messages, as many as there are parts: what has no room is said, what is over says so. */
function inParts(card: Card, parts: readonly string[]): readonly SlackMessage[] {
  const messages = renderCard(card);
  return parts.map((_, index) => {
    const message = messages[index] ?? empty();
    const last = index === parts.length - 1;
    const shown = last && messages.length > parts.length ? withMoreNote(message) : message;
    return parts.length > 1 ? knowingParts(shown, parts) : shown;
  });
}

const empty = (): SlackMessage => ({
  title: t`This part of the card is over`,
  text: t`This part of the card is over`,
  blocks: [...richText([[t`This part of the card is over.`]])],
});

const withMoreNote = (message: SlackMessage): SlackMessage => ({
  ...message,
  blocks: [
    ...message.blocks,
    ...richText([
      [t`There is more than fits in this message. Ask for a new card to see all of it.`],
    ]),
  ],
});

const isActions = (block: types.KnownBlock): block is types.ActionsBlock =>
  block.type === 'actions';

const knowingParts = (message: SlackMessage, parts: readonly string[]): SlackMessage => ({
  ...message,
  blocks: message.blocks.map((block, index) =>
    isActions(block) ? { ...block, block_id: `${parts.join(',')}/${index}` } : block,
  ),
});

/** The parts of the card that a button is on, from its `block_id`; undefined for a card of one message. */
export const partsOf = (blockId: string): string | undefined =>
  /^([\d.]+(?:,[\d.]+)+)\/\d+$/.exec(blockId)?.[1];

async function postMessage(
  client: webApi.WebClient,
  channel: string,
  message: SlackMessage,
): Promise<{ readonly channel: string; readonly ts: string }> {
  const { channel: at, ts } = await waitingOnce(() =>
    api(
      client.chat.postMessage({
        channel,
        ...literally(message),
        unfurl_links: false,
        unfurl_media: false,
      }),
    ),
  );
  if (at === undefined || ts === undefined)
    throw new TypeError('chat.postMessage names no message');
  return { channel: at, ts };
}

async function waitingOnce<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'rate-limited') throw error;
    if (error.retryAfterMs === undefined || error.retryAfterMs > SHORT_WAIT_MS) throw error;
    await setTimeout(error.retryAfterMs);
    return call();
  }
}

const updateMessage = async (
  { client, budget }: Messenger,
  channel: string,
  ts: string,
  message: SlackMessage,
): Promise<void> => {
  budget.spend(editKey({ channel, parts: [ts] }));
  await api(client.chat.update({ channel, ts, ...literally(withRichText(message)) }));
};

/** `block_mismatch`: Slack refuses to edit a message that had rich text into one that has none. */
function withRichText(message: SlackMessage): SlackMessage {
  if (message.blocks.some(({ type }) => type === 'rich_text')) return message;
  const [first, ...rest] = message.blocks;
  const title = first?.type === 'header' ? first.text.text : message.title;
  const others = first?.type === 'header' ? rest : message.blocks;
  return { ...message, blocks: [...richText([[{ kind: 'strong', text: title }]]), ...others] };
}

/** Slack makes mentions and links of nothing in `text`. */
const literally = ({ blocks, text }: SlackMessage) => ({
  blocks,
  text,
  parse: 'none' as const,
  link_names: false,
});
