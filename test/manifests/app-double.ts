/** An app that keeps accounts, behind any API. No one but a test looks into it past its API. */
import { type Json, parseJson } from '../../src/core/json.ts';
import type { Http, HttpAnswer, HttpBody, HttpRequest } from '../../src/engine/ports/http.ts';
import { readNotation } from '../../src/engine/templates/notation.ts';
import { toText } from '../../src/engine/templates/render.ts';

export interface Member {
  readonly id: string;
  /** As the app writes it. */
  email: string;
  active: boolean;
  readonly more: Record<string, string>;
}

export interface AppOptions {
  /** Lists and searches show a change so much later. */
  readonly lagMs?: number;
  /** Most active accounts. */
  readonly seats?: number;
  /** Answers in capitals, as someone typed the address. */
  readonly isInCapitals?: boolean;
}

interface App {
  readonly members: Member[];
  /** As lists and searches show them. */
  seen(): readonly Member[];
  find(key: string): Member | undefined;
  add(email: string, more?: Record<string, string>): Member;
  readonly isFull: () => boolean;
}

interface Ask {
  readonly method: string;
  /** Decoded, without its slash at the end. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The value at a place of what was sent. */
  readonly at: (notation: string) => string;
}

export type Api = (ask: Ask, app: App) => HttpAnswer;

export interface AppDouble extends Http {
  readonly members: readonly Member[];
  /** `POST https://…` of every request, in order. */
  readonly sent: readonly string[];
  /** Whether someone with this address can use the app. */
  isIn(email: string): boolean;
  /** The answer to the next request that changes something is lost. */
  loseNextWrite(): void;
}

export function appDouble(
  api: Api,
  now: () => Date,
  { lagMs = 0, seats = Infinity, isInCapitals = false }: AppOptions = {},
): AppDouble {
  const members: Member[] = [];
  const history: { readonly at: number; readonly members: readonly Member[] }[] = [];
  const sent: string[] = [];
  let losesWrite = false;
  const app: App = {
    members,
    seen: () => history.findLast(({ at }) => at <= now().getTime() - lagMs)?.members ?? [],
    find: (key) => members.find(({ id, email }) => id === key || same(email, key)),
    add(email, more = {}) {
      const written = isInCapitals ? email.toUpperCase() : email;
      const member = { id: `${1000 + members.length}`, email: written, active: true, more };
      members.push(member);
      return member;
    },
    isFull: () => members.filter(({ active }) => active).length >= seats,
  };
  const carryOut = (request: HttpRequest): HttpAnswer => {
    const url = new URL(request.url);
    const body = bodyOf(request.body);
    const path = decodeURIComponent(url.pathname).replace(/\/$/, '');
    const at = (notation: string): string => {
      const found = readNotation(body ?? {}, notation);
      return found.found ? toText(found.value) : '';
    };
    const answer = api({ method: request.method, path, query: url.searchParams, at }, app);
    history.push({ at: now().getTime(), members: members.map((each) => ({ ...each })) });
    return answer;
  };
  return {
    members,
    sent,
    isIn: (email) => members.some((each) => each.active && same(each.email, email)),
    loseNextWrite: () => {
      losesWrite = true;
    },
    async send(request) {
      sent.push(`${request.method} ${request.url}`);
      const before = JSON.stringify(members);
      const answer = carryOut(request);
      if (!losesWrite || JSON.stringify(members) === before) return answer;
      losesWrite = false;
      return { kind: 'failed', code: 'connection-lost', message: 'Lost.', maySent: true };
    },
  };
}

function bodyOf(body: HttpBody | undefined): Json | undefined {
  if (body?.kind === 'json') return parseJson(body.text);
  return body?.kind === 'form' ? Object.fromEntries(body.fields) : undefined;
}

/** An answer in JSON. */
export const json = (status: number, body?: unknown): Extract<HttpAnswer, { kind: 'answer' }> => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  text: body === undefined ? '' : JSON.stringify(body),
});

/** What follows the last `part` of the path. */
export const after = (path: string, part: string): string | undefined =>
  path.includes(part) ? path.slice(path.lastIndexOf(part) + part.length) : undefined;
export const quoted = (text: string | null): string => /"([^"]*)"/.exec(text ?? '')?.[1] ?? '';
/** Whether both are one address. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
