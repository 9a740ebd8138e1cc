/** Slack's Web API over a workspace: refuses what Slack refuses, with Slack's words. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { checkHome, checkMessageBlocks, checkUnfurlBlocks, checkView } from './block-kit.ts';
import { FileServer, fileObject } from './files.ts';
import type { RateLimits } from './rate-limits.ts';
import type { SocketMode } from './socket.ts';
import type { DoubleUser, Workspace } from './workspace.ts';

type Arguments = Readonly<Record<string, string>>;
type Answer = Readonly<Record<string, unknown>>;

const no = (error: string, messages: readonly string[] = []): Answer => ({
  ok: false,
  error,
  ...(messages.length > 0 && { response_metadata: { messages } }),
});

const SCOPE_OF: Readonly<Record<string, string | undefined>> = {
  'auth.test': undefined,
  'chat.postMessage': 'chat:write',
  'chat.postEphemeral': 'chat:write',
  'chat.unfurl': 'links:write',
  'chat.update': 'chat:write',
  'conversations.open': 'im:write',
  'files.info': 'files:read',
  'functions.completeError': undefined,
  'functions.completeSuccess': undefined,
  'users.info': 'users:read',
  'users.lookupByEmail': 'users:read.email',
  'views.open': undefined,
  'views.publish': undefined,
  'views.update': undefined,
  'views.push': undefined,
  'apps.connections.open': undefined,
};

export interface ApiCall {
  readonly method: string;
  readonly args: Arguments;
  /** Slack's error, if it was refused. */
  readonly error: unknown;
}

export interface WebApiOptions {
  readonly workspace: Workspace;
  readonly token: string;
  readonly scopes: Set<string>;
  /** `xapp-…`, for socket mode. */
  readonly appToken: string;
  readonly socketMode: SocketMode;
  /** Left out: it takes any number of calls. */
  readonly limits?: RateLimits | undefined;
}

/**
 * `chat.update` takes a shorter `text` than `chat.postMessage` (gitlab-org/gitlab merge request 258898,
 * pymc-labs/daimon pull request 106).
 */
const UPDATE_TEXT_BYTES = 4000;

/** Of an app with token rotation. */
export const CLIENT = { id: '1.2', secret: 'client-secret' };

interface Planned {
  readonly status: number;
  readonly retryAfter?: number;
  readonly error: string;
  /** In place of an answer of Slack's. */
  readonly page?: string;
}
const ratelimited = (retryAfterSeconds: number): Planned => ({
  status: 429,
  retryAfter: retryAfterSeconds,
  error: 'ratelimited',
});
const retryAfter = ({ retryAfter: seconds }: Planned): Readonly<Record<string, string>> =>
  seconds === undefined ? {} : { 'Retry-After': String(seconds) };

export class WebApi {
  readonly #options: WebApiOptions;
  /** The bot's, which a renewal replaces. */
  #token: string;
  /** Renews it, once. */
  #refreshToken = 'xoxe-1-0';
  readonly #expired = new Set<string>();
  readonly #revoked = new Set<string>();
  readonly #server: Server;
  /** What the next call of a method, or of a response URL (`response`), is answered with, once. */
  readonly #planned = new Map<string, Planned>();
  readonly files: FileServer;
  /** Every call that came in and how it was answered, oldest first. */
  readonly calls: ApiCall[] = [];
  origin = '';

  constructor(options: WebApiOptions) {
    this.#options = options;
    const { workspace, scopes } = options;
    this.#token = options.token;
    this.files = new FileServer(
      workspace.files,
      ({ headers }) =>
        headers.authorization === `Bearer ${this.#token}` && scopes.has('files:read'),
    );
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket) => {
      options.socketMode.accept(request, socket);
      options.workspace.changes.happened();
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('The double has no address');
    this.origin = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#options.socketMode.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get refreshToken(): string {
    return this.#refreshToken;
  }

  /** Ends the bot's token, as after twelve hours. */
  expire(): void {
    this.#expired.add(this.#token);
  }

  /** As when an admin revokes the app's tokens: they end, and what renews them, too. */
  revoke(): void {
    this.#revoked.add(this.#token);
    this.#refreshToken = 'xoxe-1-0-revoked';
  }

  limitNext(method: string, retryAfterSeconds: number): void {
    this.#planned.set(method, ratelimited(retryAfterSeconds));
  }

  /** As a proxy in between answers. */
  breakNext(method: string, status: number): void {
    this.#planned.set(method, { status, error: 'broken' });
  }

  /** As something in between answers that knows nothing of Slack's API. */
  showNext(method: string, page: string): void {
    this.#planned.set(method, { status: 200, error: 'a page', page });
  }

  failNext(method: string, error: string): void {
    this.#planned.set(method, { status: 200, error });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = new URL(request.url ?? '/', this.origin).pathname;
    if (path.startsWith('/response/')) {
      const refusal = this.#planned.get('response');
      this.#planned.delete('response');
      if (refusal) return send(response, refusal.status, no(refusal.error), retryAfter(refusal));
      return this.#respond(path.slice('/response/'.length), body, response);
    }
    if (path === '/' || path.startsWith('/files-pri/'))
      return this.files.serve(path, request, response);

    const method = path.replace('/api/', '');
    const args = readArguments(request, body);
    this.#options.workspace.heard.push(...Object.values(args).map(String));
    const planned = this.#planned.get(method) ?? this.#limited(method, args);
    this.#planned.delete(method);
    const token = request.headers.authorization?.replace('Bearer ', '') ?? args['token'];
    const answer = planned ? no(planned.error) : this.#answer(method, args, token);
    this.calls.push({ method, args, error: answer['error'] });
    send(response, planned?.status ?? 200, planned?.page ?? answer, {
      ...(planned && retryAfter(planned)),
      ...(token === this.#token && {
        'X-OAuth-Scopes': [...this.#options.scopes].join(','),
      }),
    });
    this.#options.workspace.changes.happened();
  }

  #limited(method: string, { channel = '' }: Arguments): Planned | undefined {
    const { limits, workspace } = this.#options;
    const conversation = workspace.users.has(channel) ? workspace.imOf(channel) : channel;
    const seconds = limits?.wait(method, conversation) ?? 0;
    return seconds > 0 ? ratelimited(seconds) : undefined;
  }

  #answer(method: string, args: Arguments, token: string | undefined): Answer {
    const { scopes } = this.#options;
    if (method === 'oauth.v2.access') return this.#renew(args);
    if (token !== undefined && this.#expired.has(token)) return no('token_expired');
    if (token !== undefined && this.#revoked.has(token)) return no('token_revoked');
    if (token === undefined) return no('not_authed');
    if (method.startsWith('functions.')) {
      const step = this.#options.workspace.executions.find((each) => each.token === token);
      if (step) return step.state === 'running' ? this.#finish(method, args) : no('token_revoked');
    }
    const isSocket = method === 'apps.connections.open';
    if (token !== (isSocket ? this.#options.appToken : this.#token)) return no('invalid_auth');
    if (!this.#options.workspace.installed) return no('account_inactive');
    if (!Object.hasOwn(SCOPE_OF, method)) return no('unknown_method');
    const needed = SCOPE_OF[method];
    if (needed !== undefined && !scopes.has(needed))
      return { ...no('missing_scope'), needed, provided: [...scopes].join(',') };
    switch (method) {
      case 'auth.test':
        return this.#authTest();
      case 'chat.postMessage':
        return this.#postMessage(args);
      case 'chat.postEphemeral':
        return this.#postMessage(args, args['user'] ?? '');
      case 'chat.unfurl':
        return this.#unfurl(args);
      case 'chat.update':
        return this.#update(args);
      case 'conversations.open':
        return this.#openConversation(args);
      case 'files.info':
        return this.#fileInfo(args);
      case 'functions.completeError':
      case 'functions.completeSuccess':
        return this.#finish(method, args);
      case 'users.info':
        return this.#userInfo(args);
      case 'users.lookupByEmail':
        return this.#lookUpByEmail(args);
      case 'views.open':
        return this.#openView(args);
      case 'views.publish':
        return this.#publishHome(args);
      case 'views.push':
        return this.#openView(args, true);
      case 'apps.connections.open':
        return { ok: true, url: `${this.origin.replace('http', 'ws')}/link` };
      default:
        return this.#updateView(args);
    }
  }

  #renew(args: Arguments): Answer {
    if (args['client_id'] !== CLIENT.id || args['client_secret'] !== CLIENT.secret)
      return no('bad_client_secret');
    if (args['grant_type'] !== 'refresh_token') return no('invalid_grant_type');
    if (args['refresh_token'] !== this.#refreshToken) return no('invalid_refresh_token');
    const count = Number(this.#refreshToken.split('-').at(-1)) + 1;
    this.#expired.add(this.#token);
    this.#token = `xoxe.xoxb-1-${count}`;
    this.#refreshToken = `xoxe-1-${count}`;
    return {
      ok: true,
      access_token: this.#token,
      refresh_token: this.#refreshToken,
      expires_in: 43_200,
      token_type: 'bot',
    };
  }

  #authTest(): Answer {
    const { teamId, botUserId, botId } = this.#options.workspace;
    return { ok: true, team_id: teamId, user_id: botUserId, bot_id: botId, user: 'latchkey' };
  }

  #postMessage(args: Arguments, ephemeralFor?: string): Answer {
    const { workspace } = this.#options;
    const named = args['channel'] ?? '';
    const to = named === '#general' ? 'C0GENERAL' : named;
    if (ephemeralFor !== undefined && !workspace.users.has(ephemeralFor))
      return no('user_not_in_channel');
    const user = workspace.users.get(to);
    if (user?.bot) return no('cannot_dm_bot');
    if (user?.deleted) return no('user_disabled');
    const channel = user ? workspace.imOf(user.id) : to;
    const known = workspace.channels.get(channel);
    if (!known) return no('channel_not_found');
    if (known.im !== undefined && !workspace.messagesTabEnabled) return no('messages_tab_disabled');
    if (!known.member) return no(known.im === undefined ? 'not_in_channel' : 'channel_not_found');
    const content = readContent(args);
    if (content.error !== undefined) return no(content.error, content.messages);
    const { ts } = workspace.post(channel, content.text, content.blocks, ephemeralFor);
    return { ok: true, channel, ts, message_ts: ts, message: { ts, text: content.text } };
  }

  #update(args: Arguments): Answer {
    const { workspace } = this.#options;
    const channel = args['channel'] ?? '';
    if (!workspace.channels.has(channel)) return no('channel_not_found');
    const message = workspace.messages.find(
      (known) => known.channel === channel && known.ts === args['ts'] && !known.deleted,
    );
    // An ephemeral message can only be changed through its response URL.
    if (!message || message.ephemeralFor !== undefined) return no('message_not_found');
    if (Buffer.byteLength(args['text'] ?? '') > UPDATE_TEXT_BYTES) return no('msg_too_long');
    const content = readContent(args);
    if (content.error !== undefined) return no(content.error, content.messages);
    const rich = (blocks: readonly { readonly type: string }[]) =>
      blocks.some(({ type }) => type === 'rich_text');
    if (rich(message.blocks) && !rich(content.blocks)) return no('block_mismatch');
    workspace.edit(message, content.text, content.blocks);
    return { ok: true, channel, ts: message.ts, text: content.text };
  }

  /** reference/methods/chat.unfurl */
  #unfurl(args: Arguments): Answer {
    const { workspace } = this.#options;
    const { channel, ts, unfurl_id: id, source } = args;
    if (id === undefined && channel === undefined) return no('missing_channel');
    if (id === undefined && ts === undefined) return no('missing_ts');
    if (id !== undefined && source === undefined) return no('missing_source');
    const shared = workspace.shared.find(
      (each) =>
        !each.deleted &&
        (id === undefined
          ? each.source === 'conversations_history' && each.channel === channel && each.ts === ts
          : each.id === id && each.source === source),
    );
    if (!shared) return no('cannot_find_message');
    if (args['unfurls'] === undefined) return no('missing_unfurls');
    const given = unfurls.safeParse(readJson(args['unfurls']));
    if (!given.success) return no('invalid_unfurls_format');
    const drawn = Object.entries(given.data);
    for (const [url, { blocks }] of drawn) {
      if (!shared.urls.includes(url)) return no('cannot_unfurl_message');
      if (!isOfDomains(url, workspace.unfurlDomains)) return no('cannot_unfurl_url');
      const checked = checkUnfurlBlocks(blocks);
      if (!checked.ok) return no(checked.error, checked.messages);
      workspace.unfurl(shared, url, checked.value);
    }
    return { ok: true };
  }

  /** reference/methods/functions.completeSuccess and functions.completeError */
  #finish(method: string, args: Arguments): Answer {
    const execution = this.#options.workspace.executions.find(
      ({ id }) => id === args['function_execution_id'],
    );
    if (!execution) return no('function_execution_not_found');
    if (execution.state !== 'running') return no('execution_not_in_running_state');
    if (method === 'functions.completeError') {
      if (!args['error']) return no('invalid_arguments', ['missing required field: error']);
      execution.state = 'failed';
      execution.error = args['error'];
      return { ok: true };
    }
    const outputs = stepOutputs.safeParse(readJson(args['outputs']));
    if (!outputs.success) return no('parameter_validation_failed');
    execution.state = 'completed';
    execution.outputs = outputs.data;
    return { ok: true };
  }

  #openConversation(args: Arguments): Answer {
    const { workspace } = this.#options;
    const user = workspace.users.get(args['users'] ?? '');
    if (!user) return no('user_not_found');
    if (user.bot) return no('cannot_dm_bot');
    return { ok: true, channel: { id: workspace.imOf(user.id) } };
  }

  #userInfo(args: Arguments): Answer {
    const user = this.#options.workspace.users.get(args['user'] ?? '');
    return user
      ? { ok: true, user: asSlackUser(user, this.#options.scopes) }
      : no('user_not_found');
  }

  #fileInfo(args: Arguments): Answer {
    const { workspace } = this.#options;
    const file = workspace.files.find(({ id }) => id === args['file']);
    if (!file) return no('file_not_found');
    return file.deleted
      ? no('file_deleted')
      : { ok: true, file: fileObject(file, workspace.teamId, this.origin) };
  }

  #lookUpByEmail(args: Arguments): Answer {
    const { workspace, scopes } = this.#options;
    const user = [...workspace.users.values()].find(
      ({ email, deleted }) => email !== undefined && email === args['email'] && !deleted,
    );
    return user ? { ok: true, user: asSlackUser(user, scopes) } : no('users_not_found');
  }

  #openView(args: Arguments, push = false): Answer {
    const { workspace } = this.#options;
    const view = this.#checkView(args);
    if (!view.ok) return no(view.error, view.messages);
    const who = workspace.exchange(args['trigger_id'] ?? '');
    if ('error' in who) return no(who.error);
    const top = push
      ? workspace.modals.findLast((modal) => modal.open && modal.userId === who.userId)
      : undefined;
    const modal = workspace.openModal(who.userId, view.value, top);
    if (!modal) return no('push_limit_reached');
    return { ok: true, view: { id: modal.id, hash: modal.hash, ...modal.view } };
  }

  /** A file input needs a scope ("your app must have the files:read scope"). */
  #checkView(args: Arguments): ReturnType<typeof checkView> {
    const view = checkView(readJson(args['view']));
    const takesFiles =
      view.ok &&
      view.value.blocks.some(
        (block) => block.type === 'input' && block.element.type === 'file_input',
      );
    return takesFiles && !this.#options.scopes.has('files:read')
      ? { ok: false, error: 'missing_scope', messages: [] }
      : view;
  }

  #updateView(args: Arguments): Answer {
    const { workspace } = this.#options;
    const modal = workspace.modals.find(({ id, open }) => open && id === args['view_id']);
    if (!modal) return no('not_found');
    const view = this.#checkView(args);
    if (!view.ok) return no(view.error, view.messages);
    if (args['hash'] !== undefined && args['hash'] !== modal.hash) return no('hash_conflict');
    workspace.updateModal(modal, view.value);
    return { ok: true, view: { id: modal.id, hash: modal.hash, ...modal.view } };
  }

  #publishHome(args: Arguments): Answer {
    const { workspace } = this.#options;
    if (!workspace.homeEnabled) return no('not_enabled');
    const user = workspace.users.get(args['user_id'] ?? '');
    if (!user || user.bot) return no('invalid_arguments', ['invalid `user_id`']);
    const view = checkHome(readJson(args['view']));
    if (!view.ok) return no(view.error, view.messages);
    const shown = workspace.homes.get(user.id);
    if (args['hash'] !== undefined && args['hash'] !== shown?.hash) return no('hash_conflict');
    const { id, hash, view: published } = workspace.publishHome(user.id, view.value);
    return { ok: true, view: { id, hash, ...published } };
  }

  #respond(token: string, body: string, response: ServerResponse): void {
    const { workspace } = this.#options;
    workspace.heard.push(body);
    const url = workspace.useResponseUrl(token);
    if ('error' in url) return send(response, 404, no(url.error));
    const parsed = responseBody.safeParse(readJson(body));
    if (!parsed.success) return send(response, 400, no('invalid_arguments'));
    const { blocks, text, replace_original, response_type } = parsed.data;
    const checked = checkMessageBlocks(blocks ?? []);
    if (!checked.ok) return send(response, 400, no(checked.error, checked.messages));
    if (replace_original && url.message) workspace.edit(url.message, text, checked.value);
    else
      workspace.post(
        url.channel,
        text,
        checked.value,
        response_type === 'in_channel' ? undefined : url.userId,
      );
    send(response, 200, { ok: true });
  }
}

const unfurls = z.record(z.string(), z.strictObject({ blocks: z.unknown() }));

/** Its own hosts count, too. */
const isOfDomains = (url: string, domains: readonly string[]): boolean =>
  domains.some((domain) => `.${new URL(url).hostname}`.endsWith(`.${domain}`));

/** As our manifest declares them. */
const stepOutputs = z.strictObject({ message: z.string() });

const responseBody = z.strictObject({
  text: z.string().min(1),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
});

/** `text` and `blocks` as Slack takes them. */
function readContent(args: Arguments) {
  const text = args['text'] ?? '';
  if (text === '') return { error: 'no_text', messages: [] } as const;
  if (text.length > 40_000) return { error: 'msg_too_long', messages: [] } as const;
  const checked = checkMessageBlocks(readJson(args['blocks']) ?? []);
  return checked.ok
    ? ({ text, blocks: checked.value } as const)
    : ({ error: checked.error, messages: checked.messages } as const);
}

const asSlackUser = (user: DoubleUser, scopes: ReadonlySet<string>) => ({
  id: user.id,
  team_id: user.teamId,
  name: user.name,
  real_name: user.realName,
  deleted: user.deleted,
  is_bot: user.bot,
  is_restricted: user.restricted || user.ultraRestricted,
  is_ultra_restricted: user.ultraRestricted,
  ...(user.emailConfirmed !== undefined && { is_email_confirmed: user.emailConfirmed }),
  ...(user.invited && { is_invited_user: true }),
  ...(user.stranger && { is_stranger: true }),
  profile: {
    real_name: user.realName,
    ...(user.email !== undefined && scopes.has('users:read.email') && { email: user.email }),
  },
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // A request without an encoding gives buffers.
  return Buffer.concat(chunks).toString();
}

function readArguments(request: IncomingMessage, body: string): Arguments {
  if (request.headers['content-type']?.startsWith('application/json'))
    return (readJson(body) as Arguments | undefined) ?? {}; // Checked field by field where it is used.
  return Object.fromEntries(new URLSearchParams(body));
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: Answer | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
