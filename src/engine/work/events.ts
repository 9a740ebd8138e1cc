/**
 * Events between domains. A change emits its event in its own transaction (`tx.emit`), and the
 * `on-events.ts` of a domain in `bots/features` handles it.
 * Handlers only insert rows, notifications and jobs, so their effect commits with the change or not at all.
 */
import type { Discovery } from '../access/discovery.ts';
import type { Hold } from '../access/hold.ts';
import type { EndedSync, SyncIn } from '../imports/sync-run.ts';
import type { Offboarding } from '../offboarding/offboarding.ts';
import type { Actor, DirectoryField, Person } from '../people/directory.ts';
import type { AccessRequest } from '../requests/access-request.ts';
import type { Question } from '../requests/question.ts';
import type { Review } from '../reviews/review.ts';
import type { RuleTrouble } from '../rules/rule.ts';
import type { Run } from '../runs/run.ts';
import type { PlannedItem } from '../sequences/planned-item.ts';
import type { Authenticator } from '../step-up/authenticator.ts';
import type { Task } from '../tasks/task.ts';
import type { ApiToken } from '../tokens/token.ts';
import type { Transition } from '../transitions/transition.ts';

export type Event =
  /** An attempt has ended. A run in `retrying` gets another one. */
  | { readonly kind: 'run-ended'; readonly run: Run }
  /** Someone, or Latchkey, cancelled it before it ended: its retry, or its place in the queue. */
  | { readonly kind: 'run-cancelled'; readonly run: Run; readonly by: Actor }
  /** The last hold of an access ends in a few days. */
  | { readonly kind: 'hold-expiring'; readonly hold: Hold }
  /** These people may approve it and have no notification yet, or are reminded. */
  | {
      readonly kind: 'approval-requested';
      readonly request: AccessRequest;
      readonly approverIds: readonly string[];
      readonly isReminder?: true;
    }
  /** Someone took access without an approval, or it is time to review that. */
  | {
      readonly kind: 'break-glass';
      readonly request: AccessRequest;
      readonly reviewerIds: readonly string[];
      readonly isReview: boolean;
    }
  /** Someone said OK to access that nobody had approved, or looks into it. */
  | { readonly kind: 'break-glass-reviewed'; readonly request: AccessRequest }
  /** Someone has requested it for someone else, and it is open. */
  | { readonly kind: 'requested-for'; readonly request: AccessRequest }
  /** An approver has asked the requester, or the requester has answered. */
  | {
      readonly kind: 'request-question';
      readonly request: AccessRequest;
      readonly question: Question;
    }
  /** Approved, denied, withdrawn, expired or cancelled. */
  | { readonly kind: 'request-ended'; readonly request: AccessRequest; readonly by: Actor }
  /** Chat can't reach an approver of an open request. */
  | {
      readonly kind: 'approver-unreached';
      readonly request: AccessRequest;
      readonly approverId: string;
    }
  /** A new task, or a task with a new assignee. */
  | {
      readonly kind: 'task-opened';
      readonly task: Task;
      /** The person who has its card already. */
      readonly shownTo?: string;
    }
  | { readonly kind: 'task-due'; readonly task: Task; readonly isOverdue: boolean }
  | { readonly kind: 'task-ended'; readonly task: Task }
  /** A campaign started it, so the person who runs it gets its progress. */
  | { readonly kind: 'review-started'; readonly review: Review }
  /** Its date came, and what its campaign asks about can't be read. */
  | { readonly kind: 'review-not-started'; readonly campaignId: string; readonly runnerId: string }
  /** These people have something to review. It is their first notification or a reminder. */
  | {
      readonly kind: 'review-requested';
      readonly review: Review;
      readonly reviewerIds: readonly string[];
    }
  /** It would remove very much, so it waits for an admin. It is their first notification or a reminder. */
  | { readonly kind: 'review-held'; readonly review: Review }
  | { readonly kind: 'review-closed'; readonly review: Review }
  /** Someone has this delegate now, or on other days. */
  | { readonly kind: 'delegate-set'; readonly personId: string; readonly delegateId: string }
  /** Someone's absence is over. */
  | { readonly kind: 'back-from-absence'; readonly personId: string }
  /** Everyone at its integration was checked. */
  | { readonly kind: 'discovery-ended'; readonly discovery: Discovery }
  /** It is time to notify admins of what the lists of accounts show. */
  | { readonly kind: 'findings-due' }
  /** It could not begin, waits for an admin, its message was not sent, or its time had passed when its day was moved. */
  | { readonly kind: 'sequence-item-stuck'; readonly planned: PlannedItem }
  | { readonly kind: 'offboarding-started'; readonly offboarding: Offboarding }
  /** Their last day is over, but they are the only admin: they stay until someone else is one. */
  | { readonly kind: 'offboarding-kept'; readonly offboarding: Offboarding }
  | { readonly kind: 'offboarding-ended'; readonly offboarding: Offboarding }
  /** A scheduled import has ended with a result that admins should see. When several fail in the same way, only the first. */
  | { readonly kind: 'import-ended'; readonly run: EndedSync }
  /** An import would add or change so many people that it waits for an admin's OK. */
  | { readonly kind: 'import-held'; readonly run: SyncIn<'ready'> }
  /**
   * Fields of a person in the directory changed: by hand, by a file, by an import, by the calendar. Or they left or came back
   * (`active`). Not for a person who is added.
   */
  | {
      readonly kind: 'person-changed';
      /** With the old values. */
      readonly before: Person;
      /** With the new values. */
      readonly person: Person;
      readonly fields: readonly DirectoryField[];
      /** Names of stored values that an import changed; never those of `store_data`. */
      readonly stored: readonly string[];
      readonly by: Actor;
    }
  /** An import says that someone who has left has no last day any more, or a later one: they may be back. */
  | { readonly kind: 'rehire-found'; readonly personId: string; readonly integrationId: string }
  /** A rule can't give someone one of its items: its grants failed, or the app lost it twice. */
  | { readonly kind: 'rule-trouble'; readonly trouble: RuleTrouble }
  /** Someone joins or moves, and these people are to have its card. */
  | {
      readonly kind: 'transition-opened';
      readonly transition: Transition;
      readonly readerIds: readonly string[];
    }
  /** Another admin has to confirm whose it is, or to unlock it. */
  | { readonly kind: 'authenticator-waiting'; readonly authenticator: Authenticator }
  /** They did: its codes count, or it is gone. */
  | {
      readonly kind: 'authenticator-answered';
      readonly authenticator: Authenticator;
    }
  /** In a week, and its owner hears of it. */
  | { readonly kind: 'token-expiring'; readonly token: ApiToken }
  /** Service tokens, because the admin who answered for them is gone. */
  | { readonly kind: 'tokens-ended'; readonly tokens: readonly ApiToken[] }
  /** A day began, and the head of the audit log goes with the notices. */
  | { readonly kind: 'audit-head'; readonly line: string; readonly seq: number }
  /** `why`: a sentence for people. */
  | { readonly kind: 'audit-head-not-sent'; readonly to: string; readonly why: string }
  /** It failed for days, or said that it is gone, so nothing is sent there any more. */
  | { readonly kind: 'event-endpoint-off'; readonly endpointId: string }
  /** Grants wait since no one has set up their app, or its sign-in ended: an hour after the first of them, and then weekly. */
  | { readonly kind: 'grants-waiting'; readonly integrationId: string }
  /** An app no longer accepts the connection that an admin allowed. */
  | { readonly kind: 'connection-broken'; readonly integrationId: string };

export type EventOf<K extends Event['kind']> = Extract<Event, { readonly kind: K }>;
