/** The API over real express, on a port, with tokens of the people of a test. */
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { cards } from '../../../src/bots/features/features.ts';
import { presentWith } from '../../../src/bots/features/requests/prepared-request.ts';
import { MessageSender } from '../../../src/bots/live/message-sender.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { createToken } from '../../../src/engine/tokens/create-token.ts';
import { SCOPES, type Scope } from '../../../src/engine/tokens/token.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import { createVault, KEY_BYTES } from '../../../src/store/vault/vault.ts';
import { openDoor } from '../../../src/web/api/door.ts';
import { apiPages } from '../../../src/web/api/router.ts';
import { type Listening, listen } from '../../../src/web/listen.ts';
import { mcpPages } from '../../../src/web/mcp/router.ts';
import { createWebApp } from '../../../src/web/server.ts';
import { type ChatOn, RecordingPlatform, testChatOn } from '../chat.ts';
import { type TestDatabase, temporaryDatabase } from '../database/database.ts';
import { holdToDocument } from './held-to-document.ts';

const SYSTEM = { kind: 'system' } as const;

/** What tests read of answers by name. */
export interface ApiBody {
  readonly id: string;
  readonly items: readonly ApiItem[];
  readonly next?: string;
  readonly rules?: string;
  readonly type: string;
  readonly detail: string;
  readonly errors: readonly { readonly parameter?: string; readonly pointer?: string }[];
}
export interface ApiItem {
  readonly id: string;
  readonly email: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The same, read as JSON. */
  readonly body: ApiBody;
}

interface Posting {
  /** A token, or a person, who gets a new one. */
  readonly by: Person | string;
  /** The idempotency key. Left out: a new one. */
  readonly key?: string;
}

type ApiChat = ChatOn<Omit<TestDatabase, 'file'>>;
type Open = (now: Clock, onEvent: OnEvent) => Promise<Omit<TestDatabase, 'file'>>;

export interface TestApi {
  readonly chat: ApiChat;
  /** What MCP sends into chat. */
  readonly platform: RecordingPlatform;
  /** `http://127.0.0.1:41234/api/v1` */
  readonly url: string;
  /** What the server has logged as an error. */
  readonly errors: readonly (readonly [error: unknown, where: string])[];
  /** What was counted. */
  readonly counted: string[];
  /** Milliseconds of the rate limits. */
  ticks: number;
  /** A new token of that person. */
  token(person: Person, scopes?: readonly Scope[]): Promise<string>;
  get(path: string, token?: string): Promise<ApiAnswer>;
  send(path: string, init: RequestInit): Promise<ApiAnswer>;
  /** The installation gets another first key, and keeps the one before. */
  changeKey(): void;
  /** A write. */
  post(path: string, body: unknown, how: Posting): Promise<ApiAnswer>;
  close(): Promise<void>;
}

/** @param open what opens an empty database */
export async function testApi(open: Open = temporaryDatabase): Promise<TestApi> {
  const chat: ApiChat = await testChatOn(open);
  const { services } = chat;
  const errors: [unknown, string][] = [];
  const counted: string[] = [];
  let made = 0;
  await services.transact((tx) => changeWorkspaceSettings(tx, { personalTokens: 'everyone' }));
  let app: RequestListener | undefined;
  const server: Listening = await listen((request, response) => app?.(request, response), {
    host: '127.0.0.1',
    port: 0,
  });
  const url = `http://127.0.0.1:${server.port}/api/v1`;
  const clock = { ticks: 0 };
  const onError = (error: unknown, where: string) => errors.push([error, where]);
  const ticks = () => clock.ticks;
  const keys = [randomBytes(KEY_BYTES)];
  let vault = createVault(keys);
  const deps = {
    ...services,
    keyedHash: (text: string) => vault.keyedHash(text),
    isKeyedHash: (hash: string, text: string) => vault.isKeyedHash(hash, text),
    door: openDoor({ ...services, ticks, client: () => 'one' }),
    publicUrl: `http://127.0.0.1:${server.port}`,
    timeZone: 'UTC',
    answered: (route: string, status: number) => void counted.push(`${route} ${status}`),
    onError,
  };
  const platform = new RecordingPlatform();
  const showing = { ...services, timeZone: 'UTC', cards, onError };
  const sender = new MessageSender(showing, [platform], ticks);
  app = createWebApp({
    api: apiPages(deps),
    mcp: mcpPages({
      ...deps,
      ticks,
      version: '1.2.3',
      present: presentWith(sender, services),
    }),
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError,
  });
  const send: TestApi['send'] = async (path, init) => {
    const response = await fetch(path.startsWith('http') ? path : `${url}${path}`, init);
    const text = await response.text();
    holdToDocument(response, { method: init.method, text });
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as ApiBody,
    };
  };
  const token: TestApi['token'] = async (person, scopes = SCOPES) => {
    const wish = { name: `token ${(made += 1)}`, kind: 'personal', ownerId: person.id } as const;
    const created = await services.transact((tx) =>
      createToken(tx, { ...wish, scopes, days: 90 }, { actor: SYSTEM }),
    );
    if (!created.ok) throw new Error(created.why);
    return created.presented;
  };
  let idempotencyKeys = 0;
  return Object.assign(clock, {
    chat,
    platform,
    url,
    errors,
    counted,
    token,
    send,
    changeKey() {
      keys.unshift(randomBytes(KEY_BYTES));
      vault = createVault(keys);
    },
    post: async (
      path: string,
      body: unknown,
      { by, key = `key-${(idempotencyKeys += 1)}` }: Posting,
    ) =>
      send(path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${typeof by === 'string' ? by : await token(by)}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path: string, presented?: string) =>
      send(path, {
        headers: presented === undefined ? {} : { authorization: `Bearer ${presented}` },
      }),
    async close() {
      await server.close(0);
      await chat.cleanup();
    },
  });
}
