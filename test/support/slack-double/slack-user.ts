/** Someone who uses Slack: types commands, presses buttons, fills forms, as Slack's clients do. */
import { z } from 'zod';
import { unreachable } from '../../../src/core/unreachable.ts';
import {
  checkOptions,
  checkView,
  type DoubleBlock,
  type DoubleElement,
  type DoubleView,
  type InputBlock,
} from './block-kit.ts';
import type { Delivery } from './delivery.ts';
import { checkChoice, type DoubleFile, fileObject } from './files.ts';
import { readable } from './readable.ts';
import type {
  DoubleHome,
  DoubleMessage,
  DoubleModal,
  DoubleShared,
  DoubleUser,
  InputState,
  Workspace,
} from './workspace.ts';

/** How a user's requests reach the app. */
export interface Wire {
  readonly workspace: Workspace;
  readonly origin: string;
  form(fields: Readonly<Record<string, string>>): Promise<Delivery>;
  json(body: unknown): Promise<Delivery>;
}

const interactionAnswer = z.union([
  z.strictObject({
    response_action: z.literal('errors'),
    errors: z.record(z.string(), z.string()),
  }),
  z.strictObject({ response_action: z.literal('update'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('push'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('clear') }),
]);

/** What an input is filled with: a text or date, what options show, or an uploaded file. */
type Filling = string | readonly string[] | DoubleFile;

type Offered = readonly { readonly text: { readonly text: string }; readonly value: string }[];

export class SlackUser {
  readonly id: string;
  readonly name: string;
  readonly #wire: Wire;
  /** The options of type-aheads as this user last saw them. */
  readonly #offered = new Map<string, Offered>();
  #presses = 0;

  constructor(user: DoubleUser, wire: Wire) {
    this.id = user.id;
    this.name = user.name;
    this.#wire = wire;
  }

  get direct(): string {
    return this.#wire.workspace.imOf(this.id);
  }

  /** How often they pressed a button or sent a form since this was last asked. */
  presses(): number {
    const presses = this.#presses;
    this.#presses = 0;
    return presses;
  }

  /** Types `/latchkey <text>`; `@name` of a known user becomes a mention, as with `should_escape`. */
  command(text: string, channel = 'C0GENERAL'): Promise<Delivery> {
    const { workspace, origin } = this.#wire;
    return this.#wire.form({
      token: 'verification',
      team_id: workspace.teamId,
      channel_id: channel,
      channel_name: channel.startsWith('D') ? 'directmessage' : 'general',
      user_id: this.id,
      user_name: this.name,
      command: '/latchkey',
      text: this.#escape(text, true),
      api_app_id: 'A0',
      response_url: workspace.newResponseUrl(origin, channel, this.id),
      trigger_id: workspace.newTrigger(this.id),
    });
  }

  /** Writes to the bot in their direct conversation. */
  write(text: string, more: Readonly<Record<string, unknown>> = {}): Promise<Delivery> {
    return this.#event({
      type: 'message',
      channel_type: 'im',
      channel: this.direct,
      user: this.id,
      text: this.#escape(text, false),
      ts: this.#wire.workspace.nextHash(),
      ...more,
    });
  }

  /** Mentions the bot in a channel. Slack's app hears that where it is a member and has the scope for it. */
  mention(
    text: string,
    {
      channel = 'C0GENERAL',
      ...more
    }: Readonly<Record<string, unknown>> & { channel?: string } = {},
  ): Promise<Delivery> {
    const { botUserId, nextHash } = this.#wire.workspace;
    return this.#event({
      type: 'app_mention',
      channel,
      user: this.id,
      text: this.#escape(text, false).replace('@latchkey', `<@${botUserId}>`),
      ts: nextHash.call(this.#wire.workspace),
      ...more,
    });
  }

  /** Writes links in a channel. Slack's app hears of those to its domains. */
  async share(
    urls: readonly string[],
    {
      channel = 'C0GENERAL',
      source = 'conversations_history',
      ...more
    }: Readonly<Record<string, unknown>> & Partial<Pick<DoubleShared, 'channel' | 'source'>> = {},
  ): Promise<DoubleShared & { readonly delivery: Delivery }> {
    const { workspace } = this.#wire;
    const shared = workspace.share(this.id, { urls, channel, source });
    const delivery = await this.#event({
      type: 'link_shared',
      user: this.id,
      channel: source === 'composer' ? 'COMPOSER' : channel,
      is_bot_user_member: true,
      message_ts: source === 'composer' ? `${shared.id}-composer` : shared.ts,
      unfurl_id: shared.id,
      source,
      links: urls.map((url) => ({ domain: new URL(url).hostname, url })),
      event_ts: workspace.nextHash(),
      ...more,
    });
    return Object.assign(shared, { delivery });
  }

  /** Presses a button below a link that someone wrote. */
  pressBelow(shared: DoubleShared, label: string): Promise<Delivery> {
    this.#presses += 1;
    const { workspace, origin } = this.#wire;
    const { channel, ts, userId, previews } = shared;
    return this.#interact({
      type: 'block_actions',
      trigger_id: workspace.newTrigger(this.id),
      response_url: workspace.newResponseUrl(origin, channel, this.id),
      channel: { id: channel, name: 'somewhere' },
      container: {
        type: 'message_attachment',
        message_ts: ts,
        attachment_id: 1,
        channel_id: channel,
        is_ephemeral: false,
        is_app_unfurl: true,
      },
      app_unfurl: { id: 1, is_app_unfurl: true },
      message: { type: 'message', ts, text: shared.urls.join(' '), user: userId },
      actions: [buttonPayload([...previews.values()].flat(), label)],
    });
  }

  /** Uninstalls the app, as an admin. Slack says so in two events. */
  async uninstall(): Promise<void> {
    const { workspace } = this.#wire;
    workspace.installed = false;
    await this.revokeTokens({ oauth: [], bot: [workspace.botUserId] });
    await this.#event({ type: 'app_uninstalled' });
  }

  /** By the ids of their users. */
  revokeTokens(tokens: { readonly oauth: readonly string[]; readonly bot: readonly string[] }) {
    return this.#event({ type: 'tokens_revoked', tokens });
  }

  /** Uploads a file, to be chosen in a modal or sent with a message. */
  upload(name: string, content: string | Uint8Array): DoubleFile {
    return this.#wire.workspace.upload(this.id, name, content);
  }

  /** Writes to the bot, with files; of a file from another workspace Slack tells only that it must be asked for. */
  writeWith(
    text: string,
    files: readonly DoubleFile[],
    how: { readonly fromElsewhere?: boolean } = {},
  ): Promise<Delivery> {
    const { workspace, origin } = this.#wire;
    return this.write(text, {
      subtype: 'file_share',
      upload: false,
      files: files.map((file) =>
        how.fromElsewhere
          ? { id: file.id, mode: 'file_access', file_access: 'check_file_info' }
          : fileObject(file, workspace.teamId, origin),
      ),
    });
  }

  /** Joins the workspace, as far as the app can see. */
  join(): Promise<Delivery> {
    const { workspace } = this.#wire;
    const user = workspace.users.get(this.id);
    if (!user) throw new Error('This user is not in the workspace');
    return this.#event({
      type: 'team_join',
      user: {
        id: user.id,
        team_id: user.teamId,
        name: user.name,
        real_name: user.realName,
        deleted: user.deleted,
        is_bot: user.bot,
        is_restricted: user.restricted,
        profile: { real_name: user.realName },
      },
      cache_ts: 1,
      event_ts: workspace.nextHash(),
    });
  }

  /** Opens a tab of the app. */
  openTab(tab: 'home' | 'messages' = 'home'): Promise<Delivery> {
    const { workspace } = this.#wire;
    const home = tab === 'home' ? workspace.homes.get(this.id) : undefined;
    return this.#event({
      type: 'app_home_opened',
      user: this.id,
      channel: this.direct,
      tab,
      event_ts: workspace.nextHash(),
      ...(home && { view: this.#homePayload(home) }),
    });
  }

  /** Presses a button of their Home tab. */
  pressAtHome(label: string): Promise<Delivery> {
    this.#presses += 1;
    const { workspace } = this.#wire;
    const home = workspace.homes.get(this.id);
    if (!home) throw new Error('Their Home tab is empty');
    return this.#interact({
      type: 'block_actions',
      trigger_id: workspace.newTrigger(this.id),
      container: { type: 'view', view_id: home.id },
      view: this.#homePayload(home),
      actions: [buttonPayload(home.view.blocks, label)],
    });
  }

  /** Uses a global shortcut. */
  shortcut(callbackId: string): Promise<Delivery> {
    return this.#interact({
      type: 'shortcut',
      callback_id: callbackId,
      trigger_id: this.#wire.workspace.newTrigger(this.id),
    });
  }

  /** Uses a shortcut on a message that `author` wrote in a channel. */
  messageShortcut(callbackId: string, author: SlackUser | 'an app'): Promise<Delivery> {
    const { workspace, origin } = this.#wire;
    return this.#interact({
      type: 'message_action',
      callback_id: callbackId,
      trigger_id: workspace.newTrigger(this.id),
      response_url: workspace.newResponseUrl(origin, 'C0GENERAL', this.id),
      channel: { id: 'C0GENERAL', name: 'general' },
      message_ts: '1.1',
      message: {
        type: 'message',
        ts: '1.1',
        text: 'Hello',
        ...(author === 'an app'
          ? { subtype: 'bot_message', bot_id: 'B0OTHER', username: 'Other' }
          : { user: author.id }),
      },
    });
  }

  /** Presses the button of a message. */
  press(message: DoubleMessage, label: string): Promise<Delivery> {
    this.#presses += 1;
    const { workspace, origin } = this.#wire;
    const ephemeral = message.ephemeralFor !== undefined;
    return this.#interact({
      type: 'block_actions',
      trigger_id: workspace.newTrigger(this.id),
      response_url: workspace.newResponseUrl(origin, message.channel, this.id, message),
      channel: { id: message.channel, name: 'somewhere' },
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: message.channel,
        is_ephemeral: ephemeral,
      },
      ...(!ephemeral && {
        message: {
          type: 'message',
          ts: message.ts,
          text: message.text,
          blocks: message.blocks,
          bot_id: workspace.botId,
        },
      }),
      actions: [buttonPayload(message.blocks, label)],
    });
  }

  /** Presses a button inside a modal. */
  pressIn(modal: DoubleModal, label: string): Promise<Delivery> {
    this.#presses += 1;
    return this.#interact({
      type: 'block_actions',
      trigger_id: this.#wire.workspace.newTrigger(this.id),
      container: { type: 'view', view_id: modal.id },
      view: this.#viewPayload(modal),
      actions: [buttonPayload(modal.view.blocks, label)],
    });
  }

  /** Their open modal with this field, once it is there. They try again where an app hasn't brought its choices in time. */
  async form(label: string): Promise<DoubleModal> {
    const { changes, modals } = this.#wire.workspace;
    const open = () => modals.filter((modal) => modal.open && modal.userId === this.id);
    const isReady = ({ view }: DoubleModal) =>
      view.blocks.some((block) => block.type === 'input' && block.label.text === label);
    const presses = this.#presses; // On a machine that isn't busy there are none of these.
    for (let tried: DoubleView | undefined; ; ) {
      const isLate = ({ view }: DoubleModal) =>
        view !== tried && readable(view.blocks).includes("hasn't answered yet");
      const modal = await changes.until(
        () => open().findLast((each) => isReady(each) || isLate(each)),
        () =>
          `for "${label}"; open were\n${open()
            .map(({ view }) => readable(view.blocks))
            .join('\n')}`,
      );
      if (isReady(modal)) {
        this.#presses = presses;
        return modal;
      }
      tried = modal.view;
      await this.pressIn(modal, 'Try again');
    }
  }

  /** Fills inputs by label: text and dates as text, choices by what they show (several as a list). */
  fill(modal: DoubleModal, answers: Readonly<Record<string, Filling>>): void {
    for (const [label, answer] of Object.entries(answers)) {
      const block = inputOf(modal, label);
      const { element } = block;
      const set = (state: Record<string, unknown>) => {
        modal.values[block.block_id ?? ''] = {
          [element.action_id ?? '']: { ...state, type: element.type } satisfies InputState,
        };
      };
      if (typeof answer === 'object' && 'bytes' in answer) {
        if (element.type !== 'file_input') throw new Error(`"${label}" takes no file`);
        checkChoice(answer, element.filetypes);
        const { workspace, origin } = this.#wire;
        set({ files: [fileObject(answer, workspace.teamId, origin)] });
        continue;
      }
      switch (element.type) {
        case 'file_input':
          throw new Error(`"${label}" takes a file`);
        case 'plain_text_input':
          set({ value: answer });
          break;
        case 'datepicker':
          set({ selected_date: answer });
          break;
        case 'users_select':
          set({ selected_user: this.#userNamed(String(answer)) });
          break;
        case 'multi_users_select':
          set({ selected_users: [answer].flat().map((name) => this.#userNamed(name)) });
          break;
        case 'static_select':
        case 'radio_buttons':
        case 'external_select':
          set({ selected_option: this.#option(modal, block, String(answer)) });
          break;
        case 'checkboxes':
        case 'multi_static_select':
        case 'multi_external_select':
          set({
            selected_options: [answer].flat().map((text) => this.#option(modal, block, text)),
          });
          break;
        default:
          unreachable(element);
      }
    }
  }

  /** Types into a type-ahead; gives what it then offers. */
  async type(modal: DoubleModal, label: string, typed: string): Promise<readonly string[]> {
    const block = inputOf(modal, label);
    const { body, status } = await this.#interact({
      type: 'block_suggestion',
      block_id: block.block_id,
      action_id: block.element.action_id,
      value: typed,
      container: { type: 'view', view_id: modal.id },
      view: this.#viewPayload(modal),
    });
    const answer = checkOptions(JSON.parse(body));
    if (status !== 200 || !answer.success)
      throw new Error(`Slack refuses these options: ${body.slice(0, 500)}`);
    this.#offered.set(`${modal.id} ${block.block_id}`, answer.data.options);
    return answer.data.options.map(({ text }) => text.text);
  }

  /** Presses the modal's submit button, and does with the answer what Slack does. */
  async submit(modal: DoubleModal): Promise<Delivery> {
    this.#presses += 1;
    if (!modal.open) throw new Error('This modal is closed');
    if (!modal.view.submit) throw new Error('This modal has no submit button');
    const blank = modal.view.blocks.find(
      (block) => block.type === 'input' && !block.optional && isBlank(modal, block),
    );
    if (blank?.type === 'input') throw new Error(`"${blank.label.text}" is required`);
    const delivery = await this.submitUnchecked(modal);
    this.#applyAnswer(modal, delivery);
    return delivery;
  }

  /** Sends the submission without what Slack's client checks, and without showing its outcome. */
  submitUnchecked(
    modal: DoubleModal,
    forged: Readonly<Record<string, unknown>> = {},
  ): Promise<Delivery> {
    return this.#interact({
      type: 'view_submission',
      trigger_id: this.#wire.workspace.newTrigger(this.id),
      view: { ...this.#viewPayload(modal), ...forged },
    });
  }

  close(modal: DoubleModal): void {
    this.#wire.workspace.closeModal(modal);
  }

  /** Sends an interaction that no client made. */
  forge(payload: Readonly<Record<string, unknown>>): Promise<Delivery> {
    return this.#interact(payload);
  }

  #applyAnswer(modal: DoubleModal, { status, body }: Delivery): void {
    const { workspace } = this.#wire;
    if (status !== 200) throw new Error(`Slack shows "We had some trouble connecting": ${status}`);
    if (body === '') return workspace.closeModal(modal);
    const answer = interactionAnswer.parse(JSON.parse(body));
    switch (answer.response_action) {
      case 'errors': {
        const unknown = Object.keys(answer.errors).filter((id) => !modal.values[id]);
        if (unknown.length > 0) throw new Error(`Errors for no input: ${unknown.join(', ')}`);
        modal.errors = answer.errors;
        return workspace.changes.happened();
      }
      case 'update':
      case 'push': {
        const view = checkView(answer.view);
        if (!view.ok) throw new Error(`Slack refuses this view: ${view.messages.join('; ')}`);
        return workspace.updateModal(modal, view.value);
      }
      case 'clear':
        return workspace.closeModal(modal);
      default:
        return unreachable(answer);
    }
  }

  #event(event: Readonly<Record<string, unknown>>): Promise<Delivery> {
    const { workspace } = this.#wire;
    return this.#wire.json({
      token: 'verification',
      team_id: workspace.teamId,
      api_app_id: 'A0',
      type: 'event_callback',
      event_id: workspace.nextId('Ev'),
      event_time: 1,
      authorizations: [{ team_id: workspace.teamId, user_id: workspace.botUserId, is_bot: true }],
      event,
    });
  }

  #option(modal: DoubleModal, block: InputBlock, text: string) {
    const { element } = block;
    const offered: Offered =
      'options' in element
        ? element.options
        : (this.#offered.get(`${modal.id} ${block.block_id}`) ?? []);
    const option = offered.find((known) => known.text.text === text);
    if (!option) throw new Error(`"${text}" is not offered by "${block.label.text}"`);
    return option;
  }

  #userNamed(name: string): string {
    const users = [...this.#wire.workspace.users.values()];
    const user = users.find((known) => known.name === name && !known.deleted);
    if (!user) throw new Error(`Nobody in the workspace is called "${name}"`);
    return user.id;
  }

  #viewPayload(modal: DoubleModal) {
    const { teamId, botId } = this.#wire.workspace;
    return {
      id: modal.id,
      team_id: teamId,
      app_id: 'A0',
      bot_id: botId,
      hash: modal.hash,
      root_view_id: modal.id,
      previous_view_id: null,
      private_metadata: '',
      callback_id: '',
      ...modal.view,
      state: { values: modal.values },
    };
  }

  #homePayload({ id, hash, view }: DoubleHome) {
    const { teamId, botId } = this.#wire.workspace;
    return {
      id,
      team_id: teamId,
      app_id: 'A0',
      app_installed_team_id: teamId,
      bot_id: botId,
      hash,
      root_view_id: id,
      previous_view_id: null,
      private_metadata: '',
      callback_id: '',
      external_id: '',
      title: { type: 'plain_text', text: 'View Title' },
      close: null,
      submit: null,
      clear_on_close: false,
      notify_on_close: false,
      ...view,
      state: { values: {} },
    };
  }

  #interact(payload: Readonly<Record<string, unknown>>): Promise<Delivery> {
    const { workspace } = this.#wire;
    const whole = {
      token: 'verification',
      api_app_id: 'A0',
      team: { id: workspace.teamId, domain: 'latchkey' },
      user: { id: this.id, username: this.name, name: this.name, team_id: workspace.teamId },
      ...payload,
    };
    return this.#wire.form({ payload: JSON.stringify(whole) });
  }

  /** What Slack makes of typed text: markup escaped, mentions and addresses tagged. */
  #escape(text: string, named: boolean): string {
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return escaped
      .replaceAll(/[\w.+-]+@[\w-]+\.[\w.]+/g, (mail) => `<mailto:${mail}|${mail}>`)
      .replaceAll(/(?<=^|\s)@([\w.-]+)/g, (whole, name: string) => {
        const user = [...this.#wire.workspace.users.values()].find((known) => known.name === name);
        if (!user) return whole;
        return named ? `<@${user.id}|${name}>` : `<@${user.id}>`;
      });
  }
}

function inputOf(modal: DoubleModal, label: string): InputBlock {
  const block = modal.view.blocks.find(
    (known) => known.type === 'input' && known.label.text === label,
  );
  if (block?.type !== 'input') throw new Error(`The modal has no input "${label}"`);
  return block;
}

function isBlank(modal: DoubleModal, block: InputBlock): boolean {
  const state = modal.values[block.block_id ?? '']?.[block.element.action_id ?? ''];
  return !(
    state?.['value'] ||
    state?.['selected_date'] ||
    state?.['selected_user'] ||
    state?.['selected_option'] ||
    (Array.isArray(state?.['files']) && state['files'].length > 0) ||
    (Array.isArray(state?.['selected_options']) && state['selected_options'].length > 0)
  );
}

/**
 * What pressing a button sends, choosing from a menu, or clicking a checkbox.
 * @param label what is written on the button, or what is heard of it
 */
function buttonPayload(blocks: readonly DoubleBlock[], label: string) {
  for (const block of blocks) {
    for (const element of elementsOf(block)) {
      const sent = { block_id: block.block_id, action_ts: '1.1' };
      if (element.type === 'button') {
        if (element.text.text === label || element.accessibility_label === label)
          return { ...element, ...sent };
        continue;
      }
      const selected_option = element.options.find(({ text }) => text.text === label);
      const { type, action_id } = element;
      if (selected_option && element.type === 'checkboxes') {
        const before = element.initial_options ?? [];
        const after = before.filter(({ value }) => value !== selected_option.value);
        const selected_options =
          after.length < before.length ? after : [...before, selected_option];
        return { type, action_id, selected_options, ...sent };
      }
      if (selected_option) return { type, action_id, selected_option, ...sent };
    }
  }
  throw new Error(`There is no button "${label}"`);
}

const elementsOf = (block: DoubleBlock): readonly DoubleElement[] => {
  if (block.type === 'actions') return block.elements;
  return block.type === 'section' && block.accessory ? [block.accessory] : [];
};
