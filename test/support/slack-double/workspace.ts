/** What a Slack workspace holds, as far as an app sees it: users, conversations, messages, modals, triggers. */
import { unreachable } from '../../../src/core/unreachable.ts';
import {
  type DoubleBlock,
  type DoubleHomeView,
  type DoubleView,
  initialOptions,
} from './block-kit.ts';
import { Changes } from './changes.ts';
import { type DoubleFile, newFile } from './files.ts';

export interface DoubleUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email?: string;
  /** Undefined: Slack leaves it out, as its documentation allows. */
  readonly emailConfirmed: boolean | undefined;
  readonly teamId: string;
  readonly bot: boolean;
  readonly restricted: boolean;
  readonly ultraRestricted: boolean;
  /** Has been invited and has not joined. */
  readonly invited: boolean;
  readonly stranger: boolean;
  readonly deleted: boolean;
}

export interface DoubleMessage {
  readonly channel: string;
  readonly ts: string;
  /** Changed by edits; the message object stays the same. */
  blocks: readonly DoubleBlock[];
  text: string;
  edits: number;
  deleted: boolean;
  /** The only user who sees it. */
  readonly ephemeralFor?: string;
}

/** Of one input: `state.values[block_id][action_id]` in Slack's payloads. */
export type InputState = Record<string, unknown> & { readonly type: string };

export interface DoubleModal {
  readonly id: string;
  readonly userId: string;
  readonly depth: number;
  view: DoubleView;
  hash: string;
  open: boolean;
  values: Record<string, Record<string, InputState>>;
  /** As shown beside the inputs, by `block_id`. */
  errors: Readonly<Record<string, string>>;
  /** How often it was updated. */
  updates: number;
}

/** Someone's Home tab. */
export interface DoubleHome {
  readonly id: string;
  readonly userId: string;
  view: DoubleHomeView;
  hash: string;
  /** How often it was published. */
  published: number;
}

/** Links to the app's domains that someone wrote, in the composer or in a message. */
export interface DoubleShared {
  readonly id: string;
  readonly source: 'composer' | 'conversations_history';
  readonly channel: string;
  readonly ts: string;
  readonly userId: string;
  readonly urls: readonly string[];
  /** What stands below them, by address. */
  readonly previews: Map<string, readonly DoubleBlock[]>;
  deleted: boolean;
}

/** One run of the app's step in a workflow. */
export interface DoubleExecution {
  readonly id: string;
  /** It ends with the run. */
  readonly token: string;
  state: 'running' | 'completed' | 'failed';
  outputs: Readonly<Record<string, unknown>>;
  error: string;
}

interface Trigger {
  readonly userId: string;
  readonly expiresAt: number;
  used: boolean;
}
interface ResponseUrl {
  readonly channel: string;
  readonly userId: string;
  readonly expiresAt: number;
  readonly message?: DoubleMessage;
  uses: number;
}

const TRIGGER_MS = 3000;
const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;
const MODAL_STACK = 3;

export class Workspace {
  readonly teamId = 'T0LATCHKEY';
  readonly botUserId = 'U0BOT';
  readonly botId = 'B0BOT';
  readonly users = new Map<string, DoubleUser>();
  readonly channels = new Map<string, { readonly im?: string; readonly member: boolean }>();
  readonly messages: DoubleMessage[] = [];
  readonly modals: DoubleModal[] = [];
  /** By user: who has one published. */
  readonly homes = new Map<string, DoubleHome>();
  /** Whether the app's settings switch its Home tab on. */
  homeEnabled = true;
  /** Whether the app's settings let people write to it, and it to them ("Messages Tab"). */
  messagesTabEnabled = true;
  /** False after an admin has uninstalled the app. */
  installed = true;
  readonly files: DoubleFile[] = [];
  /** The domains of the app's links (`unfurl_domains`). */
  unfurlDomains: readonly string[] = ['latchkey.example.com'];
  readonly shared: DoubleShared[] = [];
  readonly executions: DoubleExecution[] = [];
  /**
   * Everything that the app ever told Slack, in order, as it came: messages and modals in every version, the refused
   * ones too, what went to response URLs, and answers to requests.
   */
  readonly heard: string[] = [];
  readonly changes = new Changes();
  readonly #triggers = new Map<string, Trigger>();
  readonly #responseUrls = new Map<string, ResponseUrl>();
  readonly #now: () => number;
  #serial = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.channels.set('C0GENERAL', { member: true });
  }

  nextId = (prefix: string): string => `${prefix}${String(++this.#serial).padStart(6, '0')}`;
  nextHash = (): string => `${Math.floor(this.#now() / 1000)}.${++this.#serial}`;

  imOf(userId: string): string {
    const id = `D${userId.slice(1)}`;
    if (!this.channels.has(id)) this.channels.set(id, { im: userId, member: true });
    return id;
  }

  post(channel: string, text: string, blocks: readonly DoubleBlock[], ephemeralFor?: string) {
    const ts = `${Math.floor(this.#now() / 1000)}.${String(++this.#serial).padStart(6, '0')}`;
    const message: DoubleMessage = {
      channel,
      ts,
      blocks: withBlockIds(blocks, this.nextId),
      text,
      edits: 0,
      deleted: false,
      ...(ephemeralFor !== undefined && { ephemeralFor }),
    };
    this.messages.push(message);
    this.changes.happened();
    return message;
  }

  edit(message: DoubleMessage, text: string, blocks: readonly DoubleBlock[]): void {
    message.text = text;
    message.blocks = withBlockIds(blocks, this.nextId);
    message.edits++;
    this.changes.happened();
  }

  share(userId: string, about: Pick<DoubleShared, 'source' | 'channel' | 'urls'>): DoubleShared {
    const { channel } = about;
    const ts = this.nextHash();
    const id = this.nextId(`${channel}.${ts}.`);
    const shared = { ...about, id, ts, userId, previews: new Map(), deleted: false };
    this.shared.push(shared);
    return shared;
  }

  unfurl({ previews }: DoubleShared, url: string, blocks: readonly DoubleBlock[]): void {
    previews.set(url, withBlockIds(blocks, this.nextId));
    this.changes.happened();
  }

  execute(): DoubleExecution {
    const id = this.nextId('Fx');
    const execution: DoubleExecution = {
      id,
      token: `xwfp-${id}`,
      state: 'running',
      outputs: {},
      error: '',
    };
    this.executions.push(execution);
    return execution;
  }

  upload(userId: string, name: string, content: string | Uint8Array): DoubleFile {
    const file = newFile({ id: this.nextId('F'), userId, name }, content);
    this.files.push(file);
    return file;
  }

  newTrigger(userId: string): string {
    const id = `${this.nextId('1')}.2.${this.nextId('a')}`;
    this.#triggers.set(id, { userId, expiresAt: this.#now() + TRIGGER_MS, used: false });
    return id;
  }

  /** The user whose trigger it is, or Slack's error. */
  exchange(triggerId: string): { readonly userId: string } | { readonly error: string } {
    const trigger = this.#triggers.get(triggerId);
    if (!trigger) return { error: 'invalid_trigger_id' };
    if (trigger.used) return { error: 'exchanged_trigger_id' };
    if (this.#now() > trigger.expiresAt) return { error: 'expired_trigger_id' };
    trigger.used = true;
    return { userId: trigger.userId };
  }

  newResponseUrl(origin: string, channel: string, userId: string, message?: DoubleMessage): string {
    const token = this.nextId('r');
    this.#responseUrls.set(token, {
      channel,
      userId,
      expiresAt: this.#now() + RESPONSE_URL_MS,
      uses: 0,
      ...(message && { message }),
    });
    return `${origin}/response/${token}`;
  }

  useResponseUrl(token: string): ResponseUrl | { readonly error: string } {
    const url = this.#responseUrls.get(token);
    if (!url) return { error: 'invalid_url' };
    if (this.#now() > url.expiresAt) return { error: 'expired_url' };
    if (url.uses >= RESPONSE_URL_USES) return { error: 'used_url' };
    url.uses++;
    return url;
  }

  /** Undefined when there are three modals already. */
  openModal(userId: string, view: DoubleView, onTopOf?: DoubleModal): DoubleModal | undefined {
    const depth = (onTopOf?.depth ?? 0) + 1;
    if (depth > MODAL_STACK) return undefined;
    const modal: DoubleModal = {
      id: this.nextId('V'),
      userId,
      depth,
      view: identified(view, this.nextId),
      hash: this.nextHash(),
      open: true,
      values: {},
      errors: {},
      updates: 0,
    };
    modal.values = initialValues(modal.view, {});
    this.modals.push(modal);
    this.changes.happened();
    return modal;
  }

  updateModal(modal: DoubleModal, view: DoubleView): void {
    modal.view = identified(view, this.nextId);
    modal.hash = this.nextHash();
    modal.values = initialValues(modal.view, modal.values);
    modal.errors = {};
    modal.updates++;
    this.changes.happened();
  }

  publishHome(userId: string, view: DoubleHomeView): DoubleHome {
    const known = this.homes.get(userId);
    const home: DoubleHome = known ?? {
      id: this.nextId('V'),
      userId,
      view,
      hash: '',
      published: 0,
    };
    home.view = { ...view, blocks: withBlockIds(view.blocks, this.nextId) };
    home.hash = this.nextHash();
    home.published++;
    this.homes.set(userId, home);
    this.changes.happened();
    return home;
  }

  closeModal(modal: DoubleModal): void {
    modal.open = false;
    this.changes.happened();
  }
}

const withBlockIds = (
  blocks: readonly DoubleBlock[],
  nextId: (prefix: string) => string,
): DoubleBlock[] => blocks.map((block) => ({ block_id: nextId('b'), ...block }));

const identified = (view: DoubleView, nextId: (prefix: string) => string): DoubleView => ({
  ...view,
  blocks: withBlockIds(view.blocks, nextId),
});

/** Slack keeps what was typed where an input with the same ids and type is still there. */
function initialValues(view: DoubleView, before: DoubleModal['values']): DoubleModal['values'] {
  const values: DoubleModal['values'] = {};
  for (const block of view.blocks) {
    if (block.type !== 'input' || !block.block_id) continue;
    const { element } = block;
    const actionId = element.action_id ?? '';
    const kept = before[block.block_id]?.[actionId];
    values[block.block_id] = {
      [actionId]: kept?.type === element.type ? kept : emptyState(element),
    };
  }
  return values;
}

function emptyState(element: Extract<DoubleBlock, { type: 'input' }>['element']): InputState {
  switch (element.type) {
    case 'plain_text_input':
      return { type: element.type, value: element.initial_value ?? null };
    case 'datepicker':
      return { type: element.type, selected_date: element.initial_date ?? null };
    case 'users_select':
      return { type: element.type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type: element.type, selected_users: element.initial_users ?? [] };
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type: element.type, selected_option: initialOptions(element)[0] ?? null };
    case 'checkboxes':
    case 'multi_static_select':
    case 'multi_external_select':
      return { type: element.type, selected_options: initialOptions(element) };
    case 'file_input':
      return { type: element.type, files: [] };
    default:
      return unreachable(element);
  }
}
