/** Renders a form as a Slack modal: loading, filled, or replaced by a card that says why there is none. Pure. */
import type { types } from '@slack/bolt';
import { compact } from '../../core/compact.ts';
import { shorten } from '../../core/shorten.ts';
import { inLocale, locale, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Card, rich, type Text } from '../view/card.ts';
import { withoutDot } from '../view/file.ts';
import {
  type Field,
  type FieldErrors,
  type Form,
  hasProblem,
  initialAnswers,
  longTexts,
  MAX_PICKED,
  type Option,
  optionText,
  type RawValues,
} from '../view/form.ts';
import { fitView } from './fit.ts';
import { encodeMetadata, type Origin } from './interaction.ts';
import {
  CHECKBOX_OPTIONS,
  FILES_IN_INPUT,
  IDENTIFIER,
  INPUT_HINT,
  INPUT_LABEL,
  INPUT_TEXT,
  MODAL_BLOCKS,
  MODAL_BUTTON,
  MODAL_TITLE,
  OPTION_TEXT,
  SELECT_OPTIONS,
  VIEW_BYTES,
} from './limits.ts';
import { ANSWER, blockIdOf } from './read-form.ts';
import { renderBlocks } from './render-card.ts';
import { isBlank, orBlank, plain, richText, weigh, wellFormed } from './text.ts';

type KnownBlock = types.KnownBlock;

/** The button that loads a form's fields again. */
export const RETRY_ACTION = 'form.retry';

/** What all views of one modal share. */
export interface ModalFrame {
  readonly call: Pick<ActionCall, 'id' | 'payload'>;
  readonly origin: Origin;
}

/** Shown at once, while we load the form's fields. */
export const renderLoading = (frame: ModalFrame, title: string): types.ModalView =>
  modal(frame, { title, blocks: [...fullTitle(title), ...richText([[t`Loading…`]])] });

/** Shows a card in place of a form. */
export const renderRefusal = (frame: ModalFrame, card: Card): types.ModalView =>
  modal(frame, { title: 'Latchkey', blocks: fit(renderBlocks(card)), close: t`Close` });

export type FormFrame = ModalFrame & { readonly session: string };

/** For a form that is shown again. */
export interface ShownAgain {
  /** Shown above the form. Errors beside fields go with the acknowledgement. */
  readonly errors?: FieldErrors;
  /** The person's answers, which replace the form's own values. Slack keeps them unless it showed another view in between. */
  readonly kept?: RawValues;
}

/** @throws {RangeError} for a form with more fields than a modal can hold. */
export function renderForm(form: Form, frame: FormFrame, again: ShownAgain = {}): types.ModalView {
  // In the form's language, and not in the caller's.
  return inLocale(form.locale ?? locale(), () => {
    const view = renderWith(form, SELECT_OPTIONS, { ...again, ...frame });
    // Slack limits a view's size too. With many long lists all of them become type-aheads.
    return weigh(view) <= VIEW_BYTES ? view : renderWith(form, 0, { ...again, ...frame });
  });
}

function renderWith(
  form: Form,
  listedOptions: number,
  { errors = {}, kept = initialAnswers(form.fields), ...frame }: ShownAgain & FormFrame,
): types.ModalView {
  const fields = Object.entries(form.fields);
  const shown = { ...longTexts(form.fields, INPUT_TEXT), ...kept };
  const wrong = fields.flatMap(([name, { label }]): Text[] => {
    const error = Object.hasOwn(errors, name) ? errors[name] : undefined;
    return error ? [[{ kind: 'strong', text: `${orBlank(label)}: ` }, error]] : [];
  });
  const blocks = [
    ...fullTitle(form.title),
    ...richText(wrong),
    ...form.intro.flatMap((paragraph) => richText([paragraph])),
    ...(hasProblem(form)
      ? renderProblems(fields)
      : [
          ...fields.flatMap(([name, field]) => {
            const answered = Object.hasOwn(shown, name) ? [shown[name] ?? []].flat() : [];
            return renderField([name, field], answered, listedOptions);
          }),
          ...renderConsequence(form),
        ]),
  ];
  if (blocks.length > MODAL_BLOCKS)
    throw new RangeError(`A Slack modal has ${MODAL_BLOCKS} blocks, this form ${blocks.length}`);
  const submit = hasProblem(form) ? undefined : form.submitLabel;
  return modal(frame, { title: form.title, blocks, submit });
}

interface Modal {
  readonly title: string;
  readonly blocks: KnownBlock[];
  readonly submit?: string;
  readonly close?: string;
}

function modal(
  { call, origin, session = '' }: ModalFrame & { readonly session?: string },
  { title, blocks, submit, close = t`Cancel` }: Modal,
): types.ModalView {
  return {
    type: 'modal',
    title: plain(title.length > MODAL_TITLE ? 'Latchkey' : orBlank(title)),
    callback_id: call.id,
    private_metadata: encodeMetadata({ payload: call.payload, session, origin }),
    blocks,
    close: plain(close),
    ...(submit !== undefined && { submit: plain(shorten(orBlank(submit), MODAL_BUTTON)) }),
  };
}

/** Of a title that the window's bar would cut in the middle of a word. The bar then has our name. */
const fullTitle = (title: string): KnownBlock[] =>
  title.length > MODAL_TITLE ? [...richText([[{ kind: 'strong', text: title }]])] : [];

/** Explains the submit button when the button itself can't: its label is limited, and it has no colour. */
function renderConsequence({ submitLabel, tone, fields }: Form): KnownBlock[] {
  const label = { kind: 'strong', text: orBlank(submitLabel) } as const;
  if (tone === 'danger')
    return [...richText([['⚠️ ', ...rich`${label} takes effect as soon as you press it.`]])];
  const says = submitLabel.length > MODAL_BUTTON || Object.keys(fields).length === 0;
  return says ? [...richText([rich`The button below means: ${label}`])] : [];
}

function renderProblems(fields: readonly (readonly [string, Field])[]): KnownBlock[] {
  const problems = fields.flatMap(([, field]): Text[] =>
    field.kind === 'problem'
      ? [[{ kind: 'strong', text: `${orBlank(field.label)}: ` }, orBlank(field.message)]]
      : [],
  );
  return [
    ...problems.flatMap((problem) => richText([problem])),
    {
      type: 'actions',
      elements: [{ type: 'button', action_id: RETRY_ACTION, text: plain(t`Try again`) }],
    },
  ];
}

/** Texts that are too long for the input stand above it. */
function renderField(
  [name, field]: readonly [string, Field],
  answered: readonly string[],
  listedOptions: number,
): KnownBlock[] {
  const block_id = blockIdOf(name);
  if (block_id.length > IDENTIFIER)
    throw new RangeError('The name of a form field is longer than Slack carries');
  const element = renderElement(field, answered, listedOptions);
  if (!element)
    return [
      ...richText([
        [{ kind: 'strong', text: `${orBlank(field.label)}: ` }, t`no options to choose from.`],
      ]),
    ];

  const { label, hint } = field;
  const [initial = ''] = field.kind === 'text' ? answered : [];
  const isTooLong = initial.length > INPUT_TEXT;
  const above: Text[] = compact([
    label.length > INPUT_LABEL && [{ kind: 'strong', text: label }],
    hint !== undefined && hint.length > INPUT_HINT && [hint],
    isTooLong && [
      t`The text so far is too long for this field. It stays if you leave the field empty: ${initial}`,
    ],
  ]);
  return [
    ...richText(above),
    {
      type: 'input',
      block_id,
      label: plain(shorten(orBlank(label), INPUT_LABEL)),
      optional: field.optional === true || isTooLong,
      element,
      ...(hint !== undefined && !isBlank(hint) && { hint: plain(shorten(hint, INPUT_HINT)) }),
    },
  ];
}

/**
 * Undefined for a list without options, since Slack has no control for it.
 * @param answered the shown answer: a text, date or user, or positions in the list of options
 */
function renderElement(
  field: Field,
  answered: readonly string[],
  listedOptions: number,
): InputElement | undefined {
  switch (field.kind) {
    case 'text': {
      const [initial = ''] = answered;
      return {
        type: 'plain_text_input',
        action_id: ANSWER,
        multiline: field.multiline === true,
        max_length: INPUT_TEXT,
        ...(!isBlank(initial) &&
          initial.length <= INPUT_TEXT && { initial_value: wellFormed(initial) }),
      };
    }
    case 'date': {
      const [initial] = answered;
      return { type: 'datepicker', action_id: ANSWER, ...(initial && { initial_date: initial }) };
    }
    case 'user':
    case 'person': {
      const [initial] = answered;
      return { type: 'users_select', action_id: ANSWER, ...(initial && { initial_user: initial }) };
    }
    case 'people':
      return {
        type: 'multi_users_select',
        action_id: ANSWER,
        max_selected_items: MAX_PICKED,
        ...(answered.length > 0 && { initial_users: [...answered] }),
      };
    case 'choice':
      return field.options.length === 0
        ? undefined
        : renderChoice(field.options, answered, listedOptions);
    case 'choices':
      return field.options.length === 0
        ? undefined
        : renderChoices(field.options, answered, listedOptions);
    case 'file':
      return {
        type: 'file_input',
        action_id: ANSWER,
        max_files: FILES_IN_INPUT,
        ...(field.endings.length > 0 && { filetypes: field.endings.map(withoutDot) }),
      };
    case 'problem':
      return undefined; // `renderProblems` shows it.
    default:
      return unreachable(field);
  }
}

/** True when Slack can show an error beside the field. */
export const hasInput = (field: Field): boolean =>
  field.kind !== 'problem' && !('options' in field && field.options.length === 0);

/** When a modal can't hold the whole card, a note says so. */
const fit = (blocks: KnownBlock[]): KnownBlock[] =>
  fitView(
    blocks,
    MODAL_BLOCKS,
    richText([[t`There is more than fits here. Try again in a direct message to me.`]]),
  );

export type InputElement = types.InputBlock['element'];

/** A list with one answer. @param answered the chosen positions in the list */
export function renderChoice(
  options: readonly Option[],
  answered: readonly string[],
  listedOptions: number,
): InputElement {
  const listed = options.length <= listedOptions ? renderSuggestions(numbered(options)) : undefined;
  const [initial] = chosen(options, answered, listed);
  const common = { action_id: ANSWER, ...(initial && { initial_option: initial }) };
  return listed
    ? { type: 'static_select', ...common, options: listed }
    : { type: 'external_select', ...common, min_query_length: 0 };
}

/** A list with any number of answers. */
function renderChoices(
  options: readonly Option[],
  answered: readonly string[],
  listedOptions: number,
): InputElement {
  const few = options.length <= CHECKBOX_OPTIONS;
  const listed =
    few || options.length <= listedOptions ? renderSuggestions(numbered(options)) : undefined;
  const initial = chosen(options, answered, listed);
  // Slack refuses an empty list.
  const common = { action_id: ANSWER, ...(initial.length > 0 && { initial_options: initial }) };
  if (!listed) return { type: 'multi_external_select', ...common, min_query_length: 0 };
  return { type: few ? 'checkboxes' : 'multi_static_select', ...common, options: listed };
}

type Numbered = { readonly label: string; readonly position: number };
const numbered = (options: readonly Option[]): Numbered[] =>
  options.map((option, position) => ({ label: optionText(option), position }));

/** The options at `positions`. Slack requires that they look exactly as in the list, where there is one. */
function chosen(
  options: readonly Option[],
  positions: readonly string[],
  listed: types.PlainTextOption[] | undefined,
): types.PlainTextOption[] {
  const isChosen = (position: string) => positions.includes(position);
  return listed
    ? listed.filter(({ value = '' }) => isChosen(value))
    : renderSuggestions(numbered(options).filter(({ position }) => isChosen(String(position))));
}

/** Options in Slack's format. The value of each is its position in the whole list. */
export function renderSuggestions(options: readonly Numbered[]): types.PlainTextOption[] {
  const texts = optionTexts(options);
  return options.map(({ position }, index) => ({
    text: plain(texts[index] ?? ''),
    value: String(position),
  }));
}

/**
 * The text that a select shows for each label. Too long labels end in "…". Labels that would look the same get the
 * option's number in the whole list. No two texts are the same.
 */
export function optionTexts(
  options: readonly { readonly label: string; readonly position: number }[],
): readonly string[] {
  let texts = options.map(({ label }) => shorten(orBlank(label), OPTION_TEXT));
  // A numbered text may equal another option's label. Then that option gets its number too.
  for (let again = repeated(texts); again.size > 0; again = repeated(texts)) {
    const same = again;
    texts = texts.map((text, index) =>
      same.has(text) ? withNumber(text, options[index]?.position ?? index) : text,
    );
  }
  return texts;
}

function withNumber(text: string, position: number): string {
  const number = ` (${position + 1})`;
  return shorten(text, OPTION_TEXT - number.length) + number;
}

function repeated(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const text of texts) (seen.has(text) ? again : seen).add(text);
  return again;
}
