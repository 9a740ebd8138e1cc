/** Stores of holds (the reasons for access), of accounts and of removals. */
import type { Account } from '../access/account.ts';
import type { Hold, LastingHold } from '../access/hold.ts';
import type { OpenRemoval, OpenRemovalState, Removal } from '../access/removals/removal.ts';
import type { Page, VersionedStore } from './store.ts';

/** What was there at some time of a period. Values that are left out match everything. */
export interface During {
  readonly from: Date;
  /** Not included. */
  readonly before: Date;
  readonly personId?: string | undefined;
  readonly integrationId?: string | undefined;
}

export interface HoldStore extends VersionedStore<Hold> {
  insert(hold: Hold): Promise<void>;
  /**
   * Open ones for a time that began later than that, at most 100: a clock was ahead. Their end is after their beginning: one that was
   * set since says when they end. So does that of a rule's, which has no length. `people` is how many have any.
   */
  startedAfter(at: Date): Promise<{ readonly holds: readonly Hold[]; readonly people: number }>;
  /** The same for the end of at most 250 at once. */
  setEnd(holds: readonly Hold[], endsAt: Date): Promise<void>;
  /** Open ones, the oldest first. */
  openAt(personId: string, integrationId: string): Promise<readonly Hold[]>;
  openOf(personId: string): Promise<readonly Hold[]>;
  /** All of that person and integration, in any state, the newest first; at most 10. */
  of(personId: string, integrationId: string): Promise<readonly Hold[]>;
  /** The same since then, the oldest first; at most 250. */
  startedSince(personId: string, integrationId: string, since: Date): Promise<readonly Hold[]>;
  /** Those that ended then or later, without grants that never were; the newest first. */
  endedSince(personId: string, integrationId: string, since: Date): Promise<readonly Hold[]>;
  /** The newest of each item of a rule, in any state. */
  latestOfRules(personId: string, integrationId: string): Promise<readonly Hold[]>;
  /** Those that were open at that time, the newest first. */
  openThen(personId: string, integrationId: string, at: Date): Promise<readonly Hold[]>;
  /** By id, after that one; at most 250. */
  during(period: During, afterId?: string): Promise<readonly Hold[]>;
  /** Open ones that have ended by then; the soonest first, at most 100. */
  ending(now: Date, offset?: number): Promise<readonly Hold[]>;
  /** Open ones whose reminder is due (`warningAt`) and wasn't sent; the soonest end first, at most 100. */
  toWarn(now: Date, offset?: number): Promise<readonly Hold[]>;
  /** People with an open hold there, after that person; by id, at most 250. */
  peopleAt(integrationId: string, afterPersonId?: string): Promise<readonly string[]>;
  /** Open ones of at most 250 people, in no order. */
  openOfPeople(personIds: readonly string[]): Promise<readonly Hold[]>;
  /** Those that rules have and that have no end date. @param ruleIds left out: of all rules */
  lastingOfRules(
    personIds: readonly string[],
    ruleIds?: readonly string[],
  ): Promise<readonly LastingHold[]>;
  /** How many people have an open hold of that rule; what was kept at an app that was deleted doesn't count. */
  countOfRule(ruleId: string): Promise<number>;
  /** The same of many, by the rule's id; those that no one has are left out. */
  countsOfRules(ruleIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Active people who have it since it was found, and for no other reason; by name. */
  onlyFoundAt(
    integrationId: string,
    page: Page,
  ): Promise<{ readonly personIds: readonly string[]; readonly total: number }>;
}

export interface AccountStore extends VersionedStore<Account> {
  insert(account: Account): Promise<void>;
  /** Those without a proof of removal, the oldest first. */
  openAt(personId: string, integrationId: string): Promise<readonly Account[]>;
  /** The same at every integration. */
  openOf(personId: string): Promise<readonly Account[]>;
  /** Anyone's without a proof of removal that go by one of these keys, the oldest first; at most 20. */
  withKeys(integrationId: string, keys: readonly string[]): Promise<readonly Account[]>;
  /** Those of older versions, without a proof of removal. */
  withoutKeys(limit: number): Promise<readonly Account[]>;
  /** Locks what goes by these keys until the transaction ends: of two who learn one id at once, the second one sees the first. */
  holdKeys(integrationId: string, keys: readonly string[]): Promise<void>;
  /** Those with a proof of removal, the latest first; at most 10. */
  goneAt(personId: string, integrationId: string): Promise<readonly Account[]>;
  /** All of that integration, proven gone or not, after that id; by id, at most 250. */
  pageAt(integrationId: string, afterId: string): Promise<readonly Account[]>;
  /** People with an account there without a proof of removal, after that person; by id, at most 250. */
  peopleAt(integrationId: string, afterPersonId?: string): Promise<readonly string[]>;
}

export interface RemovalFilter {
  readonly personId?: string | undefined;
  readonly integrationId?: string | undefined;
  readonly state?: Removal['state'] | 'open' | undefined;
  /** From people who report to this one. */
  readonly managerId?: string | undefined;
}

export interface RemovalStore extends VersionedStore<Removal> {
  /** @returns 'taken' when one is open for that person and integration already (a database constraint decides). */
  insert(removal: OpenRemoval): Promise<'inserted' | 'taken'>;
  findMany(ids: readonly string[]): Promise<readonly Removal[]>;
  open(personId: string, integrationId: string): Promise<OpenRemoval | undefined>;
  /** The one that began last, in any state. */
  latest(personId: string, integrationId: string): Promise<Removal | undefined>;
  /** The same at each integration, in no order. */
  latestOf(personId: string): Promise<readonly Removal[]>;
  openOf(personId: string): Promise<readonly OpenRemoval[]>;
  /** What is being removed from at most 250 people, in no order. Nothing is decrypted. */
  openOfPeople(
    personIds: readonly string[],
  ): Promise<readonly Pick<Removal, 'personId' | 'integrationId'>[]>;
  /** Open ones of an integration, after that id; by id, at most 250. */
  openAt(integrationId: string, afterId?: string): Promise<readonly OpenRemoval[]>;
  /** The newest first. `total` counts all that match. */
  list(
    filter: RemovalFilter,
    page: Page,
  ): Promise<{ readonly removals: readonly Removal[]; readonly total: number }>;
  /** The same for a file: those that began before that one, or all of them; the newest first. */
  before(
    removalId: string | undefined,
    limit: number,
    filter: RemovalFilter,
  ): Promise<readonly Removal[]>;
  /** In any state; by id, after that one; at most 250. */
  during(period: During, afterId?: string): Promise<readonly Removal[]>;
  /** Those due before this, the longest due first; at most 500. Nothing is decrypted. */
  dueBefore(before: Date, offset?: number): Promise<readonly Pick<Removal, 'id' | 'version'>[]>;
  /** Open ones that are due after this; at most 500. Nothing is decrypted. */
  openDueAfter(after: Date, offset?: number): Promise<readonly Pick<Removal, 'id' | 'version'>[]>;
  /** Stuck ones, those with the oldest notification first; `total` counts all. */
  stuck(page: {
    readonly offset: number;
    readonly limit: number;
  }): Promise<{ readonly removals: readonly OpenRemoval[]; readonly total: number }>;
  count(filter: RemovalFilter): Promise<number>;
  /** The same for each app that has some, by its id. */
  countByApp(
    state: Exclude<RemovalFilter['state'], undefined>,
  ): Promise<ReadonlyMap<string, number>>;
  /** How many are in each open state. */
  countOpen(): Promise<Readonly<Record<OpenRemovalState, number>>>;
}

/** When an app last answered 2xx to its current manifest, secrets and connection. */
export interface HealthStore {
  okAt(integrationId: string): Promise<Date | undefined>;
  /** Of every app that has answered, by its id. */
  okTimes(): Promise<ReadonlyMap<string, Date>>;
  /**
   * Cheap to call often, because it writes at most once an hour.
   * @param askedAt when the request left: an answer that comes after `forget` to a request from before doesn't count
   */
  markOk(integrationId: string, at: Date, askedAt: Date): Promise<void>;
  /** When `forget` was called last. */
  forgottenAt(integrationId: string): Promise<Date | undefined>;
  /** Its manifest, secrets or connection changed, so answers to earlier requests no longer count. */
  forget(integrationId: string, at: Date): Promise<void>;
}
