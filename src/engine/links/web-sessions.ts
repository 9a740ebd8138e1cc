/**
 * Browser sessions. Using a link from chat opens one, for one person, one purpose and one subject. It is stored with a keyed hash
 * of its browser's cookie, and it is valid only while that person has the permission.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Integration, Person } from '../people/directory.ts';
import { isAdmin, maySeeSetUp } from '../people/permission.ts';
import type { Draft } from '../ports/integration-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { WebSession } from '../ports/web-stores.ts';
import { mayTake } from '../work/exports.ts';
import type { Link } from './link.ts';
import { same } from './links.ts';

export type SessionPurpose = WebSession['purpose'];

/** How long a page works. Every session expires, so that a browser that was left open is worth nothing. */
export const SESSION_LIFE_MS: Readonly<Record<SessionPurpose, number>> = {
  /** Long enough to look up a few values in another window. */
  secrets: 15 * MINUTE_MS,
  /** Long enough to log in to the app and allow the connection. The OAuth `state` expires with it. */
  connect: 10 * MINUTE_MS,
  /** Writing a manifest takes time. */
  manifest: HOUR_MS,
  /** As for a manifest: a bundle has a form for each app. */
  bundles: HOUR_MS,
  /** Long enough to find an app for it and install it. */
  authenticator: 30 * MINUTE_MS,
  /** Reading takes time, and changes nothing. */
  overview: 2 * HOUR_MS,
  /** Long enough to press one button. A download that has begun continues to its end. */
  export: 10 * MINUTE_MS,
};
/** Expired sessions are kept for a day, so that the page can say why it no longer works. */
export const SESSION_KEPT_MS = DAY_MS;
const COOKIE_BYTES = 24;

/** One-way, under the installation's key. */
type KeyedHash = (text: string) => string;

/** What a link or a session is about, as it is now, or why its person may not use it. */
export type Subject =
  | {
      readonly kind: 'good';
      readonly person: Person;
      /** Undefined for an export, for bundles, for the overview, and for the manifest of a new integration. */
      readonly integration: Integration | undefined;
    }
  /** The person is no longer an admin, nor someone else who may do it. */
  | { readonly kind: 'not-admin' }
  /** The integration or draft was deleted. */
  | { readonly kind: 'gone' };

export async function subjectNow(
  stores: Stores,
  { purpose, subject, personId }: Pick<Link, 'purpose' | 'subject' | 'personId'>,
): Promise<Subject> {
  const person = await stores.people.find(personId);
  if (!person?.active) return { kind: 'not-admin' };
  if (purpose === 'export')
    return (await mayTake(stores, subject, person))
      ? { kind: 'good', person, integration: undefined }
      : { kind: 'not-admin' };
  // Anyone may approve for an integration that asks for codes.
  if (purpose === 'authenticator') return { kind: 'good', person, integration: undefined };
  if (purpose === 'overview')
    return maySeeSetUp(person)
      ? { kind: 'good', person, integration: undefined }
      : { kind: 'not-admin' };
  if (!isAdmin(person)) return { kind: 'not-admin' };
  if (purpose === 'bundles') return { kind: 'good', person, integration: undefined };
  const draft = purpose === 'manifest' ? await stores.drafts.find(subject) : undefined;
  if (draft && !isTheirs(draft, person)) return { kind: 'gone' };
  if (draft && draft.integrationId === undefined)
    return { kind: 'good', person, integration: undefined };
  const integration = await stores.integrations.find(draft?.integrationId ?? subject);
  return integration && !integration.deletedAt
    ? { kind: 'good', person, integration }
    : { kind: 'gone' };
}

const isTheirs = (draft: Draft, { id }: Person): boolean =>
  draft.personId === id && draft.kind === 'manifest';

/**
 * In the transaction that uses the link, after the check that its person has the permission.
 * @returns the session, and the cookie for its browser
 */
export async function openSession(
  tx: Transaction,
  link: Pick<Link, 'id' | 'subject' | 'personId'> & { purpose: SessionPurpose },
  keyedHash: KeyedHash,
): Promise<{ readonly session: WebSession; readonly cookie: string }> {
  const createdAt = tx.now;
  const { id, purpose, subject, personId } = link; // A link opens one session, which has its id.
  const said = `${id}.${Buffer.from(tx.randomBytes(COOKIE_BYTES)).toString('base64url')}`;
  const cookie = `${said}.${signatureOf(said, keyedHash)}`;
  const session: WebSession = {
    id,
    personId,
    purpose,
    subject,
    browser: browserHash(cookie, keyedHash),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + SESSION_LIFE_MS[purpose]),
  };
  await tx.webSessions.deleteExpired(new Date(createdAt.getTime() - SESSION_KEPT_MS));
  await tx.webSessions.insert(session);
  return { session, cookie };
}

const signatureOf = (said: string, keyedHash: KeyedHash): string =>
  keyedHash(JSON.stringify(['session', said]));
const browserHash = (cookie: string, keyedHash: KeyedHash): string =>
  keyedHash(JSON.stringify(['session-browser', cookie]));

/** Read from a browser's cookie: the session's id, and the hash that the session stores. */
export interface SessionBrowser {
  readonly sessionId: string;
  readonly hash: string;
}

/** Undefined for a cookie that isn't ours. */
export function readSessionCookie(
  cookie: string,
  keyedHash: KeyedHash,
): SessionBrowser | undefined {
  const [sessionId = '', random = '', signature = ''] = cookie.split('.');
  const said = `${sessionId}.${random}`;
  return same(signature, signatureOf(said, keyedHash)) && cookie === `${said}.${signature}`
    ? { sessionId, hash: browserHash(cookie, keyedHash) }
    : undefined;
}

export type FoundSession =
  | {
      readonly kind: 'good';
      readonly session: WebSession;
      readonly person: Person;
      readonly integration: Integration | undefined;
    }
  /** It has ended, or it never existed. */
  | { readonly kind: 'over' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'not-admin'; readonly session: WebSession }
  | { readonly kind: 'gone' };

/** This browser's session, with its person and integration as they are now. */
export async function findSession(
  stores: Stores,
  { sessionId, hash }: SessionBrowser,
  { purpose, now }: { readonly purpose: SessionPurpose; readonly now: Date },
): Promise<FoundSession> {
  const session = await stores.webSessions.find(sessionId);
  if (session?.purpose !== purpose || !same(session.browser, hash)) return { kind: 'over' };
  if (session.expiresAt <= now) return { kind: 'expired' };
  const subject = await subjectNow(stores, session);
  switch (subject.kind) {
    case 'good':
      return { ...subject, session };
    case 'not-admin':
      return { kind: 'not-admin', session };
    case 'gone':
      return subject;
    default:
      return unreachable(subject);
  }
}

/** The person whose page this browser has opened, also after the session has expired. */
export async function personOfBrowser(
  stores: Pick<Stores, 'webSessions'>,
  { sessionId, hash }: SessionBrowser,
): Promise<string | undefined> {
  const session = await stores.webSessions.find(sessionId);
  return session && same(session.browser, hash) ? session.personId : undefined;
}

/** Every form of a session's pages carries this token, so that no other site can send one. */
export const csrfToken = ({ id, browser }: WebSession, keyedHash: KeyedHash): string =>
  keyedHash(JSON.stringify(['csrf', id, browser]));
