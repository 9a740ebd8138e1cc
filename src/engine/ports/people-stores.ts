/** Stores of people, their identities in chat, and all data about them. */
import type { JsonObject } from '../../core/json.ts';
import type { AuditEntry, Person } from '../people/directory.ts';
import type { Join } from '../people/join.ts';
import type { Leftover } from '../people/stored-values.ts';
import type { Conversation } from './chat-stores.ts';
import type { Page, VersionedStore } from './store.ts';

export interface PeopleStore extends VersionedStore<Person> {
  /** `find`, and locks the person against changes until this transaction ends. */
  hold(id: string): Promise<Person | undefined>;
  /**
   * `hold` for many, in the order of their ids, so that no two transactions wait for each other. Those who exist.
   * @param how 'shared': others may hold them so, too; left out: alone
   */
  holdMany(ids: readonly string[], how?: 'shared'): Promise<readonly Person[]>;
  /**
   * Until this transaction ends, no other one decides what depends on several people: who has an employee ID, and whether a manager
   * reports to the person. Read those people after it.
   */
  lockCompared(): Promise<void>;
  findMany(ids: readonly string[]): Promise<readonly Person[]>;
  /** The addresses of those who exist, by id; includes people who have left. */
  addresses(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Who their managers are, and those of these managers, and so on, by the report's id, without those who have none. */
  managersAbove(ids: readonly string[]): Promise<Map<string, string>>;
  /** Undefined when they have none, or when their row can't be read, so that one bad row doesn't stop the days of others. */
  timeZoneOf(id: string): Promise<string | undefined>;
  /** Case doesn't matter. */
  findByEmail(email: string): Promise<Person | undefined>;
  /** People with one of these addresses (trimmed, lower case), in no order; includes people who have left. */
  findByEmails(emails: readonly string[]): Promise<readonly Person[]>;
  /** People with one of these employee IDs, in no order; includes people who have left. Of several with the same id, at least two. */
  findByEmployeeIds(ids: readonly string[]): Promise<readonly Person[]>;
  /** The same, without reading more of them than their ids. */
  idsByEmployeeIds(ids: readonly string[]): Promise<readonly Pick<Person, 'id' | 'employeeId'>[]>;
  /** The one active person with this number, in any notation. Undefined when nobody or several people have it. */
  findByPhone(phone: string): Promise<Person | undefined>;
  /**
   * Active people whose name or email contains every word of `text`, in any case; by name. `total` counts all of them.
   * @param who 'everybody': people who have left, too; 'left': only those
   */
  search(
    text: string,
    page: Page,
    who?: 'active' | 'everybody' | 'left',
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  /** The same people by id, after that one, for a file: nobody moves while it is read. */
  searchAfter(
    afterId: string,
    limit: number,
    wanted: { readonly text: string; readonly who: 'active' | 'everybody' | 'left' },
  ): Promise<readonly Person[]>;
  /**
   * Active people with this value stored under that name; case doesn't matter. In a transaction it locks the name until the
   * transaction ends, so that only one of two people who confirm a value at once gets it. A transaction that needs several names
   * takes them in their order, so that no two wait for each other.
   */
  withFact(name: string, value: string): Promise<readonly Person[]>;
  /** The same for many values. The keys are the values as given; values that nobody has are left out. */
  withFacts(
    name: string,
    values: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Ids of active people after this id, in a fixed order. */
  activeAfter(afterId: string, limit: number): Promise<readonly string[]>;
  /** The same people themselves. */
  activePage(afterId: string, limit: number): Promise<readonly Person[]>;
  /** The same with people who have left. */
  everyPage(afterId: string, limit: number): Promise<readonly Person[]>;
  /** The active admins, by name. */
  admins(): Promise<readonly Person[]>;
  /** The active direct reports of a manager, by name. */
  reportsOf(managerId: string): Promise<readonly Person[]>;
  /** A page of them; `total` counts all. */
  reports(
    managerId: string,
    page: Page,
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  hasReports(managerId: string): Promise<boolean>;
  /** Everyone whose manager or buddy this person is, in a fixed order; includes people who have left. */
  whoNames(id: string): Promise<readonly Person[]>;
  /** Active people whose first day is between these ISO dates, both included; the soonest first. */
  startingBetween(
    from: string,
    until: string,
    page: Page,
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  /** Ids of the people that an import added, after this id, in a fixed order; includes people who have left. */
  addedBy(importId: string, afterId: string, limit: number): Promise<readonly string[]>;
  countAddedBy(importId: string): Promise<number>;
  /** The departments of active people, each once, by name. */
  departments(): Promise<readonly string[]>;
  /** @returns 'taken' when someone has the address, even if a transaction that has only just ended added them */
  insert(person: Person): Promise<'inserted' | 'taken'>;
  /** At most 250 at once. */
  insertMany(people: readonly Person[]): Promise<void>;
  /** `save` for many whose manager alone has changed. @throws {StaleWrite} where someone else changed one of them */
  saveManagers(people: readonly Person[]): Promise<void>;
  /** Removes these values from everyone, also from people who have left. @returns how many people had any of them */
  dropLeftovers(leftovers: readonly Leftover[]): Promise<number>;
  /** Stores the locale of their chat client. The version stays, because nobody changed the person. */
  noteChatLocale(id: string, locale: string): Promise<void>;
}

/** Who a chat user is. `tenant` is Slack's team id or Teams' tenant id; `userId` Slack's user id or the Entra object id. */
export interface ChatIdentity {
  readonly platform: 'slack' | 'teams';
  readonly tenant: string;
  readonly userId: string;
  readonly personId: string;
  readonly linkedAt: Date;
  /** By an address that nobody has confirmed. Links of 0.2.0 don't say it. */
  readonly isUnsure?: true;
}

/** The person behind a chat user, with what every answer to them needs. */
export interface KnownUser {
  readonly person: Person;
  /** Their direct conversation on that platform. */
  readonly conversation: Conversation | undefined;
  /** The workspace's settings as stored, for `readWorkspaceSettings`. */
  readonly workspace: string | undefined;
}

export interface ChatIdentityStore {
  /** One query, because everything that anybody does in chat needs it. Undefined for a stranger. */
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
  /** Does nothing when that chat user is linked already. */
  insert(identity: ChatIdentity): Promise<void>;
  /** It isn't unsure any more. */
  makeSure(platform: ChatIdentity['platform'], tenant: string, userId: string): Promise<void>;
  ofPerson(personId: string): Promise<readonly ChatIdentity[]>;
  delete(platform: ChatIdentity['platform'], tenant: string, userId: string): Promise<void>;
}

/** A chat user who wrote and was refused, because Latchkey doesn't know who they are. An admin may link them by hand. */
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
  /** The most recently refused first. */
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
  /** Those without a decision, whose address no active person has; the newest first. @param until who joined later isn't one */
  open(
    page: Page,
    until?: Date,
  ): Promise<{ readonly joins: readonly Join[]; readonly total: number }>;
  countSince(since: Date): Promise<number>;
  /** Decides all that are open. @param until who joined later stays open @returns their number */
  ignoreOpen(decidedById: string, until?: Date): Promise<number>;
}

/** All data about one person, from all tables. */
export interface PersonalData {
  /**
   * All of it, by table, without secrets of integrations and the content of files. Undefined when the person doesn't exist,
   * or was erased while it was read.
   * It is large: it includes all answers of apps about the person.
   * @param since leaves out what began before, and the result says so
   */
  collect(personId: string, since?: Date): Promise<JsonObject | undefined>;
  /**
   * Deletes it, and removes their address from everything else. It keeps a keyed hash of the address, so that no import adds them
   * again. The audit log keeps its entries, under an id that no longer belongs to anybody.
   * @param entry is added to the audit log with it, and says how many texts no key opens
   * @returns what `lookAgain` returns, which is called at the end
   * @throws {StaleWrite} someone who had left is back, or a removal of theirs began after `entry.at`: nothing is deleted
   */
  erase(person: Person, entry: AuditEntry): Promise<boolean>;
  /**
   * Removes what was stored about someone while they were erased. Nothing happens where that is done, or they were never erased.
   * @param at of the entries for what is found: the audit log takes none that is older than those before it
   * @returns false where a worker still holds a row that it had read before, and may store it: call it again later
   */
  lookAgain(personId: string, at: Date): Promise<boolean>;
}
