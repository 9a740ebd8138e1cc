/**
 * The transitions of a link; `link.ts` has its words and states. Someone who only has the link sees a number and nothing else:
 * chat asks the link's own person for that number, and nobody else can answer.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import type { Person } from '../people/directory.ts';
import type { Clock, RandomBytes } from '../ports/time-and-chance.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { invalidate, linkTopic, sentLinkTopic } from '../work/topics.ts';
import type { Link, LinkFacts, LinkIn, LinkPurpose } from './link.ts';

/** Long enough to read a number, and short enough that a forgotten link is worth nothing. */
export const LINK_LIFE_MS = 15 * MINUTE_MS;
/** Each opening asks the person a question, so a link that many people have must not flood them. */
const MAX_OPENINGS = 5;
/** Expired links are kept for a day, so that the page can say why the link no longer works. */
const KEPT_MS = DAY_MS;

/** One-way, under the installation's key. */
export type KeyedHash = (text: string) => string;

/** @param wanted `id` and `expiresAt` default to a new id and 15 minutes from now */
export async function issueLink(
  tx: Transaction,
  wanted: Pick<Link, 'purpose' | 'subject' | 'personId'> & Partial<Pick<Link, 'id' | 'expiresAt'>>,
): Promise<Link> {
  const createdAt = tx.now;
  await tx.links.deleteExpired(new Date(createdAt.getTime() - KEPT_MS));
  const link: LinkIn<'new'> = {
    id: tx.newId(),
    expiresAt: new Date(createdAt.getTime() + LINK_LIFE_MS),
    ...wanted,
    version: 1,
    createdAt,
    openings: 0,
    state: 'new',
  };
  await tx.links.insert(link);
  return link;
}

/** The signed part of the address. It is valid only for this link, with this purpose, subject, person and expiry. */
export function linkToken(link: Link, keyedHash: KeyedHash): string {
  const { id, purpose, subject, personId, expiresAt } = link;
  const signed = JSON.stringify(['link', id, purpose, subject, personId, expiresAt.getTime()]);
  return `${id}.${keyedHash(signed)}`;
}

/** The link's person, also when it has expired or was used. Undefined for a token that isn't ours. */
export async function personOfLink(
  stores: Pick<Stores, 'links'>,
  token: string,
  keyedHash: KeyedHash,
): Promise<string | undefined> {
  const [id = ''] = token.split('.');
  const link = await stores.links.find(id);
  return link && same(token, linkToken(link, keyedHash)) ? link.personId : undefined;
}

export type LinkState =
  | { readonly kind: 'good'; readonly link: LinkIn<'new' | 'opened' | 'confirmed'> }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' | 'used' | 'refused'; readonly purpose: LinkPurpose };

/** The link with this token, if it can still be used. */
export async function lookUp(
  stores: Stores,
  token: string,
  { now, keyedHash }: { readonly now: Clock; readonly keyedHash: KeyedHash },
): Promise<LinkState> {
  const [id = ''] = token.split('.');
  const link = await stores.links.find(id);
  if (!link || !same(token, linkToken(link, keyedHash))) return { kind: 'unknown' };
  if (link.state === 'used' || link.state === 'refused')
    return { kind: link.state, purpose: link.purpose };
  if (link.expiresAt <= now()) return { kind: 'expired', purpose: link.purpose };
  const person: Person | undefined = await stores.people.find(link.personId);
  return person?.active ? { kind: 'good', link } : { kind: 'unknown' };
}

/** A browser that has opened a link, as read from its cookie after a check. */
export interface Browser {
  readonly hash: string;
  readonly openedAt: Date;
  /** The four digits that it shows. */
  readonly code: string;
}

const BROWSER_BYTES = 24;

/** The cookie for a browser that has none. Nothing is stored, so a link preview changes nothing. */
export function newCookie(
  link: Link,
  deps: {
    readonly now: Clock;
    readonly randomBytes: RandomBytes;
    readonly keyedHash: KeyedHash;
  },
): string {
  const random = Buffer.from(deps.randomBytes(BROWSER_BYTES)).toString('base64url');
  const said = `${deps.now().getTime()}.${random}`;
  return `${said}.${deps.keyedHash(JSON.stringify(['browser', link.id, said]))}`;
}

/** Undefined for a cookie that isn't ours, or another link's. */
export function readCookie(link: Link, cookie: string, keyedHash: KeyedHash): Browser | undefined {
  const [time = '', random = '', signature = ''] = cookie.split('.');
  const said = `${time}.${random}`;
  if (!same(signature, keyedHash(JSON.stringify(['browser', link.id, said])))) return undefined;
  const hash = keyedHash(JSON.stringify(['opened', link.id, cookie]));
  return { hash, openedAt: new Date(Number(time)), code: codeOf(Buffer.from(hash, 'base64url')) };
}

const CODE_LENGTH = 4;

export type Opened =
  /** `asked` is set when this call has opened the link: the caller then asks the person. */
  | { readonly kind: 'waiting'; readonly code: string; readonly asked?: LinkIn<'opened'> }
  | { readonly kind: 'confirmed' }
  /** Another browser has the link: one that was confirmed, or that opened it later. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'too-often' };

/** A browser came back with its cookie, which link previews don't do. The last browser that opens the link has it. */
export async function openLink(
  tx: Transaction,
  link: LinkIn<'new' | 'opened' | 'confirmed'>,
  browser: Browser,
): Promise<Opened> {
  if (link.state !== 'new' && link.browser === browser.hash)
    return link.state === 'confirmed'
      ? { kind: 'confirmed' }
      : { kind: 'waiting', code: browser.code };
  if (link.state === 'confirmed' && !goesOver(link)) return { kind: 'elsewhere' };
  if (link.state === 'opened' && link.openedAt >= browser.openedAt) return { kind: 'elsewhere' };
  if (link.openings >= MAX_OPENINGS) return { kind: 'too-often' };
  const { hash, openedAt, code } = browser;
  const opened: LinkIn<'opened'> = {
    ...factsOf(link),
    openings: link.openings + 1,
    state: 'opened',
    browser: hash,
    openedAt,
    code,
  };
  await save(tx, opened);
  return { kind: 'waiting', code, asked: opened };
}

/**
 * Whether another browser may take the link from a confirmed one, and then needs to be confirmed itself. An email can't offer a new
 * link, and a mail app closes its own browser when the person switches to chat.
 */
export const goesOver = ({ purpose }: Link): boolean => purpose === 'emailed';

export type Confirmed = 'confirmed' | 'wrong' | 'stale' | 'over' | 'not-yours';

/**
 * The person picks the number that their browser shows. A wrong number ends the link, so nobody gets a second guess.
 * @param opening which opening chat asked them about
 * @param code undefined when they say that they opened nothing
 */
export async function confirmLink(
  tx: Transaction,
  linkId: string,
  answer: { readonly personId: string; readonly opening: number; readonly code?: string },
): Promise<Confirmed> {
  const link = await tx.links.find(linkId);
  if (!link) return 'over';
  if (link.personId !== answer.personId) return 'not-yours';
  if (link.state !== 'opened' || link.expiresAt <= tx.now) return 'over';
  if (link.openings !== answer.opening) return 'stale';
  const right = link.code === answer.code;
  await save(
    tx,
    right
      ? { ...factsOf(link), state: 'confirmed', browser: link.browser }
      : { ...factsOf(link), state: 'refused' },
  );
  return right ? 'confirmed' : 'wrong';
}

/** Uses the link. @returns false when another browser has it, or when it isn't confirmed */
export async function useLink(tx: Transaction, link: Link, browser: Browser): Promise<boolean> {
  if (link.state !== 'confirmed' || link.browser !== browser.hash) return false;
  await save(tx, { ...factsOf(link), state: 'used' });
  return true;
}

/** How many numbers the person picks from. */
const CHOICES = 3;

/**
 * The right number among wrong ones. Someone who doesn't see the page can only guess. The wrong ones come from the browser's hash,
 * which no page and no card shows. So the three don't reveal which one is right, and each rendering of the card has the same
 * three.
 */
export function choicesFor({ code, browser }: LinkIn<'opened'>): readonly string[] {
  const choices = new Set([code]);
  for (let n = 0; choices.size < CHOICES; n += 1)
    choices.add(codeOf(createHash('sha256').update(`${browser}.${n}`).digest()));
  return [...choices].toSorted();
}

const codeOf = (random: Buffer): string =>
  String(random.readUInt32BE(0) % 10 ** CODE_LENGTH).padStart(CODE_LENGTH, '0');

async function save(tx: Transaction, link: Link): Promise<void> {
  await tx.links.save(link);
  await invalidate(tx, linkTopic(link.id), sentLinkTopic(link.id));
}

function factsOf(link: Link): LinkFacts {
  const { id, version, purpose, subject, personId, createdAt, expiresAt, openings } = link;
  return { id, version, purpose, subject, personId, createdAt, expiresAt, openings };
}

/** Takes the same time wherever the texts differ, so the time reveals nothing. */
export function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
