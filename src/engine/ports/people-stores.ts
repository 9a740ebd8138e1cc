/** Who is in the directory, who they are in chat, and everything that is kept of them. */

import type { JsonObject } from '../../core/json.ts';
import type { AuditEntry, Person } from '../people/directory.ts';
import type { Join } from '../people/join.ts';
import type { Leftover } from '../people/stored-values.ts';
import type { Conversation } from './chat-stores.ts';
import type { Page } from './store.ts';

export interface PeopleStore {
  find(id: string): Promise<Person | undefined>;
  /** `find`, and nobody else changes the person before this transaction has ended. */
  hold(id: string): Promise<Person | undefined>;
  findMany(ids: readonly string[]): Promise<readonly Person[]>;
  /** Where they have one. A row that can't be read keeps nobody else's day from beginning or ending. */
  timeZoneOf(id: string): Promise<string | undefined>;
  /** In any case. */
  findByEmail(email: string): Promise<Person | undefined>;
  /** Those who have one of these addresses (trimmed, lower case), in no order; also those who have left. */
  findByEmails(emails: readonly string[]): Promise<readonly Person[]>;
  /** The one active person with this number, however either is written; undefined where it is nobody's, or several people's. */
  findByPhone(phone: string): Promise<Person | undefined>;
  /**
   * Active people whose name or email contains every word of `text`, in any case; by name. `total` counts all of them.
   * @param who 'everybody': people who have left, too
   */
  search(
    text: string,
    page: Page,
    who?: 'active' | 'everybody',
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  /**
   * Active people who have this value stored under that name, in any case. In a transaction no other one is answered for the
   * same name before this one has ended: of two people who confirm a value at once only one gets it. A transaction that asks
   * for several names asks in their order, so that no two wait for each other.
   */
  withFact(name: string, value: string): Promise<readonly Person[]>;
  /** The same for many values: whose they are, by the values as they were asked for; those that nobody has are left out. */
  withFacts(
    name: string,
    values: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The active admins, by name. */
  admins(): Promise<readonly Person[]>;
  /** The active direct reports of a manager, by name. */
  reportsOf(managerId: string): Promise<readonly Person[]>;
  /** Everyone whose manager or buddy they are, those who have left too; in one order. */
  whoNames(id: string): Promise<readonly Person[]>;
  /** Active people whose first day is between these ISO dates, both included; the soonest first. */
  startingBetween(
    from: string,
    until: string,
    page: Page,
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  /** The ids of those whom an import has added and who come after this id, in one order; those who have left too. */
  addedBy(importId: string, afterId: string, limit: number): Promise<readonly string[]>;
  countAddedBy(importId: string): Promise<number>;
  /** The departments of active people, each once, by name. */
  departments(): Promise<readonly string[]>;
  /** @returns 'taken' where somebody has the address, also by a transaction that has ended just now. */
  insert(person: Person): Promise<'inserted' | 'taken'>;
  /** At most 250 at once. */
  insertMany(people: readonly Person[]): Promise<void>;
  /** Compare-and-set on `person.version`; gives back the person with the next version. @throws {StaleWrite} */
  save(person: Person): Promise<Person>;
  /** Removes what is left from everyone, those who have left too. @returns how many people had any of it */
  dropLeftovers(leftovers: readonly Leftover[]): Promise<number>;
  /** Keeps what their chat client says. The version stays: nobody changed the person. */
  noteChatLocale(id: string, locale: string): Promise<void>;
}

/** Who a chat user is. `tenant` is Slack's team id or Teams' tenant id; `userId` Slack's user id or the Entra object id. */
export interface ChatIdentity {
  readonly platform: 'slack' | 'teams';
  readonly tenant: string;
  readonly userId: string;
  readonly personId: string;
  readonly linkedAt: Date;
}

/** Whom a chat user is, with what every answer to them depends on. */
export interface KnownUser {
  readonly person: Person;
  /** Their direct conversation on that platform. */
  readonly conversation: Conversation | undefined;
  /** The workspace's settings as they are kept, for `readWorkspaceSettings`. */
  readonly workspace: string | undefined;
}

export interface ChatIdentityStore {
  /** With one question, since it is asked for everything that anybody does in chat. Undefined for a stranger. */
  known(
    platform: ChatIdentity['platform'],
    tenant: string,
    userId: string,
  ): Promise<KnownUser | undefined>;
  find(
    platform: ChatIdentity['platform'],
    tenant: string,
    userId: string,
  ): Promise<ChatIdentity | undefined>;
  /** Does nothing where that chat user is linked already. */
  insert(identity: ChatIdentity): Promise<void>;
  ofPerson(personId: string): Promise<readonly ChatIdentity[]>;
  delete(platform: ChatIdentity['platform'], tenant: string, userId: string): Promise<void>;
}

/** A chat user who wrote and was refused, since nothing says who they are: an admin may link them by hand. */
export interface RefusedUser {
  readonly platform: ChatIdentity['platform'];
  readonly tenant: string;
  readonly userId: string;
  readonly name: string;
  /** As their profile shows it, confirmed or not; lower case. */
  readonly email?: string;
  readonly refusedAt: Date;
}

export interface RefusedUserStore {
  /** Inserts or overwrites by chat user. */
  put(user: RefusedUser): Promise<void>;
  find(
    platform: ChatIdentity['platform'],
    tenant: string,
    userId: string,
  ): Promise<RefusedUser | undefined>;
  /** Who was refused last comes first. */
  newest(limit: number): Promise<readonly RefusedUser[]>;
  delete(platform: ChatIdentity['platform'], tenant: string, userId: string): Promise<void>;
}

export interface JoinStore {
  /** @returns 'taken' for a chat user who joined before. */
  insert(join: Join): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<Join | undefined>;
  /** @param emails in lower case, at most 500 */
  byEmails(emails: readonly string[]): Promise<readonly Join[]>;
  save(join: Join): Promise<void>;
  /** Those that nobody has decided and whose address nobody has who is here; who came last comes first. */
  open(page: Page): Promise<{ readonly joins: readonly Join[]; readonly total: number }>;
  countSince(since: Date): Promise<number>;
  /** Decides all that are open. @returns their number */
  ignoreOpen(decidedById: string): Promise<number>;
}

/** Everything that is kept of one person, wherever it is. */
export interface PersonalData {
  /**
   * All of it, by table, without secrets of integrations and without the content of files. Undefined for nobody.
   * Large: with everything that third parties have answered about the person.
   * @param since leaves out what began before, and says so
   */
  collect(personId: string, since?: Date): Promise<JsonObject | undefined>;
  /**
   * Deletes it, takes their address out of everything else, and keeps a keyed hash of it, so that no import brings them
   * back. The audit log keeps what happened under an id that is nobody's any more.
   * @param entry is added to the audit log with it
   */
  erase(person: Person, entry: AuditEntry): Promise<void>;
}
