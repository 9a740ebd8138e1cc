/** Messages that follow their subject, conversations, forms as they were shown, and events that were handled. */

import type { Address, LiveCardRef } from '../../core/message.ts';

/** A message whose content follows its subject. */
export interface LiveMessage {
  readonly id: string;
  readonly card: LiveCardRef;
  /** Who reads it: the card is rendered for this person, with this person's permissions. */
  readonly readerId: string;
  readonly address: Address;
  /** Hash of the card as last sent. */
  readonly shown: string;
  readonly postedAt: Date;
  /** It stands where several people read, so it is in the language of the workspace and not of the reader. */
  readonly forEverybody?: true;
}

export interface MessageStore {
  find(id: string): Promise<LiveMessage | undefined>;
  findByAddress(address: Address): Promise<LiveMessage | undefined>;
  /** Those that follow any of these, the newest of each subject first. */
  bySubjects(subjects: readonly string[]): Promise<readonly LiveMessage[]>;
  /** Inserts or overwrites by id. */
  put(message: LiveMessage): Promise<void>;
  delete(id: string): Promise<void>;
  /** Every message to this reader on that platform: they stay there, and follow nothing any more. */
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
  /** The one where the person last wrote. */
  latest(personId: string): Promise<Conversation | undefined>;
  on(personId: string, platform: Address['platform']): Promise<Conversation | undefined>;
  delete(personId: string, platform: Address['platform']): Promise<void>;
}

/** What somebody was shown in a form, as JSON, kept until they answer. */
export interface FormSession {
  readonly id: string;
  /** JSON of the form as it was shown. */
  readonly form: string;
  readonly personId: string;
  readonly createdAt: Date;
}

export interface FormSessionStore {
  insert(session: FormSession): Promise<void>;
  /** Undefined when unknown, used or older than an hour. */
  find(id: string): Promise<FormSession | undefined>;
  /** True for the first caller only: a form is answered once. */
  use(id: string): Promise<boolean>;
  /** Makes a used form answerable again, after an answer that was refused. */
  reopen(id: string): Promise<void>;
  /** Those that this person was shown. */
  deleteOf(personId: string): Promise<void>;
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** A fetched list of options, or why there is none. */
export type OptionsAnswer =
  | { readonly kind: 'options'; readonly options: readonly Option[] }
  | { readonly kind: 'problem'; readonly message: string };

export interface OptionsStore {
  /** `key` stands for the rendered request (a keyed hash); undefined when unknown, expired, or put by a clock that was ahead. */
  find(key: string, now: Date): Promise<OptionsAnswer | undefined>;
  put(key: string, answer: OptionsAnswer, expiresAt: Date): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * Remembers which platform events were handled, so that one delivered twice does one thing once. Platforms deliver again for
 * minutes, some for hours, never for days: what is older than a day is purged.
 */
export interface InboxStore {
  /** True for the first caller with this key only. */
  accept(key: string, now: Date): Promise<boolean>;
}
