/**
 * What the domain needs from the world. The engine knows these types and nothing of SQL, HTTP libraries
 * or chat SDKs. Words: a *port* is such a need, a *store* keeps one aggregate, a *job* is a wake-up.
 */

import type { Json, JsonObject } from '../core/json.ts';
import type { Address, LiveCardRef } from '../core/message.ts';

export type { Address, LiveCardRef };

import type { AccessRequest, Asked, RequestState, Verdict } from './access-request.ts';
import type { Delivery } from './delivery.ts';
import type {
  Access,
  Actor,
  AuditEntry,
  Delegation,
  Integration,
  ManifestVersion,
  Person,
} from './directory.ts';
import type { Occasion, SequenceEvent } from './events/event.ts';
import type { Hook, HookCall } from './hooks/hook.ts';
import type { FileImport } from './import/file-import.ts';
import type { Join } from './joins.ts';
import type { Lane } from './lanes.ts';
import type { Link, LinkPurpose, RevealPurpose } from './links.ts';
import type { Offboarding, OffboardingItem } from './offboarding.ts';
import type { Review, ReviewItem } from './review.ts';
import type { Run, RunInputs, RunOutcome, Step } from './run.ts';
import type { SequenceBatch } from './sequences/batch.ts';
import type { OpenItem, PlannedItem } from './sequences/planned-item.ts';
import type { Sequence, SequenceAssignment, SequenceItem } from './sequences/sequence.ts';
import type { RowState, SyncAtWork, SyncRow, SyncRun, SyncState } from './sync/sync-run.ts';
import type { Task, TaskState } from './task.ts';
import type { TimeLimit } from './time-limit.ts';

export type Clock = () => Date;
/** A new UUIDv7. */
export type NewId = () => string;
/** Cryptographic randomness. */
export type RandomBytes = (size: number) => Uint8Array;

// ---------------------------------------------------------------- HTTP out

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** One request, fully rendered; nothing in it is a template any more. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

export type HttpBody =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
  /** `fields`, then the run's saved files by name. */
  | {
      readonly kind: 'multipart';
      readonly fields: readonly (readonly [string, string])[];
      readonly files: readonly { readonly field: string; readonly file: string }[];
    };

export interface HttpLimits {
  /** Milliseconds for the whole exchange, redirects included. */
  readonly timeoutMs: number;
  /** Bytes of the decoded response body. */
  readonly maxBytes: number;
}

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case; repeated headers are comma-joined. */
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
    }
  | HttpFailure;

export interface HttpFailure {
  readonly kind: 'failed';
  readonly code:
    | 'bad-url'
    | 'private-address'
    | 'unknown-host'
    | 'no-connection'
    | 'connection-lost'
    | 'timeout'
    | 'too-large'
    | 'bad-redirect'
    /** This process has as many requests under way there as it allows itself. */
    | 'host-busy'
    /** It failed so often in a row that it is left alone for a while. */
    | 'circuit-open';
  /** A sentence for people, without secrets: what happened and, where there is one, the cure. */
  readonly message: string;
  /** Whether the other side may have received the request: then a write's outcome is unknown. */
  readonly maySent: boolean;
  /** Milliseconds after which asking again makes sense, where that is known. */
  readonly retryAfterMs?: number;
}

/** Where the body of an answer goes that is too large for memory. */
export interface BodySink {
  /** Whether the body of an answer with this status goes here; else it is the answer's text. */
  takes(status: number): boolean;
  /** Bytes of the decoded body, in place of the limits' own. */
  readonly maxBytes: number;
  /** Called piece by piece; the next piece is read when it resolves. */
  write(piece: Uint8Array): Promise<void>;
}

/** A file that is sent as a part of a multipart body. */
export interface FileToSend {
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
  /** Begins at the start each time that it is called. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** Bodies that are never in memory as a whole. */
export interface HttpStreams {
  readonly sink?: BodySink;
  /** Needed for a multipart body: the saved file with this name. */
  readonly fileNamed?: (name: string) => Promise<FileToSend>;
}

/**
 * Sends once: no retry is hidden in it. Never throws for what the network or the other side does; what the streams
 * throw is thrown on.
 */
export interface Http {
  /** @returns an answer whose text is empty where the sink took its body. */
  send(request: HttpRequest, limits: HttpLimits, streams?: HttpStreams): Promise<HttpAnswer>;
}

/**
 * Looks on while the request of a step is under way, for figures and traces: it does nothing but call `send`, once.
 * @param step `integration` is its name
 */
export type WatchStep = <T>(
  step: {
    readonly runId: string;
    readonly kind: 'execute' | 'revoke';
    readonly index: number;
    readonly integration: string;
  },
  send: () => Promise<T>,
) => Promise<T>;

// ---------------------------------------------------------------- jobs

/** Every job and its payload. A job carries ids only: it is a wake-up, the state is in the rows. */
export interface Jobs {
  /** Take a run as far as it goes now. */
  'run.advance': { readonly runId: string };
  /** Ask `exists` of one person at one integration, and keep the answer. */
  'access.check': { readonly personId: string; readonly integrationId: string };
  /** Fetch the options of one form field into the options cache. */
  'options.fetch': {
    readonly personId: string;
    readonly integrationId: string;
    readonly fieldId: string;
  };
  /** Render one live message again and edit it where it differs from what is shown. */
  'message.refresh': { readonly messageId: string; readonly failures?: number | undefined };
  /** Send a live card to a person, wherever they last wrote. */
  'message.post': {
    readonly personId: string;
    readonly card: LiveCardRef;
    /** Not where the person has such a card already. */
    readonly unlessShown?: boolean | undefined;
    readonly failures?: number | undefined;
  };
  /** Render a card as admins see it, and post it where the notices of that integration (of everything) go. */
  'notice.post': {
    readonly card: LiveCardRef;
    readonly integrationId?: string | undefined;
    /** Whether it follows its subject from then on. */
    readonly isFollowed?: boolean | undefined;
    readonly failures?: number | undefined;
  };
  /** Send one message of a run that has succeeded. */
  'delivery.send': { readonly deliveryId: string };
  /** Read a file of people, or import what is left of it. */
  'people.import': { readonly importId: string };
  /** Take a sync run as far as it goes now. */
  'sync.advance': { readonly runId: string };
  /** Look over the open requests that concern this person, or are for that integration. */
  'requests.look-over': {
    readonly personId?: string | undefined;
    readonly integrationId?: string | undefined;
  };
  /** Look at when the sequences of this person, or of everybody, are due: what they count from has changed. */
  'sequences.replan': { readonly personId?: string | undefined };
  /** Delete everything that is kept of a person, as soon as nothing of theirs is under way. */
  'person.erase': { readonly personId: string };
  /** Start the sequence of one event. */
  'sequence.start': { readonly eventId: string };
  /** Give a sequence to those of many people who have yet to get it. */
  'sequence.batch': { readonly batchId: string };
  /** Delete what was kept for long enough. */
  purge: Readonly<Record<string, never>>;
}
export type JobName = keyof Jobs;

export type { Lane };

export interface Job<N extends JobName = JobName> {
  readonly id: string;
  readonly name: N;
  readonly payload: Jobs[N];
  readonly lane: Lane;
}
export type AnyJob = { [N in JobName]: Job<N> }[JobName];

export interface PushOptions {
  readonly lane: Lane;
  readonly dueAt?: Date;
  /**
   * At most one job with this key waits: pushing it again keeps the one that waits and takes the earlier
   * due time. A job that is already being worked on doesn't count, so no wake-up is ever lost.
   */
  readonly key?: string;
}

export interface Queue {
  push<N extends JobName>(name: N, payload: Jobs[N], options: PushOptions): Promise<void>;
}

/**
 * News between the processes of one machine: the worker announces what it finished, and whoever waits for it
 * hears at once. It may be lost (another machine's worker did it), so a waiter also looks in the store now and then.
 */
export interface Signals {
  announce(topic: string): void;
  /** Resolves at the next announcement of `topic`, or after `withinMs`. */
  next(topic: string, withinMs: number): Promise<void>;
}

// ---------------------------------------------------------------- messages out

/** What became of one attempt to send. */
export type Sending =
  /** `note`: what the other side said that people should know. */
  | { readonly kind: 'sent'; readonly note?: string }
  /** It may work later. `why` is a sentence for people. */
  | {
      readonly kind: 'later';
      readonly why: string;
      readonly afterMs?: number;
      /** It may have gone out all the same, and then the next try sends it twice. */
      readonly isDoubtful?: true;
    }
  /** It won't work, however often it is tried. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may have gone out or not, and is not to be sent again. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface Mail {
  /** The same each time that the same message is sent: whoever gets it twice can tell. */
  readonly id: string;
  /** One address or several, comma-separated. */
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

/** Never throws for what the mail server does. */
export interface Mailer {
  send(mail: Mail): Promise<Sending>;
}

/** Sends text messages to phones. Never throws for what the provider does. */
export interface TextProvider {
  send(text: OutgoingText): Promise<Sending>;
}

export interface OutgoingText {
  /** The same each time that the same text is sent. */
  readonly id: string;
  /** As E.164 has it: `+32470123456`. */
  readonly to: string;
  readonly message: string;
}

/** What is said in chat: a text as it is, or a card that reveals a delivery once. */
export type ChatMessage =
  | { readonly kind: 'plain'; readonly title: string; readonly text: string }
  | { readonly kind: 'sealed'; readonly deliveryId: string };

/** Chat as deliveries see it. Never throws for what a platform does. */
export interface Messenger {
  /** To their direct conversation, where they last wrote. `absent`: there is none, and none can be opened. */
  toPerson(personId: string, message: ChatMessage): Promise<Sending | { readonly kind: 'absent' }>;
  /** @param name as the platform's people write it, `#general` */
  toChannel(name: string, message: ChatMessage): Promise<Sending>;
}

// ---------------------------------------------------------------- stores

/** Thrown by `save` when the row has changed since it was read. */
export class StaleWrite extends Error {
  readonly code = 'stale-write';
  constructor(what: string, id: string) {
    super(`${what} ${id} has changed since it was read`);
    this.name = 'StaleWrite';
  }
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

export interface PeopleStore {
  find(id: string): Promise<Person | undefined>;
  /** `find`, and nobody else changes the person before this transaction has ended. */
  hold(id: string): Promise<Person | undefined>;
  findMany(ids: readonly string[]): Promise<readonly Person[]>;
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
  /** The active admins, by name. */
  admins(): Promise<readonly Person[]>;
  /** The active direct reports of a manager, by name. */
  reportsOf(managerId: string): Promise<readonly Person[]>;
  /** Active people whose first day is between these ISO dates, both included; the soonest first. */
  startingBetween(
    from: string,
    until: string,
    page: Page,
  ): Promise<{ readonly people: readonly Person[]; readonly total: number }>;
  /** The departments of active people, each once, by name. */
  departments(): Promise<readonly string[]>;
  insert(person: Person): Promise<void>;
  /** At most 250 at once. */
  insertMany(people: readonly Person[]): Promise<void>;
  /** Compare-and-set on `person.version`; gives back the person with the next version. @throws {StaleWrite} */
  save(person: Person): Promise<Person>;
}

/** Who a chat user is. `tenant` is Slack's team id or Teams' tenant id; `userId` Slack's user id or the Entra object id. */
export interface ChatIdentity {
  readonly platform: 'slack' | 'teams';
  readonly tenant: string;
  readonly userId: string;
  readonly personId: string;
  readonly linkedAt: Date;
}

export interface ChatIdentityStore {
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

export interface IntegrationStore {
  /** Also one that was deleted. */
  find(id: string): Promise<Integration | undefined>;
  /**
   * `find`, and nobody else changes the integration before this transaction has ended.
   * @param how 'shared': several transactions may hold it side by side; 'alone': for whoever is going to change it
   */
  hold(id: string, how: 'shared' | 'alone'): Promise<Integration | undefined>;
  /** In any case; none that was deleted. */
  findByName(name: string): Promise<Integration | undefined>;
  /** All but the deleted ones, by name. */
  list(): Promise<readonly Integration[]>;
  /** Deleted ones that still have secrets or a token, since runs that need them had yet to end. */
  deletedWithSecrets(): Promise<readonly Integration[]>;
  insert(integration: Integration): Promise<void>;
  /** Compare-and-set on `integration.version`; gives back the integration with the next version. @throws {StaleWrite} */
  save(integration: Integration): Promise<Integration>;
  /** Undefined for no id: a manual integration has no manifest. */
  findVersion(id: string | undefined): Promise<ManifestVersion | undefined>;
  /** Every version of its manifest, the newest first. */
  versions(integrationId: string): Promise<readonly ManifestVersion[]>;
  insertVersion(version: ManifestVersion): Promise<void>;
}

/** Encrypted at rest; the row's identity is bound into the ciphertext. */
export interface SecretStore {
  /** The integration's secrets by name. */
  all(integrationId: string): Promise<Readonly<Record<string, string>>>;
  /** Replaces what was there. */
  put(integrationId: string, name: string, value: string): Promise<void>;
  /** Their names, without opening them. */
  names(integrationId: string): Promise<readonly string[]>;
  delete(integrationId: string, name: string): Promise<void>;
  deleteAll(integrationId: string): Promise<void>;
}

/** What is left out doesn't narrow. */
export interface RunFilter {
  /** About one of these people, or started by that one. */
  readonly concerning?: { readonly about: readonly string[]; readonly startedBy?: string };
  readonly integrationId?: string;
  readonly outcome?: RunOutcome;
}

export interface RunStore {
  find(id: string): Promise<Run | undefined>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: RunFilter,
    page: Page,
  ): Promise<{ readonly runs: readonly Run[]; readonly total: number }>;
  /**
   * @returns 'taken' when that person has an unfinished run at that integration already (a database
   * constraint decides, so two clicks at once can't both win).
   */
  insert(run: Run, inputs: RunInputs): Promise<'inserted' | 'taken'>;
  /**
   * Compare-and-set on `run.version`. A run that has ended for good loses its generated values with it.
   * @throws {StaleWrite}
   */
  save(run: Run): Promise<Run>;
  /** What the run was started with, opened. */
  inputs(runId: string): Promise<RunInputs>;
  unfinished(personId: string, integrationId: string): Promise<Run | undefined>;
  /** Every unfinished run of a person. */
  unfinishedOf(personId: string): Promise<readonly Run[]>;
  /** Every unfinished run of an integration. */
  unfinishedAt(integrationId: string): Promise<readonly Run[]>;
  /** The last run that ended `succeeded`, per integration. */
  lastSucceeded(personId: string): Promise<readonly Run[]>;
  /** The steps of one attempt, in order. */
  steps(runId: string, attempt: number): Promise<readonly Step[]>;
  /** Inserts the step or overwrites it (by run, attempt and index). */
  putStep(step: Step): Promise<void>;
  /** The parsed responses of one attempt's finished steps, in order; `{}` for an answer that was not JSON. */
  responses(runId: string, attempt: number): Promise<readonly Json[]>;
  /** Written once per step. */
  insertResponse(runId: string, attempt: number, index: number, response: Json): Promise<void>;
  /** Unfinished runs leased by that worker. */
  leasedBy(workerId: string): Promise<readonly Run[]>;
  /** Unfinished runs that should have been taken before this: their wake-up was lost, or their lease ran out. The longest due first, at most 100. */
  overdue(before: Date): Promise<readonly Run[]>;
}

/** What a third party answered when an admin connected an integration, and what became of it. */
export interface OAuthToken {
  readonly integrationId: string;
  readonly version: number;
  /** Counts the token answers: 1 when connected, one more with each refresh. */
  readonly generation: number;
  /** All that the token answers said, the newer over the older: `access_token`, `refresh_token`, … */
  readonly answer: JsonObject;
  /** `reconnect`: the service no longer takes the refresh token, so an admin has to connect again. */
  readonly state: 'connected' | 'reconnect';
  /** When the last token answer came. */
  readonly refreshedAt: Date;
  /** Undefined where the service named none. */
  readonly expiresAt?: Date;
  /** The refresh that failed since then: when, and why, as a redacted sentence for people. */
  readonly failure?: { readonly at: Date; readonly why: string };
  /** Somebody is refreshing it; the others wait until then at most. */
  readonly leasedUntil?: Date;
}

/** Tokens are encrypted at rest. */
export interface OAuthStore {
  find(integrationId: string): Promise<OAuthToken | undefined>;
  /** Inserts it, or replaces whatever there is. Its version is not looked at. */
  put(token: OAuthToken): Promise<void>;
  /** Compare-and-set on `token.version`; gives back the token with the next version. @throws {StaleWrite} */
  save(token: OAuthToken): Promise<OAuthToken>;
  delete(integrationId: string): Promise<void>;
}

/** A file that a step of a run saved. */
export interface RunFile {
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
}

export interface RunFilePart {
  readonly runId: string;
  readonly name: string;
  /** From 0. The first part takes the place of all that was there under this name. */
  readonly index: number;
  readonly last: boolean;
  readonly bytes: Uint8Array;
  /** Of the last part only. */
  readonly contentType?: string;
}

/** Files are kept in parts, so that none is in memory as a whole; each part is encrypted at rest. */
export interface RunFileStore {
  putPart(part: RunFilePart): Promise<void>;
  /** Undefined for a file that has no last part yet. */
  find(runId: string, name: string): Promise<RunFile | undefined>;
  part(runId: string, name: string, index: number): Promise<RunFilePart | undefined>;
}

/** Encrypted at rest. */
export interface DeliveryStore {
  insert(delivery: Delivery): Promise<void>;
  find(id: string): Promise<Delivery | undefined>;
  /** Compare-and-set on `delivery.version`; gives back the delivery with the next version. @throws {StaleWrite} */
  save(delivery: Delivery): Promise<Delivery>;
  /** In their order. */
  forRun(runId: string): Promise<readonly Delivery[]>;
  /** Those that this worker is sending. */
  leasedBy(workerId: string): Promise<readonly Delivery[]>;
  /** Those that should have been taken before this; the longest due first, at most 100. */
  overdue(before: Date): Promise<readonly Delivery[]>;
  /** Those that ended before this and still have their body; at most 100. */
  withBodySince(before: Date): Promise<readonly Delivery[]>;
}

export interface LinkStore {
  insert(link: Link): Promise<void>;
  find(id: string): Promise<Link | undefined>;
  /** Compare-and-set on `link.version`; gives back the link with the next version. @throws {StaleWrite} */
  save(link: Link): Promise<Link>;
  deleteExpired(before: Date): Promise<void>;
}

export interface AccessStore {
  find(personId: string, integrationId: string): Promise<Access | undefined>;
  forPerson(personId: string): Promise<readonly Access[]>;
  /** People who have it, or of whom it isn't known, after that person; by their id, at most 250. */
  holdersAt(integrationId: string, afterPersonId?: string): Promise<readonly Access[]>;
  /** How many people are known to have it, and of how many it isn't known. */
  countAt(integrationId: string): Promise<{ readonly has: number; readonly unknown: number }>;
  put(access: Access): Promise<void>;
  deleteAt(integrationId: string): Promise<void>;
}

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

/** Remembers which platform events were handled, so that one delivered twice does one thing once. */
export interface InboxStore {
  /** True for the first caller with this key only. */
  accept(key: string, now: Date): Promise<boolean>;
}

/** What is left out doesn't narrow. */
export interface AuditFilter {
  /** About them, or done by them. */
  readonly personId?: string;
  readonly integrationId?: string;
  /** What it begins with: `grant`, `integration.`, … */
  readonly what?: string;
  readonly from?: Date;
  /** Not included. */
  readonly before?: Date;
}

export interface AuditStore {
  add(entry: AuditEntry): Promise<void>;
  /** At most 250 at once. */
  addMany(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  list(page: Page, filter?: AuditFilter): Promise<readonly AuditEntry[]>;
  count(filter: AuditFilter): Promise<number>;
}

/** What is left out doesn't narrow. */
export interface RequestFilter {
  readonly state?: RequestState;
  readonly requestedById?: string;
  /** For one of these people. */
  readonly personIds?: readonly string[];
  readonly integrationId?: string;
  /** One of those who are asked. */
  readonly approverId?: string;
  /** One of those who are asked and have had no say yet, neither themselves nor by whoever stands in. */
  readonly waitsForId?: string;
}

export interface RequestStore {
  /** @returns 'taken' when there is an open request for that person and integration already (a database constraint decides). */
  insert(request: AccessRequest, asked: Asked): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<AccessRequest | undefined>;
  /** Compare-and-set on `request.version`; gives back the request with the next version. @throws {StaleWrite} */
  save(request: AccessRequest): Promise<AccessRequest>;
  /** What was asked, opened. */
  asked(requestId: string): Promise<Asked>;
  openFor(personId: string, integrationId: string): Promise<AccessRequest | undefined>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: RequestFilter,
    page: Page,
  ): Promise<{ readonly requests: readonly AccessRequest[]; readonly total: number }>;
  /** Open ones made before this, the oldest first, after that id; at most 100. For reminders, escalations and expiries. */
  openSince(before: Date, afterId?: string): Promise<readonly AccessRequest[]>;
  /** Who is asked now, in place of who was. */
  setApprovers(requestId: string, personIds: readonly string[]): Promise<void>;
  approvers(requestId: string): Promise<readonly string[]>;
  /** One verdict of each person: @returns 'taken' where they have given theirs. */
  addVerdict(verdict: Verdict): Promise<'inserted' | 'taken'>;
  /** In their order. */
  verdicts(requestId: string): Promise<readonly Verdict[]>;
}

/** What is left out doesn't narrow. */
export interface TaskFilter {
  readonly state?: TaskState;
  readonly assigneeId?: string;
  /** Without an assignee: any admin's. Together with `assigneeId`: theirs and those. */
  readonly unassigned?: true;
  readonly personId?: string;
  /** About any of these. */
  readonly personIds?: readonly string[];
  readonly integrationId?: string;
  /** Due before this ISO date. */
  readonly dueBefore?: string;
}

export interface TaskStore {
  insert(task: Task): Promise<void>;
  find(id: string): Promise<Task | undefined>;
  /** Compare-and-set on `task.version`. @throws {StaleWrite} */
  save(task: Task): Promise<Task>;
  /** Open ones before those that are over, each the oldest first; `total` counts all that match. */
  list(
    filter: TaskFilter,
    page: Page,
  ): Promise<{ readonly tasks: readonly Task[]; readonly total: number }>;
  /** Open ones due on or before this ISO date that nobody was reminded of since `remindedBefore`; at most 100. */
  dueBy(day: string, remindedBefore: Date): Promise<readonly Task[]>;
}

export interface TimeLimitStore {
  /** @returns 'taken' when one runs for that person and integration already. */
  insert(limit: TimeLimit): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<TimeLimit | undefined>;
  /** Compare-and-set on `limit.version`. @throws {StaleWrite} */
  save(limit: TimeLimit): Promise<TimeLimit>;
  /** The one that runs or is ending. */
  current(personId: string, integrationId: string): Promise<TimeLimit | undefined>;
  currentOf(personId: string): Promise<readonly TimeLimit[]>;
  /** Running ones that end before this; the soonest first, at most 100. `unwarned`: only those that nobody was warned of. */
  endingBefore(before: Date, unwarned?: 'unwarned'): Promise<readonly TimeLimit[]>;
  /** Ending ones whose next try is before this; at most 100. */
  toTryBefore(before: Date): Promise<readonly TimeLimit[]>;
}

export interface DelegationStore {
  /** In place of theirs so far. */
  put(delegation: Delegation): Promise<void>;
  /** Theirs, whenever it is. */
  of(personId: string): Promise<Delegation | undefined>;
  /** Those that name this person as delegate. */
  to(delegateId: string): Promise<readonly Delegation[]>;
  /** Those that hold on that day (ISO date); at most 500. */
  on(day: string): Promise<readonly Delegation[]>;
  /** Those whose last day is before that day; at most 500. */
  endedBefore(day: string): Promise<readonly Delegation[]>;
  delete(personId: string): Promise<void>;
}

export interface OffboardingStore {
  /** @returns 'taken' when one is planned or running for that person already. */
  insert(offboarding: Offboarding): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<Offboarding | undefined>;
  /** Compare-and-set on `offboarding.version`. @throws {StaleWrite} */
  save(offboarding: Offboarding): Promise<Offboarding>;
  /** The planned or running one. */
  current(personId: string): Promise<Offboarding | undefined>;
  /** By end date, the soonest first. */
  list(
    state: Offboarding['state'],
    page: Page,
  ): Promise<{ readonly offboardings: readonly Offboarding[]; readonly total: number }>;
  /** Inserts the item or overwrites it (by offboarding and integration). */
  putItem(item: OffboardingItem): Promise<void>;
  items(offboardingId: string): Promise<readonly OffboardingItem[]>;
}

export interface SequenceStore {
  /** @returns 'taken' where another has that name, in any case */
  insert(sequence: Sequence): Promise<'inserted' | 'taken'>;
  /** Also one that was deleted. */
  find(id: string): Promise<Sequence | undefined>;
  /** In any case; none that was deleted. */
  findByName(name: string): Promise<Sequence | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(sequence: Sequence): Promise<Sequence>;
  /** Those that are not deleted and whose name contains every word of `text`, by name. */
  list(
    text: string,
    page: Page,
  ): Promise<{ readonly sequences: readonly Sequence[]; readonly total: number }>;
  /** Those that are on and that everybody who is hired has, by name. */
  forEveryHire(): Promise<readonly Sequence[]>;
  insertItem(item: SequenceItem): Promise<void>;
  /** Also one that was removed. */
  findItem(id: string): Promise<SequenceItem | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  saveItem(item: SequenceItem): Promise<SequenceItem>;
  /** Those that were not removed, in their order. */
  items(sequenceId: string): Promise<readonly SequenceItem[]>;
  /** Those about an integration, also removed ones, which may still be planned for somebody. */
  itemsAt(integrationId: string): Promise<readonly SequenceItem[]>;
}

export interface SequenceAssignmentStore {
  /** @returns 'taken' where that person has that sequence and it has not ended (a database constraint decides). */
  insert(assignment: SequenceAssignment): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<SequenceAssignment | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(assignment: SequenceAssignment): Promise<SequenceAssignment>;
  /** The newest first. */
  ofPerson(
    personId: string,
    page: Page,
  ): Promise<{ readonly assignments: readonly SequenceAssignment[]; readonly total: number }>;
  /** How many people have it and it has not ended for them. */
  countCurrent(sequenceId: string): Promise<number>;
}

/** What is left out doesn't narrow; all of it is about what has not happened yet. */
export interface OpenItemFilter {
  readonly personId?: string;
  readonly assignmentId?: string;
  readonly sequenceId?: string;
  readonly itemIds?: readonly string[];
}

export interface PlannedItemStore {
  insertMany(items: readonly PlannedItem[]): Promise<void>;
  find(id: string): Promise<PlannedItem | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save<P extends PlannedItem>(item: P): Promise<P>;
  /** All of an assignment, in no order. */
  ofAssignment(assignmentId: string): Promise<readonly PlannedItem[]>;
  /** What has not happened yet; by when it is due. */
  openOf(filter: OpenItemFilter): Promise<readonly OpenItem[]>;
  /** Those that are `planned` and due by now; the longest due first, and then in the order of their sequence; at most 500. */
  due(now: Date): Promise<readonly PlannedItem[]>;
  /** The one that started a run or opened a task. */
  startedBy(
    what: { readonly runId: string } | { readonly taskId: string },
  ): Promise<PlannedItem | undefined>;
  /** Ids of people of whom something has yet to happen, after that id, in their order. */
  peopleWithOpen(afterId: string, limit: number): Promise<readonly string[]>;
  /** Of active people: those that wait for somebody's word, and those that could not begin; the longest due first. */
  stuck(page: Page): Promise<{ readonly items: readonly PlannedItem[]; readonly total: number }>;
}

export interface ReviewStore {
  insert(review: Review): Promise<void>;
  find(id: string): Promise<Review | undefined>;
  /** Compare-and-set on `review.version`. @throws {StaleWrite} */
  save(review: Review): Promise<Review>;
  /** The newest first. */
  list(page: Page): Promise<{ readonly reviews: readonly Review[]; readonly total: number }>;
  insertItems(items: readonly ReviewItem[]): Promise<void>;
  findItem(
    reviewId: string,
    personId: string,
    integrationId: string,
  ): Promise<ReviewItem | undefined>;
  /** Takes the item's place as long as that is open; false where it isn't: an item that is decided stays so. */
  replaceOpen(item: ReviewItem): Promise<boolean>;
  /** By person and integration; what is left out of the filter doesn't narrow. */
  items(
    reviewId: string,
    filter: { readonly reviewerId?: string; readonly state?: ReviewItem['state'] },
    page: Page,
  ): Promise<{ readonly items: readonly ReviewItem[]; readonly total: number }>;
  /** Open reviews in which that person still has something to decide, and how much; the soonest due first. */
  waitingFor(
    reviewerId: string,
  ): Promise<readonly { readonly review: Review; readonly open: number }[]>;
  /** Those who still have something to decide. */
  openReviewers(reviewId: string): Promise<readonly string[]>;
  /** Open items of open reviews: about that person or asked of them, or at that integration. */
  openItems(
    of: { readonly personId: string } | { readonly integrationId: string },
  ): Promise<readonly ReviewItem[]>;
}

/** What an admin has brought and not yet confirmed: it waits for a day. Encrypted at rest. */
export interface Draft {
  readonly id: string;
  /** Whose it is. */
  readonly personId: string;
  readonly kind: 'manifest' | 'people';
  /** Whose manifest it would be the next version of; undefined for a new integration. */
  readonly integrationId?: string;
  /** The new integration's name, or the file's. */
  readonly name: string;
  readonly text: string;
  readonly createdAt: Date;
}

export interface DraftStore {
  /** Inserts it, or replaces the one with its id. */
  put(draft: Draft): Promise<void>;
  find(id: string): Promise<Draft | undefined>;
  /** True for the first caller only: what is confirmed twice is done once. */
  delete(id: string): Promise<boolean>;
  /** Those that would be the next version of this integration's manifest. */
  deleteFor(integrationId: string): Promise<void>;
  deleteBefore(before: Date): Promise<void>;
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

export interface FileImportStore {
  insert(fileImport: FileImport): Promise<void>;
  find(id: string): Promise<FileImport | undefined>;
  /** Compare-and-set on its version; gives it back with the next version. @throws {StaleWrite} */
  save(fileImport: FileImport): Promise<FileImport>;
  /** At most so many, the newest first. */
  newest(limit: number): Promise<readonly FileImport[]>;
}

/** What is left out doesn't narrow. */
export interface SyncFilter {
  readonly integrationId?: string;
  readonly states?: readonly SyncState[];
  readonly action?: SyncRun['action'];
  /** Whose reading was the whole truth of its source. */
  readonly isComplete?: true;
  /** Those that fell due by their schedule. */
  readonly isScheduled?: true;
  readonly mode?: SyncRun['mode'];
  /** Of whom the notice of this run tells. */
  readonly noticeRunId?: string;
}

/** Encrypted at rest are where the next page is, and where the next import begins. */
export interface SyncRunStore {
  /** @returns 'taken' when one is at work for that integration already (a database constraint decides). */
  insert(run: SyncRun): Promise<'inserted' | 'taken'>;
  find(id: string): Promise<SyncRun | undefined>;
  /**
   * Compare-and-set on `run.version`; gives back the run with the next version.
   * @param cursor where the next page is; null: there is none; left out: it stays
   * @throws {StaleWrite}
   */
  save<R extends SyncRun>(run: R, cursor?: string | null): Promise<R>;
  /** Where the next page is, opened; undefined before the first and after the last. */
  cursor(runId: string): Promise<string | undefined>;
  /** Notes where the next import is to begin, sealed. Of several the last counts. */
  setMark(runId: string, mark: string): Promise<void>;
  /** That of the run, opened. */
  mark(runId: string): Promise<string | undefined>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: SyncFilter,
    page: Page,
  ): Promise<{ readonly runs: readonly SyncRun[]; readonly total: number }>;
  atWork(integrationId: string): Promise<SyncAtWork | undefined>;
  leasedBy(workerId: string): Promise<readonly SyncRun[]>;
  /** Those at work that should have been taken before this; the longest due first, at most 100. */
  overdue(before: Date): Promise<readonly SyncAtWork[]>;
  /** Notes that a page was read. @param address its hash */
  addPage(runId: string, address: string): Promise<void>;
  hasPage(runId: string, address: string): Promise<boolean>;
  /** Ended runs of the integration that still have all their rows, but for these. */
  unthinned(integrationId: string, but: readonly string[]): Promise<readonly string[]>;
  /** Only the rows of whom it created are left. */
  thinned(runId: string): Promise<void>;
}

/** What is left out doesn't narrow. */
export interface SyncRowFilter {
  readonly states?: readonly RowState[];
  readonly isChosen?: boolean;
  /** Every word of it is in the name or the address, in any case. */
  readonly search?: string;
}

export interface SyncRowStore {
  find(runId: string, seq: number): Promise<SyncRow | undefined>;
  /** At most 500 at once. */
  insertMany(rows: readonly SyncRow[]): Promise<void>;
  /** In the order that they were read; `total` counts all that match. */
  list(
    runId: string,
    filter: SyncRowFilter,
    page: Page,
  ): Promise<{ readonly rows: readonly SyncRow[]; readonly total: number }>;
  /** Those of these addresses that the run has a row of. At most 500. */
  known(runId: string, emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Chosen ones in these states behind `seq`, in order. */
  chosenAfter(
    runId: string,
    seq: number,
    states: readonly RowState[],
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** New rows with these addresses, at most 250, become something else, and are not chosen any more. @returns how many there were */
  setState(runId: string, emails: readonly string[], state: RowState): Promise<number>;
  /** Of new ones, and of those who had left. @param emails at most 250 */
  choose(runId: string, emails: readonly string[], chosen: boolean): Promise<void>;
  /** Every new one from one row on up to (without) another. @param search see `SyncRowFilter` */
  chooseBetween(
    runId: string,
    rows: { readonly from: number; readonly below: number; readonly search: string },
    chosen: boolean,
  ): Promise<void>;
  /** Rows of `before` (people, not what was left out) with addresses that `runId` has no row of and that an active person has; by address, after that one. */
  goneSince(
    before: string,
    runId: string,
    afterEmail: string,
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** Deletes the first rows from `seq` on. @returns how many */
  deleteFrom(runId: string, seq: number, limit: number): Promise<number>;
  /** Deletes rows of others than whom the run created. @returns how many */
  thin(runId: string, limit: number): Promise<number>;
}

/** An address that no sync imports. */
export interface IgnoredEmail {
  /** Trimmed, lower case. */
  readonly email: string;
  readonly by: Actor;
  readonly at: Date;
}

export interface IgnoredEmailStore {
  /** Keeps what is there. At most 250 at once. */
  addMany(ignored: readonly IgnoredEmail[]): Promise<void>;
  /** Those of these that are ignored, those of people who were erased included. At most 500. */
  among(emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Those of these whose people were erased, and whom nobody has added again since. At most 500. */
  erasedAmong(emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whose address contains the text; the newest first. */
  list(
    search: string,
    page: Page,
  ): Promise<{ readonly ignored: readonly IgnoredEmail[]; readonly total: number }>;
  delete(email: string): Promise<void>;
}

/** The occasions on which sequences start by themselves. */
export interface SequenceStartStore {
  of(sequenceId: string): Promise<readonly Occasion[]>;
  /** In place of what was there. */
  put(sequenceId: string, occasions: readonly Occasion[]): Promise<void>;
  /** Ids of the sequences that start then, in order. */
  startingOn(occasion: Occasion): Promise<readonly string[]>;
}

export interface SequenceEventStore {
  insertMany(events: readonly SequenceEvent[]): Promise<void>;
  find(id: string): Promise<SequenceEvent | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(event: SequenceEvent): Promise<SequenceEvent>;
  /** The newest first. */
  ofSequence(sequenceId: string, page: Page): Promise<readonly SequenceEvent[]>;
  /** The one that has started this assignment; undefined where somebody did. */
  behind(assignmentId: string): Promise<SequenceEvent | undefined>;
}

export interface SequenceBatchStore {
  insert(batch: SequenceBatch): Promise<void>;
  find(id: string): Promise<SequenceBatch | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(batch: SequenceBatch): Promise<SequenceBatch>;
}

/** Secrets are encrypted at rest. */
export interface HookStore {
  insert(hook: Hook): Promise<void>;
  /** Also one that was deleted. */
  find(id: string): Promise<Hook | undefined>;
  /** `find`, and nobody else changes the hook before this transaction has ended. */
  hold(id: string): Promise<Hook | undefined>;
  /** Compare-and-set on its version. @throws {StaleWrite} */
  save(hook: Hook): Promise<Hook>;
  /** Those that are not deleted, the oldest first. */
  ofSequence(sequenceId: string): Promise<readonly Hook[]>;
}

export interface HookCallStore {
  insert(call: HookCall): Promise<void>;
  findByFingerprint(hookId: string, fingerprint: string): Promise<HookCall | undefined>;
  /** At most twenty, the newest first. */
  newest(hookId: string): Promise<readonly HookCall[]>;
  /** Deletes those before that time, but for the newest twenty. */
  trim(hookId: string, before: Date): Promise<void>;
}

/** A browser that may do one thing for one person until it ends: what a link from chat becomes when it is used. */
export interface WebSession {
  readonly id: string;
  readonly personId: string;
  readonly purpose: Exclude<LinkPurpose, RevealPurpose>;
  /** As the link's. */
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
}

/** Settings as JSON text by key; what they mean is in `settings.ts`. */
export interface SettingsStore {
  find(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>;
  /** Compare-and-set on the version; 0 where there is none yet. @throws {StaleWrite} */
  save(key: string, version: number, value: string): Promise<void>;
}

/** What falls due at a time happens once, however many processes look. */
export interface FiringStore {
  /** True for the first caller with this subject and time only. */
  claim(subject: string, at: Date): Promise<boolean>;
  /** A look without claiming. */
  isClaimed(subject: string, at: Date): Promise<boolean>;
  deleteBefore(before: Date): Promise<void>;
}

/** What is kept for a while only. Runs, requests, tasks and assignments of sequences are those that have ended, with everything of theirs. */
export type Perishable =
  | 'runs'
  | 'requests'
  | 'tasks'
  | 'assignments'
  | 'joins'
  | 'file-imports'
  | 'sync-runs'
  | 'sequence-events'
  | 'sequence-batches'
  | 'messages'
  | 'buried-jobs'
  | 'drafts'
  | 'links'
  | 'web-sessions'
  | 'form-sessions'
  | 'options'
  | 'inbox'
  | 'firings';

export interface Retention {
  /**
   * Deletes, in a transaction of its own, a few of those that ended (or were made, where they don't end) before this.
   * @returns how many rows; 0 when none is left
   */
  deleteSome(what: Perishable, before: Date): Promise<number>;
}

/** Everything that is kept of one person, wherever it is. */
export interface PersonalData {
  /**
   * All of it, by table, without secrets of integrations and without the content of files. Undefined for nobody.
   * Large: with everything that third parties have answered about the person.
   */
  collect(personId: string): Promise<JsonObject | undefined>;
  /**
   * Deletes it, takes their address out of everything else, and keeps a keyed hash of it, so that no import brings them
   * back. The audit log keeps what happened under an id that is nobody's any more.
   * @param entry is added to the audit log with it
   */
  erase(person: Person, entry: AuditEntry): Promise<void>;
}

export interface WorkerStore {
  /** Registers the worker or renews its heartbeat. */
  beat(workerId: string, now: Date): Promise<void>;
  remove(workerId: string): Promise<void>;
  /** Workers whose last heartbeat is before `before`. */
  silentSince(before: Date): Promise<readonly string[]>;
  /** How many have beaten since then. */
  livingSince(since: Date): Promise<number>;
  /** The newest heartbeat of any worker. */
  lastBeat(): Promise<Date | undefined>;
}

export interface Stores {
  readonly people: PeopleStore;
  readonly identities: ChatIdentityStore;
  readonly integrations: IntegrationStore;
  readonly secrets: SecretStore;
  readonly oauth: OAuthStore;
  readonly runs: RunStore;
  readonly files: RunFileStore;
  readonly deliveries: DeliveryStore;
  readonly links: LinkStore;
  readonly access: AccessStore;
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly formSessions: FormSessionStore;
  readonly options: OptionsStore;
  readonly inbox: InboxStore;
  readonly audit: AuditStore;
  readonly requests: RequestStore;
  readonly tasks: TaskStore;
  readonly timeLimits: TimeLimitStore;
  readonly delegations: DelegationStore;
  readonly offboardings: OffboardingStore;
  readonly sequences: SequenceStore;
  readonly assignments: SequenceAssignmentStore;
  readonly plannedItems: PlannedItemStore;
  readonly reviews: ReviewStore;
  readonly joins: JoinStore;
  readonly fileImports: FileImportStore;
  readonly syncRuns: SyncRunStore;
  readonly syncRows: SyncRowStore;
  readonly ignoredEmails: IgnoredEmailStore;
  readonly sequenceStarts: SequenceStartStore;
  readonly sequenceEvents: SequenceEventStore;
  readonly sequenceBatches: SequenceBatchStore;
  readonly hooks: HookStore;
  readonly hookCalls: HookCallStore;
  readonly drafts: DraftStore;
  readonly webSessions: WebSessionStore;
  readonly settings: SettingsStore;
  readonly firings: FiringStore;
  readonly workers: WorkerStore;
}

export type Transaction = Stores & { readonly queue: Queue };

/**
 * The one transaction boundary: state and jobs commit together or not at all. Inside `work` use only `tx`
 * (one connection per process: another query would wait for ever), and no network.
 */
export type UnitOfWork = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
