/** The web pages over real express, opened as people do: from chat, by a link whose number they confirm. */
import type { RequestListener } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { itemForms } from '../../../src/app/item-forms.ts';
import { openEditor } from '../../../src/app/manifest-editor.ts';
import { overviewWords } from '../../../src/app/overview-words.ts';
import { cards } from '../../../src/bots/features/features.ts';
import { pageResult } from '../../../src/bots/features/integrations/page-result.ts';
import {
  confirmLinkNumber,
  linkQuestion,
} from '../../../src/bots/features/messages/confirm-link.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { createTokens, redirectUrls, type Tokens } from '../../../src/engine/calls/oauth.ts';
import type { LinkPurpose } from '../../../src/engine/links/link.ts';
import { issueLink } from '../../../src/engine/links/links.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { revealToken } from '../../../src/engine/tokens/reveal-token.ts';
import { claimJobs, finishJobs } from '../../../src/store/queue/queue.ts';
import { bundlePages } from '../../../src/web/bundles/router.ts';
import { exportPages } from '../../../src/web/exports.ts';
import { linkPages } from '../../../src/web/links.ts';
import { type Listening, listen } from '../../../src/web/listen.ts';
import { oauthPages } from '../../../src/web/oauth.ts';
import { overviewPages } from '../../../src/web/overview/router.ts';
import { inChosenLanguage } from '../../../src/web/reader-language.ts';
import { secretsPages } from '../../../src/web/secrets-page.ts';
import { createWebApp } from '../../../src/web/server.ts';
import { refusesStranger, requireSession } from '../../../src/web/sessions.ts';
import { authenticatorPages } from '../../../src/web/step-up/authenticator-page.ts';
import { type TestChat, testChatOn } from '../chat.ts';
import { buttonsOf } from '../clicks.ts';
import { databaseWithFile, temporaryDatabase } from '../database/database.ts';
import { present } from '../given/outcomes.ts';
import { localHttp } from '../given/worker.ts';

export const MINUTE = 60_000;

export interface TestWeb {
  readonly chat: TestChat;
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly tokens: Tokens;
  /** Happens after a browser has come back, before its code is exchanged. */
  beforeExchange?: () => Promise<unknown>;
  /** What the server has logged as an error. */
  readonly errors: readonly (readonly [error: unknown, where: string])[];
  readonly admin: Person;
  /** Cards that were posted to people since the last call. */
  posted(): Promise<readonly { readonly to: Person; readonly card: Card }[]>;
  /** A new link's path. */
  link(purpose: LinkPurpose, subject: string, person?: Person): Promise<string>;
  /** A browser that has a link's number confirmed by its person. */
  confirmed(path: string): Promise<WebBrowser>;
  /** The whole way from a link to its page. @returns the browser there, and what the button answered */
  opened(
    purpose: LinkPurpose,
    subject: string,
  ): Promise<{ readonly browser: WebBrowser; readonly page: Answer; readonly path: string }>;
  /** Takes the role from the admin, or gives it back. */
  role(role: Person['role']): Promise<void>;
  audit(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface TestWebOptions {
  /** As browsers would have it, through a proxy that takes its path away; else the server's own address. */
  readonly publicUrl?: string;
  /** Whether the database has a file of its own, for `filesOf`. */
  readonly ownFile?: boolean;
}

export async function testWeb({ publicUrl, ownFile }: TestWebOptions = {}): Promise<TestWeb> {
  const chat = await testChatOn(ownFile ? databaseWithFile : temporaryDatabase);
  const errors: [unknown, string][] = [];
  const { services } = chat;
  let app: RequestListener | undefined;
  const server: Listening = await listen((request, response) => app?.(request, response), {
    host: '127.0.0.1',
    port: 0,
  });
  const url = `http://127.0.0.1:${server.port}`;
  const sessions = { ...services, publicUrl: publicUrl ?? url };
  const base = new URL(sessions.publicUrl).pathname.replace(/\/$/, '');
  const redirectUrlOf = redirectUrls(sessions.publicUrl);
  const http = localHttp();
  const tokens = createTokens({
    ...services,
    http,
    pause: () => nextTurn(),
    redirectUrlOf,
  });
  app = createWebApp({
    site: { base: '', chats: ['Slack'] },
    pages: [
      inChosenLanguage(sessions),
      exportPages({ ...sessions, personalData: chat.personalData }),
      linkPages({
        ...sessions,
        question: ({ id, openings }) => linkQuestion.with({ linkId: id, opening: openings }),
        reveal: {
          ask: () => ({ title: 'Ready', text: 'It is shown once.', button: 'Show it now' }),
          use: async (tx, link) => (link.purpose === 'api-token' ? revealToken(tx, link) : 'gone'),
        },
      }),
      secretsPages({ ...sessions, resultCard: (result) => pageResult.with(result), redirectUrlOf }),
      bundlePages({ ...sessions, items: itemForms(services) }),
      authenticatorPages(sessions),
      overviewPages({ ...sessions, words: overviewWords(services), timeZone: 'UTC' }),
      oauthPages({
        ...sessions,
        resultCard: (result) => pageResult.with(result),
        tokens: {
          async exchangeCode(...brought) {
            await web.beforeExchange?.();
            return tokens.exchangeCode(...brought);
          },
        },
        redirectUrlOf,
        mayUseHttp: ({ hostname }) => hostname === '127.0.0.1',
      }),
      openEditor(
        { ...services, http, tokens, config: { publicUrl: 'https://latchkey.example.com' } },
        {
          session: (request) => requireSession(request, 'manifest', sessions),
          refusesStranger: (request) => refusesStranger(request, 'manifest', sessions),
          onError: (error, where) => errors.push([error, where]),
        },
      ),
    ],
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError: (error, where) => errors.push([error, where]),
  });
  const made = await chat.person({ email: 'ada@example.com', firstName: 'Ada' });
  const admin = await services.transact((tx) => tx.people.save({ ...made, role: 'admin' }));

  const web: TestWeb = {
    chat,
    url,
    tokens,
    errors,
    admin,

    async posted() {
      const { stores, now } = services;
      const claim = { lane: 'chat', limit: 50, leaseMs: MINUTE, workerId: 'w' } as const;
      const sent = [];
      for (const job of await claimJobs(chat.database.db, { ...claim, now: now() })) {
        await finishJobs(chat.database.db, [job]);
        if (job.name !== 'message.post') continue;
        const to = present(await stores.people.find(job.payload.personId));
        const { view, payload } = job.payload.card;
        const times = { timeZone: 'UTC', scheduleZone: 'UTC' } as const;
        const reader = { reader: to, stores, now, ...times };
        sent.push({ to, card: await cards.find(view).render(payload, reader) });
      }
      return sent;
    },

    async link(purpose, subject, person = admin) {
      const link = await services.transact((tx) =>
        issueLink(tx, { purpose, subject, personId: person.id }),
      );
      return `${base}${new URL(services.links.urlOf(link)).pathname}`;
    },

    async confirmed(path) {
      const browser = new WebBrowser(url, base);
      const code = codeOn((await browser.get(path)).text);
      await browser.get(path);
      const posts = await web.posted();
      const question = posts.find(({ card }) =>
        buttonsOf(card).some(({ label }) => label === code),
      );
      if (!question) throw new Error('Nobody was asked');
      const call = buttonOn(question.card, code);
      await confirmLinkNumber.press(call.payload, await chat.turn(question.to.email));
      return browser;
    },

    async opened(purpose, subject) {
      const path = await web.link(purpose, subject);
      const browser = await web.confirmed(path);
      return { browser, path, page: await browser.follow(await browser.post(path)) };
    },

    async role(role) {
      await services.transact(async (tx) => {
        const now = await tx.people.find(admin.id);
        if (now) await tx.people.save({ ...now, role });
      });
    },

    async audit() {
      const entries = await services.stores.auditLog.list({ offset: 0, limit: 100 });
      return entries.map(({ what }) => what);
    },

    async close() {
      await server.close(0);
      await chat.cleanup();
    },
  };
  return web;
}

/** The four digits on a link's page. */
export const codeOn = (page: string): string => /class="code">(\d{4})</.exec(page)?.[1] ?? '';

export function buttonOn(card: Card | undefined, label: string): ActionCall {
  const found = card && buttonsOf(card).find((each) => each.label === label);
  if (!found) throw new Error(`There is no button ${label}`);
  return found.does;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Path and query that were asked for. */
  readonly at: string;
}

/** A browser: its cookies go where their paths say. */
export class WebBrowser {
  readonly #url: string;
  readonly #base: string;
  /** By path and name. */
  readonly cookies = new Map<string, { path: string; pair: string; set: string }>();
  /** Every address that it was at. */
  readonly history: string[] = [];

  /** @param base what a proxy takes away from the beginning of a path */
  constructor(url: string, base = '') {
    this.#url = url;
    this.#base = base;
  }

  /** A browser without any cookie. */
  without = (): WebBrowser => new WebBrowser(this.#url, this.#base);

  /** A browser that sends the cookies of another one to the pages of this one. */
  with(other: WebBrowser): WebBrowser {
    const forger = this.without();
    const [mine] = this.cookies.values();
    for (const [key, cookie] of other.cookies)
      forger.cookies.set(key, { ...cookie, path: mine?.path ?? cookie.path });
    return forger;
  }

  get = (path: string) => this.#send(path, { method: 'GET' });
  head = (path: string) => this.#send(path, { method: 'HEAD' });

  /** Sends a form as a page of this site does. */
  post(
    path: string,
    fields: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {
      'sec-fetch-site': 'same-origin',
      origin: 'null',
    },
  ): Promise<Answer> {
    return this.#send(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }

  /** Goes where an answer leads, if it leads on within this site. */
  async follow(answer: Answer): Promise<Answer> {
    const location = answer.headers.get('location');
    return location === null ? answer : this.follow(await this.get(location));
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const { pathname } = new URL(path, this.#url);
    const cookie = [...this.cookies.values()]
      .filter(
        (each) => pathname === each.path || pathname.startsWith(`${each.path.replace(/\/$/, '')}/`),
      )
      .map(({ pair }) => pair)
      .join('; ');
    if (!path.startsWith(this.#base)) throw new Error(`${path} is not behind the proxy`);
    const response = await fetch(new URL(path.slice(this.#base.length), this.#url), {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), ...(cookie !== '' && { cookie }) },
    });
    for (const set of response.headers.getSetCookie()) {
      const pair = set.split(';')[0] ?? '';
      const at = /;\s*path=([^;]+)/i.exec(set)?.[1] ?? '/';
      this.cookies.set(`${at} ${pair.split('=')[0]}`, { path: at, pair, set });
    }
    this.history.push(path);
    return {
      status: response.status,
      text: await response.text(),
      headers: response.headers,
      at: path,
    };
  }
}

/** The token that a page's form brings. */
export const csrfOn = (page: string): string => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
