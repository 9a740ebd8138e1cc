/**
 * All stores, and the transaction boundary. Words of this folder: a *port* is an interface that the domain needs from outside; it
 * knows nothing of SQL, HTTP libraries or chat SDKs. A *store* keeps one aggregate. A *job* is a wake-up.
 */
import type { AccessIds, AuditEntry } from '../people/directory.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import type { Event } from '../work/events.ts';
import type { PutOff } from '../work/put-off.ts';
import type {
  AccessStore,
  BreakGlassStore,
  DelegationStore,
  DiscoveryStore,
  FactClaimStore,
  OffboardingStore,
  QuestionStore,
  ReassignmentStore,
  RequestStore,
  TaskStore,
} from './access-stores.ts';
import type { BundleRequestStore, BundleStore } from './bundle-stores.ts';
import type {
  ChatTokenStore,
  ConversationStore,
  FormSessionStore,
  InboxStore,
  MessageStore,
  OptionsStore,
} from './chat-stores.ts';
import type { ManagedThingStore } from './configuration-stores.ts';
import type { EventDeliveryStore, EventEndpointStore } from './event-stores.ts';
import type {
  AccountRoundStore,
  FindingStore,
  FormerEmailStore,
  ListedAccountStore,
} from './finding-stores.ts';
import type {
  FileImportStore,
  IgnoredEmailStore,
  SyncRowStore,
  SyncRunStore,
} from './import-stores.ts';
import type {
  DraftStore,
  IntegrationStore,
  OAuthStore,
  SecretStore,
  StoredNameStore,
} from './integration-stores.ts';
import type { Queue } from './jobs.ts';
import type {
  ChatIdentityStore,
  JoinStore,
  PeopleStore,
  RefusedUserStore,
} from './people-stores.ts';
import type { AccountStore, HealthStore, HoldStore, RemovalStore } from './removal-stores.ts';
import type { CampaignStore, ReviewStore } from './review-stores.ts';
import type {
  RuleExceptionStore,
  RuleStore,
  RuleTroubleStore,
  RuleWorkStore,
} from './rule-stores.ts';
import type { DeliveryStore, RunAnswerStore, RunFileStore, RunStore } from './run-stores.ts';
import type {
  HookCallStore,
  HookStore,
  PlannedItemStore,
  SequenceAssignmentStore,
  SequenceBatchStore,
  SequenceEventStore,
  SequenceStartStore,
  SequenceStore,
} from './sequence-stores.ts';
import type { AuthenticatorStore } from './step-up-stores.ts';
import type { Clock, NewId, RandomBytes } from './time-and-chance.ts';
import type { ApiAnswerStore, ApiTokenStore } from './token-stores.ts';
import type { TransitionStore } from './transition-stores.ts';
import type {
  AuditChainStore,
  AuditStore,
  OccurrenceStore,
  SettingsStore,
  WorkerStore,
} from './upkeep-stores.ts';
import type { LinkStore, WebSessionStore } from './web-stores.ts';

export interface Stores {
  readonly people: PeopleStore;
  readonly identities: ChatIdentityStore;
  readonly refusedUsers: RefusedUserStore;
  readonly integrations: IntegrationStore;
  readonly storedNames: StoredNameStore;
  readonly secrets: SecretStore;
  readonly oauth: OAuthStore;
  readonly chatTokens: ChatTokenStore;
  readonly runs: RunStore;
  readonly runAnswers: RunAnswerStore;
  readonly files: RunFileStore;
  readonly deliveries: DeliveryStore;
  readonly links: LinkStore;
  readonly access: AccessStore;
  readonly discoveries: DiscoveryStore;
  readonly accountRounds: AccountRoundStore;
  readonly listedAccounts: ListedAccountStore;
  readonly findings: FindingStore;
  readonly formerEmails: FormerEmailStore;
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly formSessions: FormSessionStore;
  readonly options: OptionsStore;
  readonly inbox: InboxStore;
  readonly auditLog: AuditStore;
  readonly auditChain: AuditChainStore;
  readonly requests: RequestStore;
  readonly questions: QuestionStore;
  readonly breakGlasses: BreakGlassStore;
  readonly reassignments: ReassignmentStore;
  readonly bundles: BundleStore;
  readonly bundleRequests: BundleRequestStore;
  readonly tasks: TaskStore;
  readonly holds: HoldStore;
  readonly accounts: AccountStore;
  readonly removals: RemovalStore;
  readonly health: HealthStore;
  readonly factClaims: FactClaimStore;
  readonly delegations: DelegationStore;
  readonly offboardings: OffboardingStore;
  readonly transitions: TransitionStore;
  readonly authenticators: AuthenticatorStore;
  readonly apiTokens: ApiTokenStore;
  readonly apiAnswers: ApiAnswerStore;
  readonly sequences: SequenceStore;
  readonly assignments: SequenceAssignmentStore;
  readonly plannedItems: PlannedItemStore;
  readonly reviews: ReviewStore;
  readonly campaigns: CampaignStore;
  readonly joins: JoinStore;
  readonly fileImports: FileImportStore;
  readonly syncRuns: SyncRunStore;
  readonly syncRows: SyncRowStore;
  readonly ignoredEmails: IgnoredEmailStore;
  readonly sequenceStarts: SequenceStartStore;
  readonly sequenceEvents: SequenceEventStore;
  readonly sequenceBatches: SequenceBatchStore;
  readonly rules: RuleStore;
  readonly ruleExceptions: RuleExceptionStore;
  readonly ruleTroubles: RuleTroubleStore;
  readonly ruleWork: RuleWorkStore;
  readonly hooks: HookStore;
  readonly hookCalls: HookCallStore;
  readonly eventEndpoints: EventEndpointStore;
  readonly eventDeliveries: EventDeliveryStore;
  readonly drafts: DraftStore;
  readonly webSessions: WebSessionStore;
  readonly settings: SettingsStore;
  readonly managedThings: ManagedThingStore;
  readonly occurrences: OccurrenceStore;
  readonly workers: WorkerStore;
}

/** An entry for the audit log. The transaction adds id and time. */
export type AuditNote = Omit<AuditEntry, 'id' | 'at' | 'what'> & { readonly what: AuditWhat };
/** What someone did with something. The function that takes it adds which. */
export type AuditedAct = Pick<AuditNote, 'what' | 'actor' | 'detail'>;

export type Transaction = Stores & {
  readonly queue: Queue;
  /** Reads the clock each time, because a transaction may have waited for a row since it began. */
  readonly now: Date;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
  /** Topics whose messages are refreshed with the commit: see `work/topics.ts`. */
  readonly invalidated: Set<string>;
  /** Whose access to what has a changed row: the cards about it are refreshed, too. By both ids. */
  readonly changedAccess: Map<string, AccessIds>;
  /** Writes for which nothing waits. They go with the last ones of the transaction. */
  readonly putOff: PutOff;
  /** Handlers run in this transaction: see `on-events.ts` of each domain. */
  emit(event: Event): Promise<void>;
  /** @param what was done: `grant.started` */
  audit(what: AuditWhat, about: Omit<AuditNote, 'what'>): Promise<void>;
  /** At most 250 at once. */
  auditAll(notes: readonly AuditNote[]): Promise<void>;
};

/**
 * The transaction boundary: state and jobs commit together or not at all. Inside `work` use only `tx`, because a process has one
 * connection and another query would wait for ever. Don't use the network there.
 */
export type UnitOfWork = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;

/** All that is stored, and the clock that its transactions read. */
export interface Database {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
}
