/**
 * Identifies a page's person. A link from chat (`links.ts`) opens a *session*. Its cookie is limited to its own page, so
 * two open pages don't affect each other.
 */
import type { CookieOptions, Request, Response } from 'express';
import type { LiveCardRef } from '../core/message.ts';
import { isWrite } from '../core/network/is-write.ts';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Link } from '../engine/links/link.ts';
import { same } from '../engine/links/links.ts';
import type { PageResult } from '../engine/links/page-result.ts';
import {
  csrfToken,
  type FoundSession,
  findSession,
  readSessionCookie,
  SESSION_KEPT_MS,
  type SessionBrowser,
  type SessionPurpose,
} from '../engine/links/web-sessions.ts';
import type { Integration, Person } from '../engine/people/directory.ts';
import type { Database, Transaction } from '../engine/ports/unit-of-work.ts';
import type { WebSession } from '../engine/ports/web-stores.ts';
import type { MessagePage } from './pages.ts';

export interface SessionDeps extends Database {
  readonly keyedHash: (text: string) => string;
  /** Our public address, without a final slash. A proxy removes its path. */
  readonly publicUrl: string;
}

/** The card in chat of what a page has done. */
export interface ResultDeps {
  readonly resultCard: (result: PageResult) => LiveCardRef;
}

/** Whether browsers use https. */
export const isSecure = ({ publicUrl }: Pick<SessionDeps, 'publicUrl'>): boolean =>
  publicUrl.startsWith('https:');

/** A path in our public address. */
export const publicPath = (path: string, { publicUrl }: Pick<SessionDeps, 'publicUrl'>): string =>
  `${new URL(publicUrl).pathname.replace(/\/$/, '')}${path}`;

/** A valid session, with the token that every form of its pages must bring. */
export interface GoodSession extends WebSession {
  readonly csrf: string;
}

export type Admitted =
  | {
      readonly ok: true;
      readonly session: GoodSession;
      readonly person: Person;
      /** Undefined for the manifest of a new integration. */
      readonly integration: Integration | undefined;
    }
  | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly page: MessagePage;
}

/** The path of a session's pages, below our public address. Its cookie is limited to it. */
export function sessionPath({ id, purpose, subject }: WebSession): string {
  switch (purpose) {
    case 'secrets':
      return `/secrets/${id}`;
    case 'manifest':
      return `/editor/${id}`;
    case 'export':
      return `/exports/${id}`;
    case 'bundles':
      return `/bundles/${id}`;
    case 'authenticator':
      return `/authenticator/${id}`;
    case 'overview':
      return `/overview/${id}`;
    case 'connect': // The app sends the browser back to a path below it.
      return oauthPath(subject);
    default:
      return unreachable(purpose);
  }
}

export const oauthPath = (integrationId: string): string =>
  `/oauth/${encodeURIComponent(integrationId)}`;

const cookieName = (purpose: SessionPurpose): string => `latchkey-${purpose}`;

/** Lax: the browser sends it also when it comes from an app. */
const cookieOptions = (session: WebSession, deps: Pick<SessionDeps, 'publicUrl'>) =>
  ({
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(deps),
    path: publicPath(sessionPath(session), deps),
  }) satisfies CookieOptions;

export function setSessionCookie(
  response: Response,
  { session, cookie }: { readonly session: WebSession; readonly cookie: string },
  deps: Pick<SessionDeps, 'publicUrl'>,
): void {
  response.cookie(cookieName(session.purpose), cookie, {
    ...cookieOptions(session, deps),
    // Longer than the session is valid, so that a late visitor sees that it has expired.
    maxAge: SESSION_KEPT_MS,
  });
}

/** The browser's cookie, when it has one of ours. */
export function browserOf(
  { headers }: Pick<Request, 'headers'>,
  purpose: SessionPurpose,
  { keyedHash }: Pick<SessionDeps, 'keyedHash'>,
): SessionBrowser | undefined {
  const value = cookieIn(headers.cookie, cookieName(purpose));
  return value === undefined ? undefined : readSessionCookie(value, keyedHash);
}

export function cookieIn(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([each]) => each === name)?.[1];
}

/**
 * Why we don't read a request's body: no link has opened this session in this browser. Undefined when we read it. Only
 * the cookie decides, so strangers cost neither a body nor a database query. A session that has ended passes, since its
 * page shows the typed text again. `requireSession` then refuses it.
 */
export function refusesStranger(
  request: Pick<Request, 'headers' | 'params'>,
  purpose: SessionPurpose,
  deps: Pick<SessionDeps, 'keyedHash'>,
): Refusal | undefined {
  const browser = browserOf(request, purpose, deps);
  return browser && browser.sessionId === request.params['session'] ? undefined : refusals().over;
}

/**
 * Whether the browser may continue, with its person's and integration's current state. A request that changes something
 * must come from our own page: its form (or a script's header `x-csrf-token`) has the session's token. The body must be
 * parsed before.
 * @param tx when the checked facts must hold until the end of a transaction
 */
export async function requireSession(
  request: Request,
  purpose: SessionPurpose,
  { tx, ...deps }: SessionDeps & { readonly tx?: Transaction },
): Promise<Admitted> {
  const browser = browserOf(request, purpose, deps);
  if (!browser) return refusals().over;
  const found = await findSession(tx ?? deps.stores, browser, { purpose, now: deps.now() });
  if (found.kind !== 'good') {
    if (found.kind === 'not-admin')
      await (tx
        ? noteRefusal(tx, found.session)
        : deps.transact((own) => noteRefusal(own, found.session)));
    return found.kind === 'not-admin' ? notAdmin(purpose) : refusals()[found.kind];
  }
  const { person, integration } = found;
  const session = { ...found.session, csrf: csrfToken(found.session, deps.keyedHash) };
  if (isWrite(request) && !isFromOurPage(request, session, deps)) return fromElsewhere();
  return { ok: true, session, person, integration };
}

/** Audits refusals for a missing permission. */
export const noteRefusal = (
  tx: Transaction,
  { personId, purpose, subject }: Pick<Link, 'personId' | 'purpose' | 'subject'>,
): Promise<void> =>
  tx.audit('refused', {
    actor: { kind: 'person', personId, via: 'web' },
    personId,
    detail: { wanted: purpose, subject },
  });

function isFromOurPage(
  request: Request,
  { csrf }: GoodSession,
  deps: Pick<SessionDeps, 'publicUrl'>,
): boolean {
  const body: unknown = request.body;
  const given = request.get('x-csrf-token') ?? (isRecord(body) ? body['csrf'] : undefined);
  return comesFromHere(request, deps) && typeof given === 'string' && same(given, csrf);
}

function comesFromHere(request: Request, { publicUrl }: Pick<SessionDeps, 'publicUrl'>): boolean {
  const site = request.get('sec-fetch-site');
  // "none": the person sends a page again.
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // Older browsers send no such header, and no browser does without https. A form of a page without a referrer has the
  // origin "null".
  const origin = request.get('origin');
  if (origin === undefined || origin === 'null') return true;
  // A proxy may have replaced the host with its own name.
  const host = hostOf(origin);
  return host !== undefined && [hostOf(publicUrl), request.get('host')].includes(host);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;

const again = () =>
  t`Go back to Latchkey in chat and press the button there again to get a new link.`;

/** Why a page doesn't open, or no longer does. */
const refusals = (): Readonly<
  Record<Exclude<FoundSession['kind'], 'good' | 'not-admin'>, Refusal>
> => ({
  over: {
    ok: false,
    status: 403,
    page: {
      title: t`This page is not open here`,
      text: t`It closed when it was finished, or it is open in another browser. What was saved stays saved. ${again()}`,
    },
  },
  expired: {
    ok: false,
    status: 410,
    page: {
      title: t`This page is closed`,
      text: t`It has expired. What you saved is kept; what you only typed is lost. ${again()}`,
    },
  },
  gone: {
    ok: false,
    status: 410,
    page: {
      title: t`This integration no longer exists`,
      text: t`It has been deleted, so there is nothing to change. In chat, Integrations on Home shows the others.`,
    },
  },
});

/** Links with these purposes show the same texts. */
export const notAdmin = (purpose: SessionPurpose): Refusal => ({
  ok: false,
  status: 403,
  page: { title: t`You can't do this any more`, text: whyNoMore(purpose) },
});
export const subjectGone = () => refusals().gone;

/** Others than admins have files and the overview, too. */
const whyNoMore = (purpose: SessionPurpose): string =>
  purpose === 'export' || purpose === 'overview'
    ? t`You may no longer see what this page shows. If that's wrong, ask a Latchkey admin.`
    : t`Only Latchkey admins can, and you are no longer one. Nothing changed; if that's wrong, ask another admin.`;

const fromElsewhere = (): Refusal => ({
  ok: false,
  status: 403,
  page: {
    title: t`This wasn't sent from its own page`,
    text: t`Nothing changed. Open the page again and send it from there. ${again()}`,
  },
});
