/**
 * A Slack workspace for tests, built from Slack's documentation: its Web API for the app to call, and users who send the
 * app signed requests. It refuses what Slack refuses.
 */
import { type Delivery, deliver } from './delivery.ts';
import { RateLimits } from './rate-limits.ts';
import { readable } from './readable.ts';
import { SlackUser, type Wire } from './slack-user.ts';
import { SocketMode } from './socket.ts';
import { type ApiCall, WebApi } from './web-api.ts';
import {
  type DoubleExecution,
  type DoubleHome,
  type DoubleMessage,
  type DoubleModal,
  type DoubleUser,
  Workspace,
} from './workspace.ts';

export interface SlackDoubleOptions {
  readonly token?: string;
  readonly signingSecret?: string;
  readonly scopes?: readonly string[];
  /** Milliseconds; for triggers, response URLs and rate limits. */
  readonly now?: () => number;
  /** Whether it takes no more calls a minute, and messages a second, than Slack promises to. */
  readonly isLimited?: boolean;
}

const SCOPES = [
  'commands',
  'chat:write',
  'app_mentions:read',
  'im:write',
  'im:history',
  'files:read',
  'links:read',
  'links:write',
  'users:read',
  'users:read.email',
];

/** The connection ended first. */
const NOT_ACKNOWLEDGED = 0;

export class SlackDouble {
  readonly workspace: Workspace;
  readonly web: WebApi;
  readonly token: string;
  readonly signingSecret: string;
  readonly appToken = 'xapp-test';
  readonly socketMode = new SocketMode();
  /** The app's `POST /slack/events`, set by the test that starts the app; empty: requests go over the socket. */
  eventsUrl = '';
  /** How long a test waits for an acknowledgement; Slack's three seconds where it says nothing. */
  acknowledgeMs: number | undefined;

  private constructor(options: SlackDoubleOptions) {
    this.token = options.token ?? 'xoxb-token-of-the-test';
    this.signingSecret = options.signingSecret ?? 'signing-secret-of-the-test';
    const now = options.now ?? Date.now;
    this.workspace = new Workspace(now);
    const scopes = new Set(options.scopes ?? SCOPES);
    const { workspace, token, appToken, socketMode } = this;
    const limits = options.isLimited === true ? new RateLimits(now) : undefined;
    this.web = new WebApi({ workspace, token, scopes, appToken, socketMode, limits });
  }

  static async start(options: SlackDoubleOptions = {}): Promise<SlackDouble> {
    const double = new SlackDouble(options);
    await double.web.listen();
    return double;
  }

  /** For `SLACK_API_URL`. */
  get apiUrl(): string {
    return `${this.web.origin}/api/`;
  }

  stop(): Promise<void> {
    return this.web.close();
  }

  /** A member with a confirmed address, unless told otherwise. */
  addUser(name: string, more: Partial<DoubleUser> = {}): SlackUser {
    const user: DoubleUser = {
      id: `U0${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`,
      name,
      realName: name,
      email: `${name}@example.com`,
      emailConfirmed: true,
      teamId: this.workspace.teamId,
      bot: false,
      restricted: false,
      ultraRestricted: false,
      invited: false,
      stranger: false,
      deleted: false,
      ...more,
    };
    this.workspace.users.set(user.id, user);
    return new SlackUser(user, this.#wire());
  }

  /** A message that is there or comes: visible in `channel`, further down than `below`, with `text` somewhere in it. */
  message(
    text: string,
    where: {
      readonly channel?: string;
      readonly after?: number;
      readonly below?: DoubleMessage;
    } = {},
  ): Promise<DoubleMessage> {
    return this.nextMessage(
      (message) =>
        readable(message.blocks).includes(text) &&
        (where.channel === undefined || message.channel === where.channel) &&
        (where.below === undefined || message.ts > where.below.ts) &&
        message.edits >= (where.after ?? 0),
    );
  }

  nextMessage(predicate: (message: DoubleMessage) => boolean): Promise<DoubleMessage> {
    return this.workspace.changes.until(
      () => this.workspace.messages.findLast((message) => !message.deleted && predicate(message)),
      () => `for a message; there were\n${this.#transcript()}`,
    );
  }

  /** An open modal that says `text`. */
  modal(text: string): Promise<DoubleModal> {
    return this.nextModal((modal) => readable(modal.view.blocks).includes(text));
  }

  nextModal(predicate: (modal: DoubleModal) => boolean): Promise<DoubleModal> {
    return this.workspace.changes.until(
      () => this.workspace.modals.findLast((modal) => modal.open && predicate(modal)),
      () =>
        `for a modal; there were\n${this.workspace.modals
          .map(({ view, open }) => `${open ? 'open' : 'closed'}: ${readable(view.blocks)}`)
          .join('\n')}`,
    );
  }

  /** Someone's Home tab, as soon as it says `text`. */
  home(of: SlackUser, text: string): Promise<DoubleHome> {
    const shown = () => this.workspace.homes.get(of.id);
    return this.workspace.changes.until(
      () => {
        const home = shown();
        return home && readable(home.view.blocks).includes(text) ? home : undefined;
      },
      () => `for "${text}" in Home; there was\n${readable(shown()?.view.blocks ?? [])}`,
    );
  }

  /**
   * A workflow gets to the app's step.
   * @param more changes of the event
   */
  async runStep(
    inputs: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<DoubleExecution & { readonly delivery: Delivery }> {
    const { workspace } = this;
    const execution = workspace.execute();
    const { id, token } = execution;
    const delivery = await this.#wire().json({
      token: 'verification',
      team_id: workspace.teamId,
      api_app_id: 'A0',
      type: 'event_callback',
      event_id: workspace.nextId('Ev'),
      event_time: 1,
      event: {
        type: 'function_executed',
        function: { id: 'Fn1', callback_id: 'request_access', type: 'app', app_id: 'A0' },
        inputs,
        function_execution_id: id,
        workflow_execution_id: workspace.nextId('Wx'),
        event_ts: workspace.nextHash(),
        bot_access_token: token,
        ...more,
      },
    });
    return Object.assign(execution, { delivery });
  }

  /** That run, as soon as it has ended. */
  ended(execution: DoubleExecution): Promise<DoubleExecution> {
    return this.workspace.changes.until(
      () => (execution.state === 'running' ? undefined : execution),
      () => 'for the end of a step',
    );
  }

  /** The last call of a method, as soon as there is one. */
  call(method: string): Promise<ApiCall> {
    return this.nextCall((call) => call.method === method);
  }

  nextCall(predicate: (call: ApiCall) => boolean): Promise<ApiCall> {
    return this.workspace.changes.until(
      () => this.web.calls.findLast(predicate),
      () => `for a call; there were ${this.web.calls.map(({ method }) => method).join(', ')}`,
    );
  }

  /** Sends a request as Slack does, or with a wrong secret or an old time. */
  async deliver(
    body: string,
    more: {
      readonly contentType?: 'application/json';
      readonly signingSecret?: string;
      readonly timestamp?: number;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Delivery> {
    const answered = await deliver({
      url: this.eventsUrl,
      signingSecret: this.signingSecret,
      contentType: 'application/x-www-form-urlencoded',
      body,
      ...(this.acknowledgeMs !== undefined && { acknowledgeMs: this.acknowledgeMs }),
      ...more,
    });
    this.workspace.heard.push(answered.body);
    return answered;
  }

  #wire(): Wire {
    const { workspace, web } = this;
    return {
      workspace,
      get origin() {
        return web.origin;
      },
      form: (fields) => {
        if (this.eventsUrl) return this.deliver(new URLSearchParams(fields).toString());
        return fields['payload'] === undefined
          ? this.#overSocket('slash_commands', fields)
          : this.#overSocket('interactive', JSON.parse(fields['payload']));
      },
      json: (body) =>
        this.eventsUrl
          ? this.deliver(JSON.stringify(body), { contentType: 'application/json' })
          : this.#overSocket('events_api', body),
    };
  }

  async #overSocket(type: string, payload: unknown): Promise<Delivery> {
    const body = await this.socketMode.send(type, payload);
    if (body === undefined)
      return { status: NOT_ACKNOWLEDGED, body: '', again: () => this.#overSocket(type, payload) };
    this.workspace.heard.push(body);
    return { status: 200, body, again: () => this.#overSocket(type, payload) };
  }

  #transcript(): string {
    return this.workspace.messages
      .map(({ channel, blocks, ephemeralFor }) => {
        const to = ephemeralFor === undefined ? channel : `${channel}, only ${ephemeralFor}`;
        return `[${to}] ${readable(blocks)}`;
      })
      .join('\n');
  }
}
