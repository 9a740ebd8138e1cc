/**
 * Plays Microsoft's Bot Connector: keeps conversations, messages and members, refuses what Teams refuses, and can
 * be told to fail. Paths, bodies and answers are those of the Bot Connector's published API (`connector-api.ts`).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { validate } from '../official-parser.ts';
import { activitySchema, conversationParameters } from './connector-api.ts';

/** Teams docs, "Limits and specifications". Not ours, so that a limit that we misread shows. */
export const MESSAGE_BYTES = 28 * 1024;

export interface SentMessage {
  readonly conversation: string;
  readonly id: string;
  /** The Adaptive Card as it stands now. */
  card: unknown;
  edits: number;
}

export interface ConnectorMember {
  readonly id: string;
  readonly name: string;
  readonly aadObjectId?: string;
  readonly email?: string;
  readonly userPrincipalName?: string;
  readonly tenantId?: string;
  readonly userRole?: string;
}

export interface Failure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out: an invented one. Null: the answer is a page in HTML. */
  readonly code?: string | null;
}

export interface Connector {
  /** As an activity's `serviceUrl`. */
  readonly url: string;
  readonly messages: SentMessage[];
  /** Of the messages that were sent. */
  readonly summaries: string[];
  /** `METHOD /path` of everything that was asked. */
  readonly requests: string[];
  readonly members: ConnectorMember[];
  /** Conversations that were opened, by member. */
  readonly opened: Map<string, string>;
  /** What the next requests are answered with, in order; undefined where it is as it should be. */
  readonly failures: (Failure | undefined)[];
  /** Conversations that are deleted. */
  readonly gone: Set<string>;
  /** Conversations that the bot was taken out of, or where someone blocked it, with Teams' word for it. */
  readonly closed: Map<string, string>;
  /** True: nobody can be written to who hasn't installed the bot. */
  refuseOpening: boolean;
  /** Resolves with the newest message that is so, as soon as there is one. */
  until(is: (message: SentMessage) => boolean): Promise<SentMessage>;
  /** Resolves with the message once `count` were sent. */
  nth(count: number): Promise<SentMessage>;
  stop(): Promise<void>;
}

/** @param takesToken whether a bearer token is the bot's, and for the Bot Connector; left out: none is needed */
export async function startConnector(takesToken?: (token: string) => boolean): Promise<Connector> {
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    void handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connector: Connector = {
    url: `http://127.0.0.1:${port}/amer/`,
    messages: [],
    summaries: [],
    requests: [],
    members: [],
    opened: new Map(),
    failures: [],
    gone: new Set(),
    closed: new Map(),
    refuseOpening: false,
    async until(is) {
      for (;;) {
        const message = connector.messages.findLast(is);
        if (message) return message;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    nth: (count) => connector.until((message) => connector.messages[count - 1] === message),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    answer(request, response, await read(request));
    for (const wake of waiting.splice(0)) wake();
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: unknown): void {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/amer/, '');
    connector.requests.push(`${request.method} ${path}`);
    const failure = connector.failures.shift();
    if (failure) return fail(response, failure);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (takesToken && !takesToken(token))
      return reply(response, 401, { message: 'Authorization has been denied for this request.' });
    const [, conversation = '', kind, rest] =
      /^\/v3\/conversations(?:\/([^/]+)(?:\/(activities|members)(?:\/(.+))?)?)?$/.exec(path) ?? [];
    if (request.method === 'POST' && conversation === '') return open(response, body);
    if (connector.gone.has(conversation))
      return reply(response, 404, { error: { code: 'ConversationNotFound' } });
    const closed =
      connector.closed.get(conversation) ??
      (conversation.endsWith('@unq.gbl.spaces') ? 'BotNotInConversationRoster' : undefined); // A chat of two people.
    if (closed !== undefined) return reply(response, 403, { error: { code: closed } });
    if (kind === 'members') return member(response, rest ?? '');
    if (kind !== 'activities') return reply(response, 404, { error: { code: 'NotFound' } });
    if (Buffer.byteLength(JSON.stringify(body)) > MESSAGE_BYTES)
      return reply(response, 413, { error: { code: 'MessageSizeTooBig' } });
    const refusal = refuses(body);
    if (refusal) return reply(response, 400, { error: { code: 'BadArgument', message: refusal } });
    if (request.method === 'PUT') return edit(response, conversation, rest ?? '', body);
    if ((body as { type: string }).type === 'typing') return reply(response, 201, {});
    const id = `1700000000${connector.messages.length + 1}`;
    connector.messages.push({ conversation, id, card: cardOf(body), edits: 0 });
    connector.summaries.push((body as { summary?: string }).summary ?? '');
    return reply(response, 201, { id });
  }

  function open(response: ServerResponse, body: unknown): void {
    if (connector.refuseOpening)
      return reply(response, 403, { error: { code: 'ForbiddenOperationException' } });
    const { success, data } = conversationParameters.safeParse(body);
    if (!success) return reply(response, 400, { error: { code: 'BadSyntax' } });
    const [who] = data.members;
    const id = `a:${who?.id}`;
    connector.opened.set(who?.id ?? '', id);
    reply(response, 201, { id });
  }

  function member(response: ServerResponse, id: string): void {
    const found = connector.members.find((one) => one.id === id || one.aadObjectId === id);
    if (found) reply(response, 200, found);
    else reply(response, 404, { error: { code: 'MemberNotFoundInConversation' } });
  }

  function edit(response: ServerResponse, conversation: string, id: string, body: unknown): void {
    const message = connector.messages.find(
      (one) => one.id === id && one.conversation === conversation,
    );
    if (!message)
      return reply(response, 404, { error: { code: 'ActivityNotFoundInConversation' } });
    message.card = cardOf(body);
    message.edits += 1;
    reply(response, 200, { id });
  }
  return connector;
}

function fail(response: ServerResponse, { status, code = 'Scripted', headers }: Failure): void {
  if (code !== null) return reply(response, status, { error: { code } }, headers);
  response.writeHead(status, { 'content-type': 'text/html', ...headers });
  response.end('<html><body>No</body></html>');
}

/** Teams shows nothing for a card that it can't read. */
function refuses(body: unknown): string | undefined {
  const { error } = activitySchema.safeParse(body);
  if (error) return error.message;
  const card = cardOf(body);
  return card === undefined ? undefined : validate(card)[0];
}

const cardOf = (body: unknown): unknown =>
  (body as { attachments?: { content: unknown }[] }).attachments?.[0]?.content;

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
