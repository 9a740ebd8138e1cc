/** Stores of access, requests, tasks, facts, delegations and offboardings. */
import type { Discovery } from '../access/discovery.ts';
import type { Offboarding, OffboardingItem } from '../offboarding/offboarding.ts';
import type { Access, Delegation } from '../people/directory.ts';
import type { FactClaim } from '../people/fact-claim.ts';
import type {
  AccessRequest,
  RequestContent,
  RequestState,
  Verdict,
} from '../requests/access-request.ts';
import type { BreakGlass } from '../requests/break-glass-record.ts';
import type { Question } from '../requests/question.ts';
import type { Reassignment } from '../requests/reassignment.ts';
import type { Task, TaskState } from '../tasks/task.ts';
import type { Page, Place, SeenBy, VersionedStore } from './store.ts';

/** One person's access to one app, without the app's own words about it. */
export type HeldAccess = Omit<Access, 'reason'>;

export interface AccessStore {
  find(personId: string, integrationId: string): Promise<Access | undefined>;
  forPerson(personId: string): Promise<readonly Access[]>;
  /** People with access or "not confirmed", after that person; by id, at most 250. Nothing is decrypted. */
  holdersAt(integrationId: string, afterPersonId?: string): Promise<readonly HeldAccess[]>;
  /** Access and "not confirmed" of at most 250 people, in no order. Nothing is decrypted. */
  heldBy(personIds: readonly string[]): Promise<readonly HeldAccess[]>;
  /** What is known of these people at these integrations, in no order. Nothing is decrypted. */
  among(
    personIds: readonly string[],
    integrationIds: readonly string[],
  ): Promise<readonly HeldAccess[]>;
  /** Those there, by the person's name; `total` counts them all. Nothing is decrypted. */
  namedHoldersAt(
    integrationId: string,
    page: Page,
  ): Promise<{ readonly holders: readonly HeldAccess[]; readonly total: number }>;
  /** Of the people with access, except that person: the one whose check is oldest. */
  askedLeastLately(integrationId: string, exceptPersonId: string): Promise<Access | undefined>;
  /** People whose access by a rule is "not confirmed", and was checked before then; after that person, by id, at most 250. */
  unknownByRule(checkedBefore: Date, afterPersonId?: string): Promise<readonly string[]>;
  /** How many people have access, and how many are "not confirmed". */
  countAt(integrationId: string): Promise<{ readonly has: number; readonly unknown: number }>;
  /** The same of many, by the integration's id; only of those where someone is. */
  countsAt(
    integrationIds: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly has: number; readonly unknown: number }>>;
  /** How many are "not confirmed" at each app that isn't deleted, by its id. It is quick where very many have access. */
  unknownByApp(): Promise<ReadonlyMap<string, number>>;
  put(access: Access): Promise<void>;
  /** As `put`, but where it is `has` by now it stays: a check may have answered since it was read. */
  putUnlessHas(access: Access): Promise<void>;
  /** Deletes at most 250 of them. @returns how many */
  deleteSomeAt(integrationId: string): Promise<number>;
}

export interface DiscoveryStore {
  /** The last one of that integration. */
  at(integrationId: string): Promise<Discovery | undefined>;
  /** The last one of each of these, in no order. */
  all(integrationIds: readonly string[]): Promise<readonly Discovery[]>;
  /** Each takes the place of its integration's last one. @returns those of them that were stored: not where that is still running */
  replaceMany(discoveries: readonly Discovery[]): Promise<readonly Discovery[]>;
  /** Compare-and-set on `discovery.version`. @throws {StaleWrite} */
  save(discovery: Discovery): Promise<Discovery>;
  /** At most one of each integration. */
  running(): Promise<readonly Discovery[]>;
  /** Running ones that were due before then, the oldest first; at most 20. */
  overdue(before: Date): Promise<readonly Discovery[]>;
}

/** Values that are left out match everything. */
export interface RequestFilter {
  readonly state?: RequestState;
  readonly requestedById?: string;
  /** For one of these people. */
  readonly personIds?: readonly string[];
  readonly integrationId?: string;
  /** Of an item of that bundle request. */
  readonly bundleRequestId?: string;
  /** One of its approvers. */
  readonly approverId?: string;
  /** One of its approvers who can press now. */
  readonly waitsForId?: string;
  /** They have responded, or a delegate has in their place. */
  readonly saidById?: string;
  /** Its stages name people, owners or a group, or it follows the policy of now. */
  readonly namesPeople?: true;
  /** Their stages have this id, wherever it stands. */
  readonly routeHas?: string;
  /** Of the requests of one bundle request, the first that matches. */
  readonly oneABundle?: true;
  /** Also what they requested, may approve or have decided. */
  readonly seenBy?: SeenBy | undefined;
}

export interface RequestStore extends VersionedStore<AccessRequest> {
  /** @returns 'taken' when there is an open request for that person and integration already (a database constraint decides). */
  insert(request: AccessRequest, content: RequestContent): Promise<'inserted' | 'taken'>;
  /** Those that exist, in no order; at most a few hundred ids. */
  findMany(ids: readonly string[]): Promise<readonly AccessRequest[]>;
  /** The content of the request, decrypted. */
  content(requestId: string): Promise<RequestContent>;
  openFor(personId: string, integrationId: string): Promise<AccessRequest | undefined>;
  /** Those of at most 250 people for whom, by whom or for whose report one is open. */
  peopleWithOpen(personIds: readonly string[]): Promise<readonly string[]>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: RequestFilter,
    page: Page,
  ): Promise<{ readonly requests: readonly AccessRequest[]; readonly total: number }>;
  /** The same after that place, or from the newest. */
  listAfter(
    place: Place | undefined,
    limit: number,
    filter: RequestFilter,
  ): Promise<readonly AccessRequest[]>;
  /**
   * Open ones that are a day old, and an hour if they are for less than a day: the shortest timeouts. Ordered by id, after that
   * one; at most 100. For reminders, escalations and expiries.
   */
  undecided(now: Date, afterId?: string): Promise<readonly AccessRequest[]>;
  /** Replaces its approvers. @param waiting those of them who can press now; left out: all */
  setApprovers(
    requestId: string,
    approvers: { readonly all: readonly string[]; readonly waiting?: readonly string[] },
  ): Promise<void>;
  /** @param who `waiting`: only those who can press now */
  approvers(requestId: string, who?: { readonly waiting: true }): Promise<readonly string[]>;
  /** In place of theirs, if they have given one: by the id of the person. */
  putVerdict(verdict: Verdict): Promise<void>;
  /** In their order. */
  verdicts(requestId: string): Promise<readonly Verdict[]>;
}

export interface QuestionStore {
  insert(question: Question): Promise<void>;
  find(id: string): Promise<Question | undefined>;
  /** The questions of a request, in their order. */
  of(requestId: string): Promise<readonly Question[]>;
  /** @returns 'taken' when it has an answer already */
  answer(id: string, answered: NonNullable<Question['answered']>): Promise<'saved' | 'taken'>;
}

export interface BreakGlassStore {
  insert(breakGlass: BreakGlass): Promise<void>;
  find(requestId: string): Promise<BreakGlass | undefined>;
  /** The states of those that are a break-glass, by request. */
  statesOf(requestIds: readonly string[]): Promise<ReadonlyMap<string, BreakGlass['state']>>;
  /** @returns 'taken' where it isn't in the state `before` any more */
  save(breakGlass: BreakGlass, before: BreakGlass['state']): Promise<'saved' | 'taken'>;
  /** Those whose reviewers are to be asked by now, the oldest first; at most 100. Undefined: it can't be read. */
  toReview(now: Date, offset?: number): Promise<readonly (BreakGlass | undefined)[]>;
  /** Whether someone looks into one that this person took there. */
  isLookedInto(personId: string, integrationId: string): Promise<boolean>;
  /** Those that this person took there, and that their reviewers are still asked about; the oldest first, at most 100. */
  waiting(personId: string, integrationId: string): Promise<readonly BreakGlass[]>;
  /** How often the person took it there before that time without a review since. */
  unreviewedBefore(at: Date, personId: string, integrationId: string): Promise<number>;
}

export interface ReassignmentStore {
  insert(reassignment: Reassignment): Promise<void>;
  /** Those of a request, in their order. */
  of(requestId: string): Promise<readonly Reassignment[]>;
}

/** Values that are left out match everything. */
export interface TaskFilter {
  readonly state?: TaskState | undefined;
  readonly assigneeId?: string | undefined;
  /** Tasks without an assignee, which any admin may do. Together with `assigneeId`: these and that person's. */
  readonly unassigned?: true | undefined;
  readonly personId?: string | undefined;
  /** Not assigned to this person. */
  readonly notAssigneeId?: string | undefined;
  /** About active people who report to this one. */
  readonly managerId?: string | undefined;
  readonly integrationId?: string | undefined;
  readonly kind?: Task['kind'] | undefined;
  /** Due before this ISO date. */
  readonly dueBefore?: string | undefined;
  /** Assigned to this person, or about someone who reports to them. */
  readonly seenById?: string | undefined;
}

export interface TaskStore extends VersionedStore<Task> {
  insert(task: Task): Promise<void>;
  /** Those that exist, in no order; at most a few hundred ids. */
  findMany(ids: readonly string[]): Promise<readonly Task[]>;
  /** Open ones first, then ended ones, the oldest first in both; `total` counts all that match. */
  list(
    filter: TaskFilter,
    page: Page,
  ): Promise<{ readonly tasks: readonly Task[]; readonly total: number }>;
  /** Those of at most 250 people about whom one is open. */
  peopleWithOpen(personIds: readonly string[]): Promise<readonly string[]>;
  /** Those that are older than that one, or all of them; the newest first. */
  before(taskId: string | undefined, limit: number, filter: TaskFilter): Promise<readonly Task[]>;
  /** Open ones due on or before this ISO date, without a reminder since `remindedBefore`; at most 100. Undefined: it can't be read. */
  dueBy(day: string, remindedBefore: Date, offset?: number): Promise<readonly (Task | undefined)[]>;
}

export interface FactClaimStore {
  /** Replaces an earlier claim about the same fact. */
  put(claim: FactClaim): Promise<void>;
  find(personId: string, name: string): Promise<FactClaim | undefined>;
  /** By name. */
  of(personId: string): Promise<readonly FactClaim[]>;
  /** The claims about these people, at most 500. */
  namesOf(personIds: readonly string[]): Promise<readonly Pick<FactClaim, 'personId' | 'name'>[]>;
  /** From before that time, at most 100; the oldest first. Undefined: it can't be read. */
  olderThan(before: Date, offset?: number): Promise<readonly (FactClaim | undefined)[]>;
  delete(personId: string, name: string): Promise<void>;
  /** @returns how many there were */
  deleteOf(personId: string): Promise<number>;
}

export interface DelegationStore {
  /** Replaces that person's delegation. */
  put(delegation: Delegation): Promise<void>;
  /** That person's, whether past, current or future. */
  of(personId: string): Promise<Delegation | undefined>;
  /** Those that name this person as delegate. */
  to(delegateId: string): Promise<readonly Delegation[]>;
  /** Those whose first day is one of these (ISO dates), by person; at most 500. @param afterId the last person of the page before */
  beginning(
    days: { readonly from: string; readonly until: string },
    afterId: string,
  ): Promise<readonly Delegation[]>;
  /** Those whose last day is before that day, in the same way. */
  endedBefore(day: string, afterId: string): Promise<readonly Delegation[]>;
  /** @returns false where it is gone or another one by now, which stays */
  delete(delegation: Delegation): Promise<boolean>;
}

export interface OffboardingStore extends VersionedStore<Offboarding> {
  /** @returns 'taken' when one is planned or running for that person already. */
  insert(offboarding: Offboarding): Promise<'inserted' | 'taken'>;
  /** The planned or running one. */
  current(personId: string): Promise<Offboarding | undefined>;
  /** By end date, the soonest first. */
  list(
    state: Offboarding['state'],
    page: Page,
  ): Promise<{ readonly offboardings: readonly Offboarding[]; readonly total: number }>;
  /** Planned ones whose last day is before this ISO date, after that id; by id, at most 250. */
  plannedBefore(day: string, afterId?: string): Promise<readonly Offboarding[]>;
  insertItems(items: readonly OffboardingItem[]): Promise<void>;
  items(offboardingId: string): Promise<readonly OffboardingItem[]>;
  /** The current one, else the person's last one. */
  last(personId: string): Promise<Offboarding | undefined>;
  /** Inserts the item or overwrites it (by offboarding and integration). */
  putItem(item: OffboardingItem): Promise<void>;
}
