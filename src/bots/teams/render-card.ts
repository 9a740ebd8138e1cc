/** `Card` → Adaptive Cards, as many as Teams' limits require. Pure. */
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ActionCall } from '../view/action-call.ts';
import { arranged } from '../view/arrange.ts';
import {
  type Block,
  type Button,
  type Card,
  type Checklist,
  type Row,
  type Span,
  splitAtEnd,
  type Text,
} from '../view/card.ts';
import { lineOf, shownTicks, withTicks } from '../view/checklist.ts';
import {
  type AdaptiveCard,
  adaptiveCard,
  type Element,
  jsonBytes,
  paragraph,
  runs,
  titleLine,
  withColor,
} from './adaptive-card.ts';
import {
  ACTIONS_PER_SET,
  BESIDE_BUTTONS,
  BESIDE_LABEL_UNITS,
  BESIDE_TEXT_UNITS,
  BUTTON_LABEL_UNITS,
  CARD_BYTES,
  FACT_COLUMN_UNITS,
  TITLE_UNITS,
  TOOLTIP_UNITS,
} from './limits.ts';
import { BELOW_LINK, inputId, TICKS } from './read-form.ts';

export interface CardOptions {
  /** Whether the client shows dialogs. Then a button with a form opens one. */
  readonly dialogs: boolean;
  /** It stands below a link, in someone else's message, or in a dialog that was opened there. */
  readonly belowLink?: boolean;
}

interface Drawing extends CardOptions {
  /** What is ticked in the checklist that is in the same message. */
  readonly ticked?: readonly number[];
}

/** The largest element. Smaller elements fill cards better. */
const ELEMENT_BYTES = CARD_BYTES / 4;
/** For a closing sentence on the last card, and the refresh. */
const NOTE_BYTES = 500;

const styles = { primary: 'positive', danger: 'destructive' } as const;

/**
 * @param reserved bytes of each card that stay free
 * @returns one or more cards, to be sent in this order
 */
export function renderCard(
  card: Card,
  options: CardOptions,
  reserved = 0,
): readonly [AdaptiveCard, ...AdaptiveCard[]] {
  const short = card.title.length <= TITLE_UNITS;
  const head = short ? titleLine(card.title) : [];
  const next = short ? titleLine(t`${card.title} (continued)`) : titleLine(t`(continued)`);
  const draw = (drawing: Drawing) =>
    pack({ head, next, reserved }, [
      ...(short ? [] : packed(runs([{ kind: 'strong', text: card.title }]))),
      ...withSeparators(arranged(card.blocks), drawing),
    ]);
  const list = card.blocks.find((block) => block.kind === 'checklist' && block.does !== undefined);
  const refreshed = ([first, ...rest]: readonly [AdaptiveCard, ...AdaptiveCard[]]) =>
    card.isLive && options.dialogs
      ? ([{ ...first, refresh: refresh() }, ...rest] as const)
      : ([first, ...rest] as const);
  const whole = draw({
    ...options,
    ...(list?.kind === 'checklist' && { ticked: shownTicks(list) }),
  });
  // A client sends only what stands in the same message, so other buttons can't send ticks of another one.
  return refreshed(list && whole.length > 1 ? draw(options) : whole);
}

export const REFRESH = 'refresh';

/**
 * Teams asks for the current card when someone opens the message. The list of users that Teams wants for large
 * conversations is left out: a card about a person lives in their direct conversation.
 */
const refresh = () => ({
  action: { type: 'Action.Execute', title: t`Refresh`, verb: REFRESH, data: {} },
});

/**
 * The card as one message, for an edit. It leaves out what doesn't fit and says so. Features page the cards that people
 * open; this is for a card that grew too large later.
 */
export function renderInOne(card: Card, options: CardOptions): AdaptiveCard {
  const [whole, ...rest] = renderCard(card, options);
  if (rest.length === 0) return whole;
  const [blocks, kept] = splitAtEnd(card);
  const all = withSeparators(arranged(kept), options);
  // What doesn't fit beside anything else isn't kept.
  const end = jsonBytes(all) <= CARD_BYTES / 2 ? all : [];
  const [first] = renderCard({ ...card, blocks }, options, jsonBytes(end));
  return {
    ...first,
    body: [
      ...first.body,
      ...paragraph([t`There is more than fits in one message. Open it again to see everything.`], {
        isSubtle: true,
      }),
      ...end,
    ],
  };
}

function withSeparators(blocks: readonly Block[], options: Drawing): Element[] {
  const body: Element[] = [];
  let separated = false;
  for (const block of blocks) {
    if (block.kind === 'divider') {
      separated = true;
      continue;
    }
    const [first, ...rest] = renderBlock(block, options);
    if (!first) continue;
    body.push(separated ? { ...first, separator: true, spacing: 'Medium' } : first, ...rest);
    separated = false;
  }
  return body;
}

function renderBlock(block: Exclude<Block, { kind: 'divider' }>, options: Drawing): Element[] {
  switch (block.kind) {
    case 'text':
      return packed(withColor(runs(block.text, block.muted ? { isSubtle: true } : {})));
    case 'facts':
      return block.facts.flatMap(([label, value]) => renderFact(label, value));
    case 'row':
      return renderRow(block, options);
    case 'checklist':
      return renderChecklist(block, options);
    case 'buttons':
      return renderButtons(block, options);
    default:
      return unreachable(block);
  }
}

function renderFact(label: string, value: Text): Element[] {
  const left = runs([label], { isSubtle: true });
  const right = runs(value);
  const units = [...left, ...right].reduce((sum, run) => sum + String(run['text']).length, 0);
  if (units > FACT_COLUMN_UNITS || left.length === 0 || right.length === 0)
    return packed([...left, ...runs(left.length > 0 && right.length > 0 ? [': '] : []), ...right]);
  const column = (width: number, inlines: Element[]): Element => ({
    type: 'Column',
    width,
    items: [{ type: 'RichTextBlock', inlines }],
  });
  return [{ type: 'ColumnSet', spacing: 'Small', columns: [column(1, left), column(2, right)] }];
}

/**
 * Short buttons stand beside the row's text, and what doesn't fit there is behind "…". With a long label they stand below
 * it. Several, or one with a menu, also stand below a long text.
 */
function renderRow({ text, detail = [], buttons, more = [] }: Row, options: Drawing): Element[] {
  const words = [
    ...packed(withColor(runs(text))),
    ...packed(withColor(runs(detail, { isSubtle: true }))).map((block) => ({
      ...block,
      spacing: 'None',
    })),
  ];
  if (buttons.length + more.length === 0) return words;
  const length = [...text, ...detail].reduce((sum, span) => sum + unitsOf(span), 0);
  const isWide = buttons.length + more.length > 1;
  const fits = length > BESIDE_TEXT_UNITS && isWide ? 0 : besideText(buttons);
  const set = actionSet(
    fits === 0
      ? { buttons, more }
      : { buttons: buttons.slice(0, fits), more: [...buttons.slice(fits), ...more] },
    options,
  );
  if (!set || jsonBytes([...words, set]) > ELEMENT_BYTES)
    return [...words, ...renderButtons({ buttons, more }, options)];
  if (fits === 0 && buttons.length > 0) return [...words, set];
  const column = (width: string, items: Element[]): Element => ({
    type: 'Column',
    width,
    items,
    verticalContentAlignment: 'Center',
  });
  return [{ type: 'ColumnSet', columns: [column('stretch', words), column('auto', [set])] }];
}

const unitsOf = (span: Span): number => (typeof span === 'string' ? span : span.text).length;

/** How many of these leave the row's text most of the width. */
function besideText(buttons: readonly Button[]): number {
  const units = buttons.slice(0, BESIDE_BUTTONS).map(({ label }) => label.length);
  const [first = 0, second = BESIDE_LABEL_UNITS] = units;
  if (first > BESIDE_LABEL_UNITS || first === 0) return 0;
  return first + second <= BESIDE_LABEL_UNITS ? units.length : 1;
}

interface Actions {
  readonly buttons: readonly Button[];
  readonly more?: readonly Button[];
}

/**
 * All of them in one set: those of the menu behind "…", or on a card that "More…" opens where they are too many for one
 * set. Undefined where they don't fit.
 */
function actionSet({ buttons, more = [] }: Actions, options: Drawing): Element | undefined {
  const all = [...buttons, ...more];
  if (all.some(({ label }) => label.length > BUTTON_LABEL_UNITS)) return undefined;
  const shown = buttons.map((button) => renderButton(button, options));
  const actions =
    all.length <= ACTIONS_PER_SET
      ? [
          ...shown,
          ...more.map((button) => ({ ...renderButton(button, options), mode: 'secondary' })),
        ]
      : [...shown, showCard(renderButtons({ buttons: more }, options))];
  return actions.length <= ACTIONS_PER_SET && jsonBytes(actions) <= ELEMENT_BYTES
    ? { type: 'ActionSet', actions }
    : undefined;
}

const showCard = (body: Element[]): Element => ({
  type: 'Action.ShowCard',
  title: t`More…`,
  card: { type: 'AdaptiveCard', body },
});

function renderButtons({ buttons, more = [] }: Actions, options: Drawing): Element[] {
  const whole = more.length > 0 ? actionSet({ buttons, more }, options) : undefined;
  if (whole) return [whole];
  const elements: Element[] = [];
  let set: Element[] = [];
  const close = () => {
    if (set.length > 0) elements.push({ type: 'ActionSet', actions: set });
    set = [];
  };
  for (const button of [...buttons, ...more]) {
    const action = renderButton(button, options);
    const full = set.length === ACTIONS_PER_SET || jsonBytes([...set, action]) > ELEMENT_BYTES;
    if (full || button.label.length > BUTTON_LABEL_UNITS) close();
    if (button.label.length > BUTTON_LABEL_UNITS) elements.push(...packed(runs([button.label])));
    set.push(action);
  }
  close();
  return elements;
}

/** The boxes and the button that saves them are one element, so no message has one without the other. */
function renderChecklist({ label, entries, does }: Checklist, options: Drawing): Element[] {
  if (!does) return [];
  const ticked = shownTicks({ entries });
  const save: Button = { label: t`Save ticks`, does, sendsTicks: true };
  const lines = entries.map(lineOf);
  return [
    ...lines.flatMap((line) => (line.length > FACT_COLUMN_UNITS ? packed(runs([line])) : [])),
    {
      type: 'Container',
      items: [
        {
          type: 'Input.ChoiceSet',
          id: inputId('m', TICKS),
          label: shorten(label, FACT_COLUMN_UNITS),
          style: 'expanded',
          isMultiSelect: true,
          wrap: true,
          choices: lines.map((line, position) => ({
            title: shorten(line, FACT_COLUMN_UNITS) || ' ',
            value: String(position),
          })),
          ...(ticked.length > 0 && { value: ticked.join(',') }),
        },
        { type: 'ActionSet', actions: [renderButton(save, { ...options, ticked })] },
      ],
    },
  ];
}

function renderButton(
  { label, about, tone, does: given, sendsTicks }: Button,
  { dialogs, ticked, belowLink }: Drawing,
): Element {
  const carries = sendsTicks && ticked !== undefined;
  const does: ActionCall = carries ? withTicks(given, { shown: [...ticked], ticked: [] }) : given;
  return {
    type: 'Action.Submit',
    // A button with an empty title is invisible.
    title: shorten(label, BUTTON_LABEL_UNITS) || '…',
    data: {
      $action: does.id,
      $payload: does.payload,
      ...(carries && { $do: 'check' }),
      ...(belowLink && { $from: BELOW_LINK }),
      // Below a link nothing else reaches the bot where it is no part of the conversation.
      ...(dialogs && (does.opensForm || belowLink) && { msteams: { type: 'task/fetch' } }),
    },
    ...(about && { tooltip: shorten(about, TOOLTIP_UNITS) }),
    ...(tone && { style: styles[tone] }),
  };
}

/** The runs in as few blocks as `ELEMENT_BYTES` allows. */
function packed(inlines: readonly Element[]): Element[] {
  const blocks: Element[][] = [];
  let bytes = 0;
  for (const run of inlines) {
    const size = jsonBytes(run) + 1;
    const last = blocks.at(-1);
    if (last && bytes + size <= ELEMENT_BYTES) {
      last.push(run);
      bytes += size;
    } else {
      blocks.push([run]);
      bytes = size;
    }
  }
  return blocks.map((block) => ({ type: 'RichTextBlock', inlines: block }));
}

interface Frame {
  /** What the first card begins with. */
  readonly head: readonly Element[];
  /** What each further card begins with. */
  readonly next: readonly Element[];
  /** Bytes of each card that stay free. */
  readonly reserved: number;
}

/** Fills cards with elements in order. @throws {RangeError} for an element that is too large for any card (a huge payload) */
function pack(
  { head, next, reserved }: Frame,
  body: readonly Element[],
): readonly [AdaptiveCard, ...AdaptiveCard[]] {
  const frame = jsonBytes(adaptiveCard([]));
  const available = CARD_BYTES - NOTE_BYTES - reserved;
  let current: Element[] = [...head];
  let bytes = frame + jsonBytes(head);
  const full: AdaptiveCard[] = [];
  for (const element of body) {
    const size = jsonBytes(element) + 1;
    if (bytes + size > available) {
      full.push(adaptiveCard(current));
      current = [...next];
      bytes = frame + jsonBytes(next);
      if (bytes + size > available)
        throw new RangeError('A button carries more than a Teams message holds');
    }
    current.push(element);
    bytes += size;
  }
  const [first, ...rest] = [...full, adaptiveCard(current)];
  return [first ?? adaptiveCard(current), ...rest];
}
