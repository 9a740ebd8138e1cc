/**
 * `/links/<token>`: what somebody was sent to see once. Opening it shows a number; when the person has confirmed that
 * number in chat, the page (which asks for itself again, without a script) shows a button, and that button the thing.
 */
import { type Request, type Response, Router } from 'express';
import type { LiveCardRef } from '../core/message.ts';
import { unreachable } from '../core/unreachable.ts';
import {
  type Browser,
  LINK_LIFE_MS,
  type Link,
  type LinkIn,
  type LinkPurpose,
  type Looked,
  lookUp,
  newCookie,
  type Opened,
  openLink,
  readCookie,
  useLink,
} from '../engine/links.ts';
import {
  type Clock,
  type RandomBytes,
  StaleWrite,
  type Stores,
  type Transaction,
  type UnitOfWork,
} from '../engine/ports.ts';
import { type MessagePage, sendPage } from './pages.ts';

/** What links of one purpose show, and how that is asked for. */
export interface LinkUse {
  readonly ask: { readonly title: string; readonly text: string; readonly button: string };
  /** In the transaction that uses the link up. Undefined where there is nothing to show any more. */
  use(
    tx: Transaction,
    link: Link,
  ): Promise<{ readonly title: string; readonly text: string } | undefined>;
}

export interface LinkParts {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
  readonly randomBytes: RandomBytes;
  readonly keyedHash: (text: string) => string;
  /** Whether browsers come over https. */
  readonly secure: boolean;
  readonly uses: Readonly<Partial<Record<LinkPurpose, LinkUse>>>;
  /** The card that asks the person which number they see. */
  readonly question: (link: LinkIn<'opened'>) => LiveCardRef;
}

/** How often an open page looks whether it was confirmed. */
const REFRESH_SECONDS = 2;

export function linkPages(parts: LinkParts): Router {
  const router = Router();
  router.get('/links/:token', (request, response) => show(parts, request, response));
  router.post('/links/:token', (request, response) => reveal(parts, request, response));
  return router;
}

async function show(parts: LinkParts, request: Request, response: Response): Promise<void> {
  const looked = await lookUp(parts.stores, tokenOf(request), parts);
  if (looked.kind !== 'good') return sendPage(response, ...overs[looked.kind]);
  const { link } = looked;
  const browser = browserOf(request, link, parts);
  if (!browser) return greet(parts, link, response);
  if (request.method === 'HEAD') return sendPage(response, 200, waiting(browser.code));

  const asked = parts.uses[link.purpose]?.ask;
  const opened = await opening(parts, link.id, browser);
  switch (opened.kind) {
    case 'waiting':
      return sendPage(response, 200, waiting(opened.code));
    case 'confirmed':
      return asked ? sendPage(response, 200, asked) : sendPage(response, ...overs.unknown);
    case 'elsewhere':
      return sendPage(response, 403, elsewhere);
    case 'too-often':
      return sendPage(response, 403, tooOften);
    default:
      return unreachable(opened);
  }
}

/** A browser that is new here: it gets its cookie and its number, and nothing is stored before it comes back. */
function greet(parts: LinkParts, link: Link, response: Response): void {
  if (link.state === 'confirmed') return sendPage(response, 403, elsewhere);
  const cookie = newCookie(link, parts);
  response.cookie(cookieName(link), cookie, {
    httpOnly: true,
    sameSite: 'lax',
    secure: parts.secure,
    maxAge: LINK_LIFE_MS,
  });
  const browser = readCookie(link, cookie, parts.keyedHash);
  sendPage(response, 200, waiting(browser?.code ?? ''));
}

async function opening(parts: LinkParts, linkId: string, browser: Browser): Promise<Opened> {
  try {
    return await parts.transact((tx) => openAndAsk(tx, linkId, browser, parts));
  } catch (error) {
    if (error instanceof StaleWrite) return { kind: 'waiting', code: browser.code }; // The page asks again.
    throw error;
  }
}

async function openAndAsk(
  tx: Transaction,
  linkId: string,
  browser: Browser,
  { question }: LinkParts,
): Promise<Opened> {
  const link = await tx.links.find(linkId);
  if (!link || link.state === 'used' || link.state === 'refused') return { kind: 'elsewhere' };
  const opened = await openLink(tx, link, browser);
  if (opened.kind === 'waiting' && opened.asked)
    await tx.queue.push(
      'message.post',
      { personId: link.personId, card: question(opened.asked) },
      { lane: 'chat' },
    );
  return opened;
}

async function reveal(parts: LinkParts, request: Request, response: Response): Promise<void> {
  const looked = await lookUp(parts.stores, tokenOf(request), parts);
  if (looked.kind !== 'good') return sendPage(response, ...overs[looked.kind]);
  const browser = browserOf(request, looked.link, parts);
  if (!browser) return sendPage(response, 403, notConfirmed);
  const revealed = await using(parts, looked.link.id, browser);
  if (revealed === 'refused') return sendPage(response, 403, notConfirmed);
  if (revealed === 'used') return sendPage(response, ...overs.used);
  const { title, text } = revealed;
  sendPage(response, 200, { title, text: shownOnce, revealed: text });
}

async function using(parts: LinkParts, linkId: string, browser: Browser) {
  try {
    return await parts.transact(async (tx) => {
      const link = await tx.links.find(linkId);
      if (!link || link.state === 'used') return 'used';
      if (!(await useLink(tx, link, browser))) return 'refused';
      return (await parts.uses[link.purpose]?.use(tx, link)) ?? 'used';
    });
  } catch (error) {
    if (error instanceof StaleWrite) return 'used'; // The button was pressed twice at once.
    throw error;
  }
}

const tokenOf = ({ params }: Request): string => String(params['token'] ?? '');

/** A cookie for each link, so that two that are open at once don't end each other. */
const cookieName = ({ id }: Link): string => `latchkey-link-${id}`;

function browserOf(
  { headers }: Request,
  link: Link,
  { keyedHash }: LinkParts,
): Browser | undefined {
  const name = cookieName(link);
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const value = pairs.find(([each]) => each === name)?.[1];
  return value === undefined ? undefined : readCookie(link, value, keyedHash);
}

const waiting = (code: string): MessagePage => ({
  title: 'Is it you?',
  text: 'Latchkey asks you in your direct conversation which number you see here. Press this one there; this page then goes on by itself.',
  code,
  refreshSeconds: REFRESH_SECONDS,
});
const shownOnce = 'This is shown only now. Copy it before you close this page.';

const again = 'Go back to the message from Latchkey in chat and ask for a new link there.';
const overs: Readonly<Record<Exclude<Looked['kind'], 'good'>, [status: number, MessagePage]>> = {
  unknown: [404, { title: 'This link leads nowhere', text: `It may be incomplete. ${again}` }],
  expired: [
    410,
    { title: 'This link is too old', text: `Links are good for 15 minutes. ${again}` },
  ],
  used: [
    410,
    {
      title: 'This was shown already',
      text: 'It is shown once only. If that was not you, tell your Latchkey admin now.',
    },
  ],
  refused: [
    403,
    {
      title: 'This link was stopped',
      text: `Somebody pressed another number in chat, or said that they had not opened it. ${again}`,
    },
  ],
};
const elsewhere: MessagePage = {
  title: 'This link is open in another browser',
  text: `It works in one only. ${again}`,
};
const tooOften: MessagePage = {
  title: 'This link was opened too often',
  text: `Too many browsers have opened it. ${again}`,
};
const notConfirmed: MessagePage = {
  title: 'This was not confirmed',
  text: 'Open the link again, and press the number that it shows in your direct conversation with Latchkey.',
};
