/** Stores of rules, of exceptions and troubles, and of the people who are to be evaluated. */
import type { Rule, RuleException, RuleItem, RuleTrouble } from '../rules/rule.ts';
import type { NamedStore, Page } from './store.ts';

/** A search looks at the name. */
export interface RuleStore extends NamedStore<Rule> {
  /** Those that are on, by id. */
  on(): Promise<readonly Rule[]>;
  /** Those that are not deleted and give this bundle, or would by their draft; by name. */
  giving(bundleId: string): Promise<readonly Rule[]>;
  /** Whether there was ever one. */
  any(): Promise<boolean>;
  insertItem(item: RuleItem): Promise<void>;
  findItem(id: string): Promise<RuleItem | undefined>;
}

export interface RuleExceptionStore {
  insert(exception: RuleException): Promise<void>;
  find(id: string): Promise<RuleException | undefined>;
  /** Those in effect at that time; of each person in the order in which they were made. */
  inEffect(
    personIds: readonly string[],
    now: Date,
  ): Promise<readonly Omit<RuleException, 'reason'>[]>;
  /** Those of a rule that are in effect, the newest first. */
  ofRule(
    ruleId: string,
    now: Date,
    page: Page,
  ): Promise<{ readonly exceptions: readonly RuleException[]; readonly total: number }>;
  delete(id: string): Promise<void>;
  /** The people whose exceptions ended after `since`, until now. */
  endedSince(since: Date, now: Date): Promise<readonly string[]>;
  deleteEndedBefore(before: Date): Promise<void>;
}

export interface RuleTroubleStore {
  of(personId: string): Promise<readonly RuleTrouble[]>;
  /** Of at most 250 people, in no order. */
  ofPeople(personIds: readonly string[]): Promise<readonly RuleTrouble[]>;
  /** Inserts it or replaces the one of that person and item. */
  put(trouble: RuleTrouble): Promise<void>;
  delete(key: Pick<RuleTrouble, 'personId' | 'itemId' | 'integrationId'>): Promise<void>;
  /** People with a failed grant that is to be tried again, after that person; by id, at most 250. */
  people(afterPersonId?: string): Promise<readonly string[]>;
  /** Those of which admins were notified and which go on, of one rule; `total` counts all. */
  ofRule(
    ruleId: string,
    page: Page,
  ): Promise<{ readonly troubles: readonly RuleTrouble[]; readonly total: number }>;
}

/** A look at everyone. There is one at a time: a newer one takes its place, since it sees what the older one would have seen. */
export interface RulePass {
  readonly version: number;
  readonly startedAt: Date;
  /** When it last made progress. One that makes none has lost its job. */
  readonly movedAt: Date;
  /** The last person that it has looked at; empty before the first one. */
  readonly lastPersonId: string;
  readonly endedAt?: Date;
}

export interface RuleWorkStore {
  /** These people are to be evaluated now. Those who wait already keep one entry, with the earlier time. At most 500 at once. */
  add(personIds: readonly string[], now: Date): Promise<void>;
  /** Those due, the longest due first, at most 250. */
  due(now: Date): Promise<readonly string[]>;
  /** Whether they are to be evaluated now, or a pass may still note them. */
  isAwaited(personId: string, now: Date): Promise<boolean>;
  /** They are evaluated in this transaction, which holds them: before it reads what their notes are about. */
  done(personIds: readonly string[]): Promise<void>;
  /** Their evaluation broke down: not again before that time. */
  postpone(personId: string, until: Date): Promise<void>;
  /** Until this transaction ends, no pass begins. Rules that are read after it are those that the next pass compares with. */
  delayPass(): Promise<void>;
  pass(): Promise<RulePass | undefined>;
  /** Begins one, in place of one that goes on. It waits for transactions that delay it, and then they wait for this one. */
  beginPass(now: Date): Promise<void>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  savePass(pass: RulePass): Promise<void>;
  /** Whether people or a pass have waited since before then. */
  isOverdue(before: Date): Promise<boolean>;
}
