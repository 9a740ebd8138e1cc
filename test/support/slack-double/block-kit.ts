/**
 * What Slack accepts as blocks and views, written from its reference (docs.slack.dev/reference/block-kit) and not from
 * our renderers: it knows nothing of `src/`, so that a limit we misread shows.
 */
import { z } from 'zod';

const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const text = (max: number) =>
  z.union([
    plain(max),
    z.strictObject({
      type: z.literal('mrkdwn'),
      text: z.string().min(1).max(max),
      verbatim: z.boolean().optional(),
    }),
  ]);
const id = z.string().min(1).max(255);

const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: id.optional(),
  value: z.string().max(2000).optional(),
  url: z.string().max(3000).optional(),
  accessibility_label: z.string().max(75).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

const option = z.strictObject({
  text: plain(75),
  value: z.string().min(1).max(150),
  description: plain(75).optional(),
});
const options = (max: number) => z.array(option).min(1).max(max);
/** reference/block-kit/block-elements/overflow-menu-element */
const overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: id.optional(),
  options: options(5),
});
const select = { action_id: id.optional(), placeholder: plain(150).optional() };
const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  ...select,
  options: options(100),
  initial_option: option.optional(),
});
/** reference/block-kit/block-elements/checkboxes-element */
const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  action_id: id.optional(),
  options: options(10),
  initial_options: options(10).optional(),
});
const pressable = z.discriminatedUnion('type', [button, overflow, checkboxes]);
const inputElement = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('plain_text_input'),
    ...select,
    multiline: z.boolean().optional(),
    initial_value: z.string().min(1).max(3000).optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  }),
  staticSelect,
  z.strictObject({
    type: z.literal('multi_static_select'),
    ...select,
    options: options(100),
    initial_options: options(100).optional(),
  }),
  z.strictObject({
    type: z.literal('external_select'),
    ...select,
    min_query_length: z.int().min(0).optional(),
    initial_option: option.optional(),
  }),
  z.strictObject({
    type: z.literal('multi_external_select'),
    ...select,
    min_query_length: z.int().min(0).optional(),
    initial_options: z.array(option).min(1).optional(),
  }),
  checkboxes,
  z.strictObject({
    type: z.literal('radio_buttons'),
    action_id: id.optional(),
    options: options(10),
    initial_option: option.optional(),
  }),
  z.strictObject({
    type: z.literal('file_input'),
    action_id: id.optional(),
    filetypes: z
      .array(z.string().regex(/^[a-z0-9]+$/i))
      .min(1)
      .optional(),
    max_files: z.int().min(1).max(10).optional(),
  }),
  z.strictObject({
    type: z.literal('users_select'),
    ...select,
    initial_user: z.string().min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('multi_users_select'),
    ...select,
    initial_users: z.array(z.string().min(1)).min(1).optional(),
    max_selected_items: z.int().min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('datepicker'),
    ...select,
    initial_date: z.iso.date().optional(),
  }),
]);

const style = z
  .strictObject({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    strike: z.boolean().optional(),
    code: z.boolean().optional(),
  })
  .optional();
const richElement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(3000), style }),
  z.strictObject({
    type: z.literal('link'),
    url: z.string().min(1).max(3000),
    text: z.string().min(1).max(3000).optional(),
    style,
  }),
  z.strictObject({ type: z.literal('user'), user_id: z.string(), style }),
]);
const section = z.strictObject({
  type: z.literal('rich_text_section'),
  elements: z.array(richElement).min(1),
});

const block_id = id.optional();
const messageBlocks = [
  z.strictObject({ type: z.literal('header'), block_id, text: plain(150) }),
  z.strictObject({ type: z.literal('divider'), block_id }),
  z.strictObject({
    type: z.literal('section'),
    block_id,
    text: text(3000).optional(),
    fields: z.array(text(2000)).min(1).max(10).optional(),
    accessory: pressable.optional(),
  }),
  z.strictObject({
    type: z.literal('context'),
    block_id,
    elements: z.array(text(3000)).min(1).max(10),
  }),
  z.strictObject({
    type: z.literal('actions'),
    block_id,
    elements: z.array(pressable).min(1).max(25),
  }),
  z.strictObject({ type: z.literal('rich_text'), block_id, elements: z.array(section).min(1) }),
] as const;
const input = z.strictObject({
  type: z.literal('input'),
  block_id,
  label: plain(2000),
  hint: plain(2000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
  element: inputElement,
});

const messageBlock = z.discriminatedUnion('type', [...messageBlocks]);
const viewBlock = z.discriminatedUnion('type', [...messageBlocks, input]);
const view = z.strictObject({
  type: z.literal('modal'),
  title: plain(24),
  submit: plain(24).optional(),
  close: plain(24).optional(),
  blocks: z.array(viewBlock).max(100),
  callback_id: z.string().max(255).optional(),
  private_metadata: z.string().max(3000).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  external_id: z.string().max(255).optional(),
});

/** reference/views/home-tab-views: neither title nor buttons of its own, nor what only a window has. */
const home = z.strictObject({
  type: z.literal('home'),
  blocks: z.array(viewBlock).max(100),
  callback_id: z.string().max(255).optional(),
  private_metadata: z.string().max(3000).optional(),
  external_id: z.string().max(255).optional(),
});

export type DoubleBlock = z.infer<typeof viewBlock>;
export type DoubleText = z.infer<ReturnType<typeof text>>;
export type DoubleElement = z.infer<typeof pressable>;
export type DoubleHomeView = z.infer<typeof home>;
export type DoubleView = z.infer<typeof view>;
export type DoubleOption = z.infer<typeof option>;
export type InputBlock = z.infer<typeof input>;

/** Blocks above some 13,200 characters, containers included, are `msg_blocks_too_long` (bolt-js issue 2509). */
const MESSAGE_CHARACTERS = 13_200;
const VIEW_BYTES = 250_000;

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string; readonly messages: readonly string[] };

/** Half of a character that two UTF-16 units make: JSON escapes it, and Slack can't read that (erikdarlingdata/PerformanceMonitor issue 3622). */
const hasHalves = (value: unknown): boolean =>
  typeof value === 'string'
    ? /\p{Surrogate}/u.test(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasHalves);

const halves = (error: string) =>
  ({ ok: false, error, messages: ['[ERROR] half of a character'] }) as const;

export function checkMessageBlocks(blocks: unknown): Checked<DoubleBlock[]> {
  if (hasHalves(blocks)) return halves('invalid_blocks');
  const parsed = z.array(messageBlock).max(50).safeParse(blocks);
  if (!parsed.success) return refused('invalid_blocks', parsed.error, '/blocks');
  const messages = [...repetitions(parsed.data), ...emptySections(parsed.data)];
  if (messages.length > 0) return { ok: false, error: 'invalid_blocks', messages };
  return slackLength(parsed.data) > MESSAGE_CHARACTERS
    ? { ok: false, error: 'msg_blocks_too_long', messages: [] }
    : { ok: true, value: parsed.data };
}

/** Slack refuses rich text below links (github.com/slackapi/java-slack-sdk issue 948). */
export function checkUnfurlBlocks(blocks: unknown): Checked<DoubleBlock[]> {
  const checked = checkMessageBlocks(blocks);
  return checked.ok && (checked.value.length === 0 || checked.value.some(isRich))
    ? { ok: false, error: 'invalid_blocks', messages: [] }
    : checked;
}

const isRich = ({ type }: DoubleBlock): boolean => type === 'rich_text';

export function checkView(given: unknown): Checked<DoubleView> {
  if (hasHalves(given)) return halves('invalid_arguments');
  if (Buffer.byteLength(JSON.stringify(given) ?? '') > VIEW_BYTES)
    return { ok: false, error: 'view_too_large', messages: [] };
  const parsed = view.safeParse(given);
  if (!parsed.success) return refused('invalid_arguments', parsed.error, '/view');
  const messages = wrongAmong(parsed.data.blocks);
  if (parsed.data.blocks.some(({ type }) => type === 'input') && !parsed.data.submit)
    messages.push('[ERROR] missing required field: submit [json-pointer:/view]');
  return messages.length > 0
    ? { ok: false, error: 'invalid_arguments', messages }
    : { ok: true, value: parsed.data };
}

export function checkHome(given: unknown): Checked<DoubleHomeView> {
  if (hasHalves(given)) return halves('invalid_arguments');
  if (Buffer.byteLength(JSON.stringify(given) ?? '') > VIEW_BYTES)
    return { ok: false, error: 'view_too_large', messages: [] };
  const parsed = home.safeParse(given);
  if (!parsed.success) return refused('invalid_arguments', parsed.error, '/view');
  const messages = wrongAmong(parsed.data.blocks);
  return messages.length > 0
    ? { ok: false, error: 'invalid_arguments', messages }
    : { ok: true, value: parsed.data };
}

/** What an app may answer a type-ahead with. */
export const checkOptions = (given: unknown) =>
  z.strictObject({ options: z.array(option).max(100) }).safeParse(given);

function repetitions(blocks: readonly DoubleBlock[]): string[] {
  const blockIds = blocks.flatMap((block) => (block.block_id ? [block.block_id] : []));
  const actionIds = blocks.flatMap((block, index) =>
    block.type === 'actions'
      ? block.elements.flatMap(({ action_id }) => (action_id ? [`${index} ${action_id}`] : []))
      : [],
  );
  return [
    ...repeated(blockIds).map((value) => `[ERROR] \`block_id\` ${value} already exists`),
    ...repeated(actionIds).map((value) => `[ERROR] \`action_id\` ${value} already exists`),
  ];
}

/** reference/block-kit/blocks/section-block: `text` is required unless there are `fields`. */
const emptySections = (blocks: readonly DoubleBlock[]): string[] =>
  blocks.flatMap((block) =>
    block.type === 'section' && !block.text && !block.fields
      ? ['[ERROR] missing required field: text']
      : [],
  );

const wrongAmong = (blocks: readonly DoubleBlock[]): string[] => [
  ...repetitions(blocks),
  ...emptySections(blocks),
  ...strayInitials(blocks),
];

/** What is chosen at first must be among the options, exactly. */
const strayInitials = (blocks: readonly DoubleBlock[]): string[] =>
  blocks.flatMap((block) => {
    if (block.type !== 'input' || !('options' in block.element)) return [];
    const known = new Set(block.element.options.map((one) => JSON.stringify(one)));
    return initialOptions(block.element).every((one) => known.has(JSON.stringify(one)))
      ? []
      : ['[ERROR] `initial_option` must be one of the options'];
  });

/** The options that an input shows as chosen when it opens. */
export const initialOptions = (element: InputBlock['element']): readonly DoubleOption[] =>
  'initial_options' in element
    ? (element.initial_options ?? [])
    : 'initial_option' in element && element.initial_option
      ? [element.initial_option]
      : [];

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

/** Slack keeps `&`, `<` and `>` escaped. */
const slackLength = (value: unknown): number =>
  JSON.stringify(value).replace(/[&<>]/g, (character) => (character === '&' ? '&amp;' : '&lt;'))
    .length;

function refused(error: string, { issues }: z.ZodError, root: string) {
  const messages = issues.map(
    ({ message, path }) =>
      `[ERROR] ${message} [json-pointer:${[root, ...path.map(String)].join('/')}]`,
  );
  return { ok: false, error, messages } as const;
}
