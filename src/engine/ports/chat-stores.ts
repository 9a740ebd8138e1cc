/** Stores of live messages, conversations, open forms, and platform events that were handled. */
import type { Address, LiveCardRef } from '../../core/message.ts';
import type { AccessIds } from '../people/directory.ts';

/** A message whose card is refreshed when its topic changes. */
export interface LiveMessage {
  readonly id: string;
  readonly card: LiveCardRef;
  /** The card is rendered for this person, with their permissions. */
  readonly readerId: string;
  readonly address: Address;
  /** Hash of the card that was last sent. */
  readonly shown: string;
  /** When it was posted, or last replaced because its reader pressed something on it. */
  readonly postedAt: Date;
  /** Several people read it, so it is in the workspace's language, not in the reader's. */
  readonly forEverybody?: true;
}

export interface MessageStore {
  find(id: string): Promise<LiveMessage | undefined>;
  findByAddress(address: Address): Promise<LiveMessage | undefined>;
  /** Those that follow any of these, per topic the newest first. */
  byTopics(topics: readonly string[]): Promise<readonly LiveMessage[]>;
  /** Ids of those that follow a run, hold, removal, request or task of any of these, the newest first; at most 250 times as many as these. */
  about(accesses: readonly AccessIds[]): Promise<readonly string[]>;
  /** Inserts or overwrites by id. */
  put(message: LiveMessage): Promise<void>;
  delete(id: string): Promise<void>;
  /** Every message to this reader on that platform. They stay in chat, but are no longer live. */
  deleteOf(readerId: string, platform: Address['platform']): Promise<void>;
}

/** Where a person's direct conversation with the bot is. */
export interface Conversation {
  readonly personId: string;
  readonly address: Address;
  readonly lastWroteAt: Date;
}

export interface ConversationStore {
  /** Inserts or overwrites by person and platform. */
  put(conversation: Conversation): Promise<void>;
  /** As `put`, for one in which nobody wrote: when the person last wrote there stays as it is. */
  meet(conversation: Omit<Conversation, 'lastWroteAt'>): Promise<void>;
  /** The one where the person last wrote. */
  latest(personId: string): Promise<Conversation | undefined>;
  on(personId: string, platform: Address['platform']): Promise<Conversation | undefined>;
  delete(personId: string, platform: Address['platform']): Promise<void>;
}

/** A form as it was shown to someone, kept until they answer. */
export interface FormSession {
  readonly id: string;
  /** JSON of the form as it was shown. */
  readonly form: string;
  readonly personId: string;
  readonly createdAt: Date;
}

export interface FormSessionStore {
  insert(session: FormSession): Promise<void>;
  /** Undefined when it is unknown, used or older than an hour. */
  find(id: string, at: Date): Promise<FormSession | undefined>;
  /** Whether it was shown to this person and used. False once it is forgotten. */
  isUsed(id: string, personId: string): Promise<boolean>;
  /** True for the first caller only: a form is answered once. */
  use(id: string, at: Date): Promise<boolean>;
  /** Makes a used form answerable again, after an answer that was refused. */
  reopen(id: string): Promise<void>;
  /** Those that were shown to this person. */
  deleteOf(personId: string): Promise<void>;
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** A fetched list of options, or why there is none. */
export type OptionsAnswer =
  | { readonly kind: 'options'; readonly options: readonly Option[] }
  /** `isPlain`: it says nothing of how the integration is set up. */
  | { readonly kind: 'problem'; readonly message: string; readonly isPlain?: true };

export interface OptionsStore {
  /** `key`: a keyed hash of the rendered request. Undefined when it is unknown, expired, or stored while the clock was ahead. */
  find(key: string, now: Date): Promise<OptionsAnswer | undefined>;
  put(
    key: string,
    answer: OptionsAnswer,
    times: { readonly at: Date; readonly expiresAt: Date },
  ): Promise<void>;
  delete(key: string): Promise<void>;
}

/** An interaction from before its acknowledgement until it is answered. */
export interface OpenInteraction {
  /** The same for a redelivery. */
  readonly key: string;
  /** JSON of what the platform sent. */
  readonly content: string;
  /** `begun`: its handler may have changed something. */
  readonly state: 'waiting' | 'begun';
  readonly acceptedAt: Date;
}

export type InboxMark = Pick<OpenInteraction, 'key' | 'acceptedAt'>;

/** Undefined content: it was written by someone else, or with a key that is missing. */
export type TakenOver = Omit<OpenInteraction, 'content'> & { readonly content: string | undefined };

export interface InboxLease {
  readonly processId: string;
  /** Another process takes over after this time. */
  readonly until: Date;
}

/**
 * Remembers which interactions came in, so that one that comes twice takes effect once, and one whose process dies is
 * taken over. Platforms repeat events for minutes, some for hours, never for days, so entries older than a day are purged.
 */
export interface InboxStore {
  /** True for the first caller with this key only. For what is handled before it is acknowledged. */
  accept(key: string, now: Date): Promise<boolean>;
  /** @returns the keys that were new, which are leased now */
  insert(interactions: readonly OpenInteraction[], lease: InboxLease): Promise<ReadonlySet<string>>;
  /**
   * For inserts that failed: they may have reached the database, or may yet. Makes sure that nobody handles what they store.
   * @returns the keys for which that is sure; the others came in before
   */
  cancel(marks: readonly InboxMark[], processId: string): Promise<ReadonlySet<string>>;
  /** @returns the keys that still were the process's, which have begun now, with a new lease */
  begin(keys: readonly string[], lease: InboxLease): Promise<ReadonlySet<string>>;
  /** Keeps the keys alone. Leaves out what another process has taken over. */
  end(keys: readonly string[], processId: string): Promise<void>;
  /** Leaves out what another process has taken over. */
  renew(keys: readonly string[], lease: InboxLease): Promise<void>;
  /** Leases what was not renewed in time, the oldest first. */
  takeOver(lease: InboxLease, now: Date): Promise<readonly TakenOver[]>;
}

/** A platform's token that expires. All processes share it, and one renews it at a time. */
export interface ChatToken {
  readonly platform: 'slack';
  readonly version: number;
  readonly token: string;
  /** Renews it once. */
  readonly refreshToken: string;
  /** The refresh tokens of the configuration that were taken so far, the newest last. Each counts once. */
  readonly origins: readonly string[];
  readonly expiresAt: Date;
  /** Until then, one process renews it; or after a failure, none does. */
  readonly leasedUntil?: Date;
  /** Why it was not renewed the last time, as a sentence. */
  readonly failure?: string;
  /** Since then, the platform refuses the refresh token. */
  readonly lostAt?: Date;
}

export interface ChatTokenStore {
  find(platform: ChatToken['platform']): Promise<ChatToken | undefined>;
  /** @returns false when there is one already */
  insert(token: ChatToken): Promise<boolean>;
  /** @returns it with its next version; undefined when someone else has changed it */
  save(token: ChatToken): Promise<ChatToken | undefined>;
}
