/** Stores of links from chat, and of browser sessions. */
import type { Link, LinkPurpose, RevealPurpose } from '../links/link.ts';
import type { VersionedStore } from './store.ts';

export interface LinkStore extends VersionedStore<Link> {
  insert(link: Link): Promise<void>;
  deleteExpired(before: Date): Promise<void>;
  /** Those for this person. */
  deleteOf(personId: string): Promise<void>;
  /** Without those that were emailed to them. */
  deleteFromChatOf(personId: string): Promise<void>;
}

/** Using a link from chat opens a session: its browser may do one thing for one person until the session expires. */
export interface WebSession {
  readonly id: string;
  readonly personId: string;
  readonly purpose: Exclude<LinkPurpose, RevealPurpose>;
  /** The link's subject. */
  readonly subject: string;
  /** Keyed hash of the browser's cookie. */
  readonly browser: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface WebSessionStore {
  insert(session: WebSession): Promise<void>;
  find(id: string): Promise<WebSession | undefined>;
  /** True for the first caller only. */
  delete(id: string): Promise<boolean>;
  deleteExpired(before: Date): Promise<void>;
  deleteOf(personId: string): Promise<void>;
}
