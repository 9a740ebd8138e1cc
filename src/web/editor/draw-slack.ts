/**
 * Draws the blocks of a Slack modal as HTML, so that authors of a manifest see its form as in Slack, in their language. It knows
 * only the blocks that our renderer makes. It refuses others and never leaves one out.
 */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { escapeHtml } from '../escape-html.ts';

/** Our renderer makes a block or an element that this can't draw yet. */
export class UnknownBlock extends Error {
  readonly code = 'unknown-block';
  constructor(options: ErrorOptions) {
    super('The Slack preview does not know one of the blocks', options);
    this.name = 'UnknownBlock';
  }
}

const plainText = z.strictObject({
  type: z.literal('plain_text'),
  text: z.string(),
  emoji: z.literal(false),
});
const option = z.strictObject({
  text: plainText,
  value: z.string(),
  description: plainText.optional(),
});
const span = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    text: z.string(),
    style: z
      .strictObject({ bold: z.boolean().optional(), code: z.boolean().optional() })
      .optional(),
  }),
  z.strictObject({ type: z.literal('link'), url: z.string(), text: z.string().optional() }),
]);
const button = z.strictObject({
  type: z.literal('button'),
  action_id: z.string(),
  text: plainText,
  value: z.string().optional(),
  accessibility_label: z.string().optional(),
  style: z.enum(['primary', 'danger']).optional(),
});
const overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: z.string(),
  options: z.array(option),
});
const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  action_id: z.string(),
  options: z.array(option),
  initial_options: z.array(option).optional(),
});
const pressable = z.discriminatedUnion('type', [button, overflow, checkboxes]);
const markup = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z.string(),
  verbatim: z.literal(true),
});
const control = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('plain_text_input'),
    action_id: z.string(),
    multiline: z.boolean(),
    max_length: z.number(),
    initial_value: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('datepicker'),
    action_id: z.string(),
    initial_date: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('users_select'),
    action_id: z.string(),
    initial_user: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('multi_users_select'),
    action_id: z.string(),
    max_selected_items: z.number(),
    initial_users: z.array(z.string()).optional(),
  }),
  z.strictObject({
    type: z.literal('static_select'),
    action_id: z.string(),
    options: z.array(option),
    initial_option: option.optional(),
  }),
  z.strictObject({
    type: z.literal('multi_static_select'),
    action_id: z.string(),
    options: z.array(option),
    initial_options: z.array(option).optional(),
  }),
  checkboxes,
  z.strictObject({
    type: z.literal('external_select'),
    action_id: z.string(),
    min_query_length: z.number(),
    initial_option: option.optional(),
  }),
  z.strictObject({
    type: z.literal('multi_external_select'),
    action_id: z.string(),
    min_query_length: z.number(),
    initial_options: z.array(option).optional(),
  }),
  z.strictObject({
    type: z.literal('file_input'),
    action_id: z.string(),
    filetypes: z.array(z.string()).optional(),
    max_files: z.number().optional(),
  }),
]);
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText }),
  z.strictObject({ type: z.literal('divider') }),
  z.strictObject({ type: z.literal('context'), elements: z.array(plainText) }),
  z.strictObject({
    type: z.literal('rich_text'),
    elements: z.array(
      z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(span) }),
    ),
  }),
  z.strictObject({
    type: z.literal('section'),
    text: z.discriminatedUnion('type', [plainText, markup]).optional(),
    fields: z.array(markup).optional(),
    accessory: pressable.optional(),
  }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(pressable) }),
  z.strictObject({
    type: z.literal('input'),
    block_id: z.string(),
    label: plainText,
    optional: z.boolean(),
    hint: plainText.optional(),
    element: control,
  }),
]);
const modal = z.strictObject({
  type: z.literal('modal'),
  title: plainText,
  callback_id: z.string(),
  private_metadata: z.string(),
  blocks: z.array(block),
  close: plainText,
  submit: plainText.optional(),
});

type Block = z.infer<typeof block>;
type Control = z.infer<typeof control>;
type Span = z.infer<typeof span>;
type Option = z.infer<typeof option>;

/**
 * @param view a modal from our renderer
 * @returns HTML in which every text is literal; its controls have no names, so no form sends them
 * @throws {UnknownBlock}
 */
export function drawSlackModal(view: unknown): string {
  const { title, blocks, close, submit } = parse(modal, view);
  return [
    `<div class="slack-modal"><div class="slack-title">${escapeHtml(title.text)}</div>`,
    drawAll(blocks),
    `<div class="slack-buttons"><button type="button">${escapeHtml(close.text)}</button>`,
    submit ? `<button type="button" class="slack-primary">${escapeHtml(submit.text)}</button>` : '',
    '</div></div>',
  ].join('');
}

/**
 * @param blocks of a modal or a message, from our renderers
 * @throws {UnknownBlock}
 */
export const drawSlack = (blocks: unknown): string => drawAll(parse(z.array(block), blocks));

const drawAll = (blocks: readonly Block[]): string =>
  blocks.map((each, index) => drawBlock(each, `slack-${index + 1}`)).join('');

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (!read.success) throw new UnknownBlock({ cause: read.error });
  return read.data;
}

function drawBlock(drawn: Block, id: string): string {
  switch (drawn.type) {
    case 'header':
      return `<p class="slack-header">${escapeHtml(drawn.text.text)}</p>`;
    case 'divider':
      return '<hr>';
    case 'context':
      return `<p class="slack-small">${drawn.elements.map(({ text }) => escapeHtml(text)).join('')}</p>`;
    case 'rich_text':
      return drawn.elements
        .map(({ elements }) => `<p class="slack-text">${elements.map(drawSpan).join('')}</p>`)
        .join('');
    case 'section':
      return drawSection(drawn);
    case 'actions':
      return `<div class="slack-actions">${drawn.elements.map(drawElement).join('')}</div>`;
    case 'input':
      return drawInput(drawn, id);
    default:
      return unreachable(drawn);
  }
}

function drawSection({ text, fields, accessory }: Extract<Block, { type: 'section' }>): string {
  if (fields)
    return `<div class="slack-fields">${fields.map((field) => `<p class="slack-text">${drawText(field)}</p>`).join('')}</div>`;
  const words = text ? `<p class="slack-text">${drawText(text)}</p>` : '';
  return `<div class="slack-row">${words}${accessory ? drawElement(accessory) : ''}</div>`;
}

function drawSpan(drawn: Span): string {
  switch (drawn.type) {
    case 'text': {
      const text = escapeHtml(drawn.text);
      if (drawn.style?.code) return `<code>${text}</code>`;
      return drawn.style?.bold ? `<strong>${text}</strong>` : text;
    }
    case 'link':
      // The preview's link goes nowhere, since leaving the page could lose the author's text.
      return `<span class="slack-link" title="${escapeHtml(drawn.url)}">${escapeHtml(drawn.text ?? drawn.url)}</span>`;
    default:
      return unreachable(drawn);
  }
}

/** Our mrkdwn is escaped, and has asterisks only around a bold beginning of a line. */
const drawText = ({ type, text }: z.infer<typeof plainText> | z.infer<typeof markup>): string =>
  (type === 'mrkdwn'
    ? text.replaceAll(/^\*(.+?)\*/gm, '<strong>$1</strong>')
    : escapeHtml(text)
  ).replaceAll('\n', '<br>');

function drawElement(drawn: z.infer<typeof pressable>): string {
  switch (drawn.type) {
    case 'button':
      return drawButton(drawn);
    case 'overflow':
      return `<button type="button" class="slack-plain" title="${drawn.options.map(({ text }) => escapeHtml(text.text)).join(', ')}">⋯</button>`;
    case 'checkboxes':
      return `<div class="slack-input">${drawChecks(drawn)}</div>`;
    default:
      return unreachable(drawn);
  }
}

const drawChecks = ({ options, initial_options }: z.infer<typeof checkboxes>): string =>
  options
    .map(
      (each) =>
        `<label><input type="checkbox"${isAmong(each, initial_options) ? ' checked' : ''}> ${escapeHtml(each.text.text)}${each.description ? ` <span class="slack-small">${escapeHtml(each.description.text)}</span>` : ''}</label>`,
    )
    .join('');

function drawButton({ text, style, accessibility_label: spoken }: z.infer<typeof button>): string {
  const label = spoken === undefined ? '' : ` aria-label="${escapeHtml(spoken)}"`;
  return `<button type="button" class="slack-${style ?? 'plain'}"${label}>${escapeHtml(text.text)}</button>`;
}

type Input = Extract<Block, { type: 'input' }>;

/** Several controls form a group with a legend. Every other control has its label. */
function drawInput({ label, optional, hint, element }: Input, id: string): string {
  const about = hint ? ` aria-describedby="${id}-hint"` : '';
  const small = hint
    ? `<span class="slack-small" id="${id}-hint">${escapeHtml(hint.text)}</span>`
    : '';
  const text = `${escapeHtml(label.text)}${optional ? ` <span class="slack-small">${t`(optional)`}</span>` : ''}`;
  if (element.type === 'checkboxes')
    return `<fieldset class="slack-input"${about}><legend>${text}</legend>${drawChecks(element)}${small}</fieldset>`;
  return `<div class="slack-input"><label for="${id}">${text}</label>${drawControl(element, `id="${id}"${about}`)}${small}</div>`;
}

function drawControl(drawn: Exclude<Control, { type: 'checkboxes' }>, attributes: string): string {
  switch (drawn.type) {
    case 'plain_text_input': {
      const initial = escapeHtml(drawn.initial_value ?? '');
      return drawn.multiline
        ? `<textarea ${attributes} rows="3">${initial}</textarea>`
        : `<input type="text" ${attributes} value="${initial}">`;
    }
    case 'datepicker':
      return `<input type="date" ${attributes} value="${escapeHtml(drawn.initial_date ?? '')}">`;
    case 'users_select':
      return `<input type="search" placeholder="${t`Select a user`}" ${attributes} value="${escapeHtml(drawn.initial_user ?? '')}">`;
    case 'multi_users_select':
      return `<input type="search" placeholder="${t`Select users`}" ${attributes} value="${escapeHtml((drawn.initial_users ?? []).join(', '))}">`;
    case 'static_select':
      return `<select ${attributes}><option>${t`Select an option`}</option>${drawOptions(drawn.options, [drawn.initial_option])}</select>`;
    case 'multi_static_select':
      return `<select multiple size="${Math.min(6, drawn.options.length)}" ${attributes}>${drawOptions(drawn.options, drawn.initial_options)}</select>`;
    case 'external_select':
      return drawSearch([drawn.initial_option], attributes);
    case 'multi_external_select':
      return drawSearch(drawn.initial_options, attributes);
    case 'file_input':
      return `<input type="file" ${attributes}>`;
    default:
      return unreachable(drawn);
  }
}

type Chosen = readonly (Option | undefined)[] | undefined;

const isAmong = ({ value }: Option, chosen: Chosen): boolean =>
  chosen?.some((each) => each?.value === value) === true;

const drawOptions = (options: readonly Option[], chosen: Chosen): string =>
  options
    .map(
      (each) =>
        `<option${isAmong(each, chosen) ? ' selected' : ''}>${escapeHtml(each.text.text)}</option>`,
    )
    .join('');

function drawSearch(chosen: Chosen, attributes: string): string {
  const shown = chosen?.flatMap((each) => each?.text.text ?? []).join(', ') ?? '';
  return `<input type="search" placeholder="${t`Type to search`}" ${attributes} value="${escapeHtml(shown)}">`;
}
