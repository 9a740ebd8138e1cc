/** Renders a card as Slack messages: usually one, more when Slack's limits require it. Pure. */
import type { BlockElementAction, types } from '@slack/bolt';
import { z } from 'zod';
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ActionCall, ShownCall } from '../view/action-call.ts';
import { arranged } from '../view/arrange.ts';
import {
  type Block,
  type Button,
  type Card,
  type Checklist,
  type Row,
  strong,
  type Text,
} from '../view/card.ts';
import { lineOf, type Ticks, ticksSchema, withTicks } from '../view/checklist.ts';
import { groupBy, KEPT_BLOCKS, pack } from './fit.ts';
import {
  ACCESSIBILITY_LABEL,
  ACTIONS_ELEMENTS,
  BLOCK_WEIGHT,
  BUTTON_TEXT,
  BUTTON_VALUE,
  CHECKBOX_OPTIONS,
  CONTEXT_ELEMENTS,
  FIELD_SHOWN,
  FIELDS,
  HEADER_TEXT,
  IDENTIFIER,
  MESSAGE_BLOCKS,
  MESSAGE_TEXT,
  OPTION_TEXT,
  OVERFLOW_OPTIONS,
  OVERFLOW_VALUE,
} from './limits.ts';
import {
  escapeUpTo,
  isBlank,
  orBlank,
  plain,
  readSection,
  richText,
  sectionText,
  smallPrint,
  weigh,
  wellFormed,
} from './text.ts';

type KnownBlock = types.KnownBlock;
type Action = types.Button | types.Overflow;

export interface SlackMessage {
  /** Plain text. When there are several messages, it says which part of the card this is. */
  readonly title: string;
  readonly blocks: KnownBlock[];
  /**
   * The text of the blocks, for notifications and screen readers. Already escaped. Slack shows only the first lines of a
   * notification, and screen readers read the blocks when there is more, so it may be cut.
   */
  readonly text: string;
}

/** Longer than any title that a person would write. The card itself shows the whole title. */
const NAME = 1000;

/**
 * @returns at least one message. @throws {RangeError} when an action's id or payload is too long for Slack. Payloads
 * carry ids only.
 */
export function renderCard(card: Card): readonly [SlackMessage, ...SlackMessage[]] {
  const groups = pack(renderBlocks(card)).map(withRichText);
  const title = shorten(orBlank(card.title), NAME);
  const messages = groups.map((blocks, index) => {
    const named = groups.length > 1 ? t`${title} (${index + 1} of ${groups.length})` : title;
    const spoken = [named, ...blocks.flatMap(spokenText)].join('\n');
    return { title: named, blocks, text: escapeUpTo(spoken, MESSAGE_TEXT) };
  });
  const [first, ...rest] = messages;
  if (!first) throw new TypeError('A card has a title, so it has a message');
  return [first, ...rest];
}

/** Leaves out headers and buttons. A header repeats the name, and buttons don't work in a notification. */
function spokenText(block: KnownBlock): string[] {
  if (block.type === 'context')
    return block.elements.flatMap((element) => ('text' in element ? element.text : []));
  if (block.type === 'section')
    return [
      ...(block.text ? [readSection(block.text)] : []),
      ...(block.fields ?? []).map((field) => readSection(field).replace('\n', ': ')),
    ];
  if (block.type !== 'rich_text') return [];
  return block.elements.flatMap((part) =>
    part.type === 'rich_text_section' // We make no other kind.
      ? part.elements.map((span) => ('text' in span ? (span.text ?? '') : '')).join('')
      : [],
  );
}

/**
 * Slack refuses an edit that would remove the last rich text of a message (`block_mismatch`). So the first small print of
 * a message without any becomes one.
 */
function withRichText(blocks: KnownBlock[]): KnownBlock[] {
  if (blocks.some(({ type }) => type === 'rich_text')) return blocks;
  const at = blocks.findIndex(({ type }) => type === 'context');
  const small = blocks[at];
  if (small?.type !== 'context') return withFactLines(blocks);
  const text = small.elements.map((element) => ('text' in element ? element.text : ''));
  return blocks.toSpliced(at, 1, ...richText([text]));
}

/** The last facts, one or two, become lines, where the message has nothing else that could be rich text. */
function withFactLines(blocks: KnownBlock[]): KnownBlock[] {
  const at = blocks.findLastIndex((block) => block.type === 'section' && block.fields);
  const last = blocks[at];
  if (last?.type !== 'section' || !last.fields) return blocks;
  const isFull = blocks.length >= MESSAGE_BLOCKS - KEPT_BLOCKS;
  // They stand in pairs: an odd one would leave a hole.
  const kept = isFull ? 0 : 2 * Math.floor((last.fields.length - 1) / 2);
  const lines = last.fields.slice(kept).map((field): Text => {
    const [label = '', ...value] = readSection(field).split('\n');
    return [strong(`${label}: `), value.join('\n')];
  });
  const others = kept > 0 ? [{ ...last, fields: last.fields.slice(0, kept) }] : [];
  return blocks.toSpliced(at, 1, ...others, ...richText(lines));
}

/** The card's blocks in order, for a modal. */
export const renderBlocks = (card: Card): KnownBlock[] => [
  ...renderTitle(card.title),
  ...drawBlocks(card.blocks),
];

export const drawBlocks = (blocks: readonly Block[]): KnownBlock[] =>
  arranged(blocks).flatMap(renderBlock);

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
      return renderFacts(block.facts);
    case 'divider':
      return [{ type: 'divider' }];
    case 'row':
      return renderRow(block);
    case 'checklist':
      return renderChecklist(block);
    case 'buttons':
      return renderButtons(withMenus(block));
    default:
      return unreachable(block);
  }
}

type Fact = readonly [label: string, value: Text];

/**
 * Short facts are the fields of a section, which Slack draws in two columns: the label in bold, and its value below. What a
 * field can't show as it is, or is too long for a column, has a line of its own.
 */
function renderFacts(facts: readonly Fact[]): KnownBlock[] {
  const fields = facts.map(factField);
  // A single field would leave half of the width empty.
  const inColumns = fields.map(
    (field, at) => field && (fields[at - 1] ?? fields[at + 1]) !== undefined,
  );
  const blocks: KnownBlock[] = [];
  for (let at = 0; at < facts.length; ) {
    const columns = inColumns[at] === true;
    const end = inColumns.findIndex((each, index) => index > at && (each === true) !== columns);
    const to = end < 0 ? facts.length : end;
    if (columns)
      for (const group of groupBy(fields.slice(at, to).filter(isField), FIELDS))
        blocks.push({ type: 'section', fields: group });
    else blocks.push(...richText(facts.slice(at, to).map(factLine)));
    at = to;
  }
  return blocks;
}

const isField = (field: types.MrkdwnElement | undefined): field is types.MrkdwnElement =>
  field !== undefined;

const factLine = ([label, value]: Fact): Text => [strong(`${label}: `), ...value];

/** Undefined where it doesn't fit, or mrkdwn would not show every character as it is. */
function factField([label, value]: Fact): types.MrkdwnElement | undefined {
  if (isBlank(label) || value.some((span) => typeof span === 'object')) return undefined;
  const text = sectionText([[strong(label)], value]);
  return text?.type === 'mrkdwn' && readSection(text).length <= FIELD_SHOWN ? text : undefined;
}

/** A single button or menu stands beside the row's text; several stand below it. */
function renderRow({ text, detail = [], ...actions }: Row): KnownBlock[] {
  const words = sectionText([text, detail]);
  const all = withMenus(actions);
  if (!words) return [...richText([text, detail]), ...renderButtons(all)];
  const section: types.SectionBlock = { type: 'section', text: words };
  const [accessory, ...others] = all.elements;
  const beside = { ...section, accessory };
  return others.length === 0 && all.long.length === 0 && weigh(beside) <= BLOCK_WEIGHT
    ? [beside]
    : [section, ...renderButtons(all)];
}

const CHECKS = 'checks ';

/**
 * A click sends what is ticked then. The id names the action and what was ticked before; with another id after each change
 * Slack shows the card's ticks, and not those that it remembers. An entry that is too long for an option also stands above.
 */
function renderChecklist({ entries, does }: Checklist): KnownBlock[] {
  if (!does) return [];
  const options = entries.map(
    ({ text, note }, position): types.PlainTextOption => ({
      text: plain(shorten(orBlank(text), OPTION_TEXT)),
      value: String(position),
      ...(note && { description: plain(shorten(note, OPTION_TEXT)) }),
    }),
  );
  const long = entries.filter(
    ({ text, note = '' }) => Math.max(text.length, note.length) > OPTION_TEXT,
  );
  return [
    ...richText(long.map((entry) => [lineOf(entry)])),
    ...groupBy(options, CHECKBOX_OPTIONS).map((group): KnownBlock => {
      const initial = group.filter(({ value }) => entries[Number(value)]?.isDone);
      const shown = initial.map(({ value }) => Number(value));
      const offered = group.map(({ value }) => Number(value));
      return {
        type: 'actions',
        elements: [
          {
            type: 'checkboxes',
            action_id: checksId(does, { shown, offered, ticked: [] }),
            options: group,
            ...(initial.length > 0 && { initial_options: initial }),
          },
        ],
      };
    }),
  ];
}

function checksId(does: ActionCall, ticks: Ticks): string {
  const { id, payload } = withTicks(does, ticks);
  const action_id = `${CHECKS}${id} ${payload}`;
  if (action_id.length > IDENTIFIER)
    throw new RangeError(`The payload of ${id} is longer than a Slack checklist carries`);
  return action_id;
}

/** What was ticked in a checklist. Undefined for anything else. */
export function checksChoice(action: BlockElementAction): ShownCall | undefined {
  if (action.type !== 'checkboxes' || !action.action_id.startsWith(CHECKS)) return undefined;
  const [id = '', ...rest] = action.action_id.slice(CHECKS.length).split(' ');
  const ticked = action.selected_options.map(({ value }) => Number(value));
  try {
    const payload = rest.join(' ');
    const { ticks } = z.object({ ticks: ticksSchema }).parse(JSON.parse(payload));
    return withTicks({ id, payload }, { ...ticks, ticked });
  } catch {
    return undefined; // Not one of ours.
  }
}

interface Actions {
  readonly elements: readonly Action[];
  /** Labels that are too long for a button. They also stand above it as text. */
  readonly long: readonly string[];
}

/** The buttons, and menus with the rest. What an option can't carry is a button, too. */
function withMenus({
  buttons,
  more = [],
}: {
  readonly buttons: readonly Button[];
  readonly more?: readonly Button[];
}): Actions {
  const fits = more.filter(isOption);
  const inMenu = fits.length > 1 ? fits : []; // Where only one fits, its menu would only be a longer way.
  const shown = [...buttons, ...more.filter((button) => !inMenu.includes(button))];
  return {
    elements: [...shown.map(renderButton), ...menusOf(inMenu)],
    long: shown.filter(isLong).map(({ label }) => label),
  };
}

const optionValue = ({ id, payload }: ActionCall): string => `${id} ${payload}`;

const isOption = (button: Button): boolean =>
  !isLong(button) && optionValue(button.does).length <= OVERFLOW_VALUE;

/** A select would hold more options, but it keeps what was chosen: the same choice again would send nothing. */
function menusOf(actions: readonly Button[]): types.Overflow[] {
  const options = actions.map(({ label, does }) => ({
    text: plain(orBlank(label)),
    value: optionValue(does),
  }));
  const count = Math.ceil(options.length / OVERFLOW_OPTIONS);
  const size = Math.ceil(options.length / count);
  return Array.from({ length: count || 0 }, (_, index) => ({
    type: 'overflow',
    action_id: MENU,
    options: options.slice(index * size, (index + 1) * size),
  }));
}

/** A menu's own id; each of its options names the action. */
const MENU = 'menu';

/** What was chosen in a menu. Undefined for an element of a form, which is read when the form is submitted. */
export function menuChoice(action: BlockElementAction): ShownCall | undefined {
  if (action.type !== 'overflow') return undefined;
  const { value } = action.selected_option;
  const [id = ''] = value.split(' ', 1);
  return { id, payload: value.slice(id.length + 1) };
}

const isLong = ({ label }: Button): boolean => label.length > BUTTON_TEXT;

const renderButtons = ({ elements, long }: Actions): KnownBlock[] => [
  ...richText(long.map((label) => [{ kind: 'strong', text: label }])),
  ...groupBy(elements, ACTIONS_ELEMENTS).map(
    (row): KnownBlock => ({ type: 'actions', elements: withDistinctIds(row) }),
  ),
];

function renderButton({ label, about, tone, does }: Button): types.Button {
  if (does.payload.length > BUTTON_VALUE)
    throw new RangeError(`The payload of ${does.id} is longer than a Slack button carries`);
  return {
    type: 'button',
    text: plain(shorten(orBlank(label), BUTTON_TEXT)),
    action_id: does.id,
    value: does.payload,
    ...(about && { accessibility_label: wellFormed(shorten(orBlank(about), ACCESSIBILITY_LABEL)) }),
    style: tone,
  };
}

/** Slack wants each `action_id` once in a block. `actionIdOf` removes what we add. */
function withDistinctIds(row: readonly Action[]): Action[] {
  return row.map((element, index) => {
    const action_id = `${element.action_id}#${index + 1}`;
    if (action_id.length > IDENTIFIER)
      throw new RangeError(`The action id ${element.action_id} is longer than Slack carries`);
    return { ...element, action_id };
  });
}

export const actionIdOf = (slackActionId: string): string => slackActionId.replace(/#\d+$/, '');
