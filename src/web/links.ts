/**
 * `/links/<token>`: a link to see something or open a page, once. It first shows a number. When the person has confirmed
 * the number in chat, the page (which follows that, or reloads without a script) shows a button. That button uses the link: it *reveals* a
 * text, or *opens* a page with its own session (`sessions.ts`).
 */
import { type CookieOptions, type Request, type Response, Router } from 'express';
import type { LiveCardRef } from '../core/message.ts';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import { isReveal, type Link, type LinkIn, type RevealPurpose } from '../engine/links/link.ts';
import {
  type Browser,
  goesOver,
  lookUp,
  newCookie,
  type Opened,
  openLink,
  readCookie,
  useLink,
} from '../engine/links/links.ts';
import {
  openSession,
  type SessionPurpose,
  type Subject,
  subjectNow,
} from '../engine/links/web-sessions.ts';
import { notifyAtOnce } from '../engine/messages/notify-person.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import type { RandomBytes } from '../engine/ports/time-and-chance.ts';
import type { Stores, Transaction } from '../engine/ports/unit-of-work.ts';
import {
  type Ask,
  askToOpen,
  elsewhere,
  notConfirmed,
  nothingLeft,
  shownOnce,
  tooOften,
  usedUp,
  waiting,
  whyNot,
} from './link-texts.ts';
import { type MessagePage, sendPage } from './pages.ts';
import {
  cookieIn,
  isSecure,
  notAdmin,
  noteRefusal,
  publicPath,
  type Refusal,
  type SessionDeps,
  sessionPath,
  setSessionCookie,
  subjectGone,
} from './sessions.ts';

/** Reveals a link's text. */
export interface Reveal {
  readonly ask: (purpose: RevealPurpose) => Ask;
  /** Runs in the transaction that uses the link. `gone`: deleted, or no longer for the link's person. */
  use(
    tx: Transaction,
    link: Link,
  ): Promise<{ readonly title: string; readonly text: string } | 'gone' | 'shown'>;
}

export interface LinkDeps extends SessionDeps {
  readonly randomBytes: RandomBytes;
  readonly reveal: Reveal;
  /** The card that asks the person for the number. */
  readonly question: (link: LinkIn<'opened'>) => LiveCardRef;
}

/** How often an open page without a script checks for the confirmation. A screen reader starts over each time. */
const REFRESH_SECONDS = 5;

export function linkPages(deps: LinkDeps): Router {
  const router = Router();
  router.get('/links/:token', (request, response) => show(deps, request, response));
  router.post('/links/:token', (request, response) => use(deps, request, response));
  return router;
}

async function show(deps: LinkDeps, request: Request, response: Response): Promise<void> {
  const looked = await lookUp(deps.stores, tokenOf(request), deps);
  if (looked.kind !== 'good') return sendPage(response, ...whyNot(looked));
  const { link } = looked;
  const browser = browserOf(request, link, deps);
  if (!browser) return greet(deps, link, response);
  if (request.method === 'HEAD') return sendWaiting(response, endOf(link), browser.code);

  const opened = await opening(deps, link.id, browser);
  switch (opened.kind) {
    case 'waiting':
      return sendWaiting(response, endOf(link), opened.code);
    case 'confirmed':
      return sendConfirmed(deps, link, response);
    case 'elsewhere':
      return sendPage(response, 403, elsewhere(link.purpose));
    case 'too-often':
      return sendPage(response, 403, tooOften(link.purpose));
    default:
      return unreachable(opened);
  }
}

/** For a new browser: sends its cookie and its number. We store nothing until it comes back. */
function greet(deps: LinkDeps, link: Link, response: Response): void {
  if (link.state === 'confirmed' && !goesOver(link))
    return sendPage(response, 403, elsewhere(link.purpose));
  const cookie = newCookie(link, deps);
  response.cookie(cookieName(link), cookie, {
    ...cookieOptions(deps),
    maxAge: link.expiresAt.getTime() - link.createdAt.getTime(),
  });
  const browser = readCookie(link, cookie, deps.keyedHash);
  sendWaiting(response, endOf(link), browser?.code ?? '');
}

async function opening(deps: LinkDeps, linkId: string, browser: Browser): Promise<Opened> {
  try {
    return await deps.transact((tx) => openAndAsk(tx, { linkId, browser }, deps));
  } catch (error) {
    if (error instanceof StaleWrite) return { kind: 'waiting', code: browser.code }; // The page reloads.
    throw error;
  }
}

async function openAndAsk(
  tx: Transaction,
  { linkId, browser }: { readonly linkId: string; readonly browser: Browser },
  { question }: LinkDeps,
): Promise<Opened> {
  const link = await tx.links.find(linkId);
  if (!link || link.state === 'used' || link.state === 'refused') return { kind: 'elsewhere' };
  const opened = await openLink(tx, link, browser);
  if (opened.kind === 'waiting' && opened.asked)
    await notifyAtOnce(tx, link.personId, { card: question(opened.asked) });
  return opened;
}

type LinkAnswer = readonly [status: number, page: MessagePage];

async function sendConfirmed(deps: LinkDeps, link: Link, response: Response): Promise<void> {
  const [status, page] = await confirmedPage(deps, link);
  sendPage(response, status, {
    ...page,
    ...(page.button !== undefined && { endsAt: endOf(link) }),
  });
}

/** The question of a confirmed link, or why it can't continue. */
async function confirmedPage(deps: LinkDeps, link: Link): Promise<LinkAnswer> {
  const { stores, transact, reveal } = deps;
  if (reveals(link)) return [200, reveal.ask(link.purpose)];
  if (!opensPage(link)) return answerOf(subjectGone());
  const subject = await subjectNow(stores, link);
  if (subject.kind === 'not-admin') await transact((tx) => noteRefusal(tx, link));
  return subject.kind === 'good'
    ? [200, askToOpen(link.purpose, await nameOf(stores, link, subject))]
    : refusalOf(subject, link);
}

type OpeningLink = Link & { readonly purpose: SessionPurpose };
type RevealingLink = Link & { readonly purpose: RevealPurpose };
const reveals = (link: Link): link is RevealingLink => isReveal(link.purpose);
const opensPage = (link: Link): link is OpeningLink => !reveals(link);

/** The integration's name. For a new one, its draft's name. */
async function nameOf(
  stores: Stores,
  { subject }: Link,
  { integration }: Extract<Subject, { kind: 'good' }>,
): Promise<string> {
  return integration?.name ?? (await stores.drafts.find(subject))?.name ?? t`a new integration`;
}

function refusalOf(
  { kind }: Exclude<Subject, { kind: 'good' }>,
  { purpose }: OpeningLink,
): LinkAnswer {
  return answerOf(kind === 'gone' ? subjectGone() : notAdmin(purpose));
}

const answerOf = ({ status, page }: Refusal): LinkAnswer => [status, page];

async function use(deps: LinkDeps, request: Request, response: Response): Promise<void> {
  const looked = await lookUp(deps.stores, tokenOf(request), deps);
  if (looked.kind !== 'good') return sendPage(response, ...whyNot(looked));
  const browser = browserOf(request, looked.link, deps);
  if (!browser) return sendPage(response, 403, notConfirmed());
  const used = await using(deps, looked.link, browser);
  // The link is used. Cookies of a week of emails would be more than a request can carry.
  if (used.kind !== 'page') response.clearCookie(cookieName(looked.link), cookieOptions(deps));
  switch (used.kind) {
    case 'revealed':
      return sendPage(response, 200, { title: used.title, text: shownOnce(), revealed: used.text });
    case 'opened':
      setSessionCookie(response, used, deps);
      return response.redirect(303, publicPath(startPath(used.session), deps));
    case 'page':
      return sendPage(response, ...used.page);
    default:
      return unreachable(used);
  }
}

type Used =
  | { readonly kind: 'revealed'; readonly title: string; readonly text: string }
  | ({ readonly kind: 'opened' } & Awaited<ReturnType<typeof openSession>>)
  | { readonly kind: 'page'; readonly page: LinkAnswer };

async function using(deps: LinkDeps, { id, purpose }: Link, browser: Browser): Promise<Used> {
  const over = { kind: 'page', page: usedUp(purpose) } as const;
  try {
    return await deps.transact(async (tx) => {
      const link = await tx.links.find(id);
      if (!link || link.state === 'used') return over;
      if (opensPage(link)) return await openPage(tx, { link, browser }, deps);
      if (!(await useLink(tx, link, browser))) return refused();
      const shown = await deps.reveal.use(tx, link);
      if (shown === 'shown') return over;
      if (shown === 'gone') return { kind: 'page', page: nothingLeft(link.purpose) } as const;
      return { kind: 'revealed', ...shown };
    });
  } catch (error) {
    if (error instanceof StaleWrite) return over; // Someone pressed the button twice at once.
    throw error;
  }
}

async function openPage(
  tx: Transaction,
  { link, browser }: { readonly link: OpeningLink; readonly browser: Browser },
  deps: LinkDeps,
): Promise<Used> {
  const subject = await subjectNow(tx, link);
  if (subject.kind !== 'good') {
    if (subject.kind === 'not-admin') await noteRefusal(tx, link);
    return { kind: 'page', page: refusalOf(subject, link) };
  }
  if (!(await useLink(tx, link, browser))) return refused();
  return { kind: 'opened', ...(await openSession(tx, link, deps.keyedHash)) };
}

const refused = (): Used => ({ kind: 'page', page: [403, notConfirmed()] });

/** The first path of a session. */
const startPath = (session: Parameters<typeof sessionPath>[0]): string =>
  session.purpose === 'connect' ? `${sessionPath(session)}/connect` : sessionPath(session);

function sendWaiting(response: Response, endsAt: Date | undefined, code: string): void {
  sendPage(response, 200, { ...waiting(code), refreshSeconds: REFRESH_SECONDS, endsAt });
}

/** A link of an email lasts for days, and has no clock to look at. */
const endOf = ({ purpose, expiresAt }: Link): Date | undefined =>
  purpose === 'emailed' ? undefined : expiresAt;

const tokenOf = ({ params }: Request): string => String(params['token'] ?? '');

/** One cookie for each link, so that two open links don't disturb each other. */
const cookieName = ({ id }: Link): string => `latchkey-link-${id}`;

const cookieOptions = (deps: LinkDeps) =>
  ({
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(deps),
    path: publicPath('/links', deps),
  }) satisfies CookieOptions;

function browserOf({ headers }: Request, link: Link, { keyedHash }: LinkDeps): Browser | undefined {
  const value = cookieIn(headers.cookie, cookieName(link));
  return value === undefined ? undefined : readCookie(link, value, keyedHash);
}
