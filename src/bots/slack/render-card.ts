/** Renders a card as Slack messages: usually one, more when Slack's limits require it. Pure. */
import type { types } from '@slack/bolt';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Block, Button, Card } from '../view/card.ts';
import {
  ACCESSIBILITY_LABEL,
  ACTIONS_ELEMENTS,
  BLOCK_WEIGHT,
  BUTTON_TEXT,
  BUTTON_VALUE,
  CONTEXT_ELEMENTS,
  HEADER_TEXT,
  IDENTIFIER,
  MESSAGE_BLOCKS,
  MESSAGE_WEIGHT,
} from './limits.ts';
import {
  escapeText,
  isBlank,
  orBlank,
  plain,
  richText,
  shorten,
  smallPrint,
  weigh,
} from './text.ts';

type KnownBlock = types.KnownBlock;

export interface SlackMessage {
  /** Plain text. When there are several messages, it says which part of the card this is. */
  readonly title: string;
  readonly blocks: KnownBlock[];
  /** The text of the blocks, for notifications and screen readers. Already escaped. */
  readonly text: string;
}

/** Longer than any title that a person would write. The card itself shows the whole title. */
const NAME = 1000;
/** Slack shows only the first lines of a notification. Screen readers read the blocks when there is more. */
const NOTIFICATION_TEXT = 3000;

/**
 * @returns at least one message. @throws {RangeError} when an action's id or payload is too long for Slack. Payloads
 * carry ids only.
 */
export function renderCard(card: Card): readonly [SlackMessage, ...SlackMessage[]] {
  const groups = pack(renderBlocks(card));
  const title = shorten(orBlank(card.title), NAME);
  const messages = groups.map((blocks, index) => {
    const named = groups.length > 1 ? t`${title} (${index + 1} of ${groups.length})` : title;
    const spoken = [named, ...blocks.flatMap(spokenText)].join('\n');
    return { title: named, blocks, text: escapeText(shorten(spoken, NOTIFICATION_TEXT)) };
  });
  const [first, ...rest] = messages;
  if (!first) throw new TypeError('A card has a title, so it has a message');
  return [first, ...rest];
}

/** Leaves out headers and buttons. A header repeats the name, and buttons don't work in a notification. */
function spokenText(block: KnownBlock): string[] {
  if (block.type === 'context')
    return block.elements.flatMap((element) => ('text' in element ? element.text : []));
  if (block.type !== 'rich_text') return [];
  return block.elements.flatMap((part) =>
    part.type === 'rich_text_section' // We make no other kind.
      ? part.elements.map((span) => ('text' in span ? (span.text ?? '') : '')).join('')
      : [],
  );
}

/** The card's blocks in order, for a modal. */
export const renderBlocks = (card: Card): KnownBlock[] => [
  ...renderTitle(card.title),
  ...card.blocks.flatMap(renderBlock),
];

/** A title that is too long for a header becomes bold text, so that people see all of it. */
function renderTitle(title: string): KnownBlock[] {
  if (title.length <= HEADER_TEXT && !isBlank(title) && !title.includes('\n'))
    return [{ type: 'header', text: plain(title) }];
  return [...richText([[{ kind: 'strong', text: orBlank(title) }]])];
}

function renderBlock(block: Block): KnownBlock[] {
  switch (block.kind) {
    case 'text': {
      const small = block.muted ? smallPrint(block.text) : undefined;
      if (!small) return [...richText([block.text])];
      return groupBy(small, CONTEXT_ELEMENTS).map((elements) => ({ type: 'context', elements }));
    }
    case 'facts':
      return [
        ...richText(
          block.facts.map(([label, value]) => [{ kind: 'strong', text: `${label}: ` }, ...value]),
        ),
      ];
    case 'divider':
      return [{ type: 'divider' }];
    case 'buttons':
      return renderButtons(block.buttons);
    default:
      return unreachable(block);
  }
}

/** A label that is too long for a button also stands above it as text. */
function renderButtons(buttons: readonly Button[]): KnownBlock[] {
  const long = buttons.filter(({ label }) => label.length > BUTTON_TEXT);
  const rows = groupBy(buttons.map(renderButton), ACTIONS_ELEMENTS);
  return [
    ...richText(long.map(({ label }) => [{ kind: 'strong', text: label }])),
    ...rows.map((row): KnownBlock => ({ type: 'actions', elements: withDistinctIds(row) })),
  ];
}

function renderButton({ label, about, tone, does }: Button): types.Button {
  if (does.payload.length > BUTTON_VALUE)
    throw new RangeError(`The payload of ${does.id} is longer than a Slack button carries`);
  return {
    type: 'button',
    text: plain(shorten(orBlank(label), BUTTON_TEXT)),
    action_id: does.id,
    value: does.payload,
    ...(about && { accessibility_label: shorten(orBlank(about), ACCESSIBILITY_LABEL) }),
    style: tone,
  };
}

/** Slack wants each `action_id` once in a block. `actionIdOf` removes what we add. */
function withDistinctIds(row: readonly types.Button[]): types.Button[] {
  return row.map((button, index) => {
    const action_id = `${button.action_id}#${index + 1}`;
    if (action_id.length > IDENTIFIER)
      throw new RangeError(`The action id ${button.action_id} is longer than Slack carries`);
    return { ...button, action_id };
  });
}

export const actionIdOf = (slackActionId: string): string => slackActionId.replace(/#\d+$/, '');

/** Splits `items` into groups of at most `size`, in order. */
function groupBy<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  let weight = 0;
  for (const item of items) {
    const more = weigh(item);
    const group = groups.at(-1);
    if (group && group.length < size && weight + more <= BLOCK_WEIGHT) {
      group.push(item);
      weight += more;
    } else {
      groups.push([item]);
      weight = more;
    }
  }
  return groups;
}

/** An edit may have to add a block. */
const KEPT_BLOCKS = 1;

/** Fills each message with as many blocks as Slack takes. */
function pack(blocks: readonly KnownBlock[]): KnownBlock[][] {
  const messages: KnownBlock[][] = [];
  let weight = 0;
  for (const block of blocks) {
    const more = weigh(block) + 1;
    const message = messages.at(-1);
    if (
      message &&
      message.length < MESSAGE_BLOCKS - KEPT_BLOCKS &&
      weight + more <= MESSAGE_WEIGHT
    ) {
      message.push(block);
      weight += more;
    } else {
      messages.push([block]);
      weight = more;
    }
  }
  return messages;
}
