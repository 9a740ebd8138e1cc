/** Cards as messages in Slack conversations. A card is one message, or several messages (its parts). */
import type { types, webApi } from '@slack/bolt';
import type { Address } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import type { Card } from '../view/card.ts';
import { type EditUrgency, PlatformError } from '../view/platform.ts';
import type { EditBudget } from './edit-budget.ts';
import { LONG_WAIT_MS, SHORT_WAIT_MS } from './limits.ts';
import { renderCard, type SlackMessage } from './render-card.ts';
import { richText } from './text.ts';
import { api, waitingOnce } from './web-api.ts';

/** Posts and edits messages. Every edit counts in the budget. */
export interface Messenger {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
  /** How its edits count in the budget; `now` unless it is said. */
  readonly urgency?: EditUrgency;
}

/** A posted card: its conversation, and the `ts` of each of its messages. */
export interface Posted {
  readonly channel: string;
  /** At least one. */
  readonly parts: readonly string[];
}

/** As many as fit in a `block_id` (255 characters). Further parts are never edited. */
const TRACKED_PARTS = 13;

/** `U…` for a person's direct conversation, else `channel:ts`, or `channel:ts,ts` for a card of several messages. */
export const directAddress = (userId: string): Address => ({ platform: 'slack', key: userId });

export const addressOf = ({ channel, parts }: Posted): Address => ({
  platform: 'slack',
  key: `${channel}:${parts.join(',')}`,
});

/** @returns where `send` posts to, and the message when the address names one */
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
  try {
    for (const message of messages) {
      const to = posted[0]?.channel ?? channel;
      const longest = posted.length > 0 ? LONG_WAIT_MS : SHORT_WAIT_MS;
      posted.push(await waitingOnce(() => postMessage(messenger.client, to, message), longest)); // In order.
    }
  } catch (error) {
    for (const part of posted) await outdate(part, messenger);
    throw error;
  }

  const at = posted[0]?.channel ?? channel;
  const parts = posted.slice(0, TRACKED_PARTS).map(({ ts }) => ts);
  if (parts.length > 1) await namePartsIn(messages, { channel: at, parts }, messenger);
  return { channel: at, parts };
}

/** The sender sends all of the card again. Nobody would know of this part, whose buttons would stay as they are. */
async function outdate(
  part: { readonly channel: string; readonly ts: string },
  messenger: Messenger,
): Promise<void> {
  try {
    await waitingOnce(() => updateMessage(messenger, part, empty()));
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
  }
}

/** Only now can each button carry all parts. After this a click on any part counts as a click on the card. */
async function namePartsIn(
  messages: readonly SlackMessage[],
  { channel, parts }: Posted,
  messenger: Messenger,
): Promise<void> {
  for (const [index, ts] of parts.entries()) {
    const message = messages[index];
    if (!message?.blocks.some(hasButtons)) continue;
    const named = knowingParts(message, parts);
    try {
      await waitingOnce(() => updateMessage(messenger, { channel, ts }, named));
    } catch (error) {
      // The card is there: if we threw, it would be sent once more. A click on this part changes this part only.
      if (!(error instanceof PlatformError)) throw error;
    }
  }
}

/** Edits of a card are counted by its first message. */
export const editKey = ({ channel, parts }: Posted): string => `${channel}:${parts[0] ?? ''}`;

/** Shows `card` in the messages of an earlier one. @throws {PlatformError} `gone` when a message was deleted. */
export async function updateCard(
  messenger: Messenger,
  { channel, parts }: Posted,
  card: Card,
): Promise<void> {
  for (const [index, message] of inParts(card, parts).entries())
    await updateMessage(messenger, { channel, ts: parts[index] ?? '' }, message);
}

/** One message for each part. A note says when the card doesn't fit; a part that is left over says that it is over. */
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
  title: t`This part of the card is out of date`,
  text: t`This part of the card is out of date`,
  blocks: [...richText([[t`This part of the card is out of date.`]])],
});

const withMoreNote = (message: SlackMessage): SlackMessage => ({
  ...message,
  blocks: [
    ...message.blocks,
    ...richText([[t`There is more than fits in this message. Open a new card to see everything.`]]),
  ],
});

const hasButtons = (block: types.KnownBlock): boolean =>
  block.type === 'actions' || (block.type === 'section' && block.accessory !== undefined);

const knowingParts = (message: SlackMessage, parts: readonly string[]): SlackMessage => ({
  ...message,
  blocks: message.blocks.map((block, index) =>
    hasButtons(block) ? { ...block, block_id: `${parts.join(',')}/${index}` } : block,
  ),
});

/** The card's parts, from the `block_id` of its button. Undefined for a card of one message. */
export const partsOf = (blockId: string): string | undefined =>
  /^([\d.]+(?:,[\d.]+)+)\/\d+$/.exec(blockId)?.[1];

async function postMessage(
  client: webApi.WebClient,
  channel: string,
  message: SlackMessage,
): Promise<{ readonly channel: string; readonly ts: string }> {
  const { channel: at, ts } = await api(
    client.chat.postMessage({
      channel,
      ...literally(message),
      unfurl_links: false,
      unfurl_media: false,
    }),
  );
  if (at === undefined || ts === undefined)
    throw new TypeError('chat.postMessage names no message');
  return { channel: at, ts };
}

const updateMessage = async (
  { client, budget, urgency }: Messenger,
  { channel, ts }: { readonly channel: string; readonly ts: string },
  message: SlackMessage,
): Promise<void> => {
  budget.spend(editKey({ channel, parts: [ts] }), urgency);
  await api(client.chat.update({ channel, ts, ...literally(withRichText(message)) }));
};

/** Slack answers `block_mismatch` when an edit would remove the last rich text of a message. */
function withRichText(message: SlackMessage): SlackMessage {
  if (message.blocks.some(({ type }) => type === 'rich_text')) return message;
  const [first, ...rest] = message.blocks;
  const title = first?.type === 'header' ? first.text.text : message.title;
  const others = first?.type === 'header' ? rest : message.blocks;
  return { ...message, blocks: [...richText([[{ kind: 'strong', text: title }]]), ...others] };
}

/** Keeps Slack from making mentions and links of `text`. */
const literally = ({ blocks, text }: SlackMessage) => ({
  blocks,
  text,
  parse: 'none' as const,
  link_names: false,
});
