/** Wake-ups: every job and its payload, the queue, and signals about finished work. */
import type { LiveCardRef } from '../../core/message.ts';
import type { RunAbout } from '../runs/run.ts';
import type { Lane } from '../work/lanes.ts';

/** Every job and its payload. A job is a wake-up and carries only ids, because the state is in the rows. */
export interface Jobs {
  /** Execute a run as far as it can go now. `about` spares it a look-up; left out: Latchkey 0.2 has queued it. */
  'run.advance': { readonly runId: string; readonly about?: RunAbout };
  /** Check the access of one person at one integration with `exists`, and store the answer. */
  'access.check': {
    readonly personId: string;
    readonly integrationId: string;
    /** Checks without an answer so far, and the time of the first (milliseconds UTC). */
    readonly asked?: { readonly tries: number; readonly since: number };
  };
  /** Check the next people of a discovery. */
  'access.discover': { readonly integrationId: string };
  /** Write the next items of a review, or ask its next reviewers. */
  'review.advance': { readonly reviewId: string };
  /** Go on with a round of an app's list of accounts. */
  'accounts.advance': { readonly roundId: string };
  /** Take a removal one step further. */
  'removal.advance': { readonly removalId: string };
  /** A removal has ended, so whatever waits for it continues. */
  'removal.ended': { readonly removalId: string };
  /** A removal was withdrawn for a grant that granted nothing, so the removal continues. */
  'removal.reconsider': { readonly personId: string; readonly integrationId: string };
  /** Notify people about a removal. `paused`: the person is back; `readerId` (else each admin) gets their list. */
  'removal.notify': {
    readonly removalId: string;
    readonly what: 'stuck' | 'gone' | 'back' | 'paused';
    readonly readerId?: string;
  };
  /** Retry the stuck removals of an integration now: its manifest, secrets or connection changed, or it was turned on. */
  'removals.expedite': {
    readonly integrationId: string;
    readonly afterId?: string;
  };
  /** Start grants that waited until the app is set up: of that person, or left out, of everyone. */
  'grants.set-up': {
    readonly integrationId: string;
    readonly personId?: string;
  };
  /** Begin the removal of all access to an integration that is being deleted. */
  'integration.empty': {
    readonly integrationId: string;
    readonly afterPersonId?: string;
  };
  /** Stop the remaining grants of an integration that was turned off or is being deleted. The first ones were stopped at once. */
  'integration.stop-grants': {
    readonly integrationId: string;
    /** Milliseconds since 1970. Newer grants continue. */
    readonly before: number;
  };
  /** Fetch the options of one form field into the options cache. */
  'options.fetch': {
    readonly personId: string;
    readonly integrationId: string;
    readonly fieldId: string;
  };
  /** Render one live message again, and edit it if it has changed. */
  'message.refresh': { readonly messageId: string; readonly failures?: number };
  /** Send a live card to a person, in the direct conversation where they last wrote. */
  'message.post': {
    readonly personId: string;
    readonly card: LiveCardRef;
    /** Skip it when the person has such a card already. */
    readonly unlessShown?: boolean;
    readonly failures?: number;
    /** The key that it was queued with. Where it has to wait, it is queued with it again. */
    readonly key?: string | undefined;
  };
  /** Render a card as admins see it, and post it to the notice place of that integration, else of the workspace. */
  'notice.post': {
    readonly card: LiveCardRef;
    readonly integrationId?: string;
    /** Whether the card is live. */
    readonly isFollowed?: boolean;
    readonly failures?: number;
  };
  /** Send one message of a run that has succeeded. */
  'delivery.send': { readonly deliveryId: string };
  /** Read a file of people, or continue its import. */
  'people.import': { readonly importId: string };
  /** Execute a sync run as far as it can go now. */
  'sync.advance': { readonly runId: string };
  /** Ask the people who may confirm a fact that someone else typed. */
  'fact.ask': { readonly personId: string; readonly name: string };
  /** Notify the person who granted that a waiting grant was cancelled, and why. */
  'grant.cancelled': { readonly runId: string };
  /** Re-evaluate the open requests that concern this person, or are for that integration. */
  'requests.re-evaluate': {
    readonly personId?: string;
    readonly integrationId?: string;
    /** That person's role is as it was, and they neither left nor are back. */
    readonly sameStanding?: boolean;
  };
  /** Ask integrations which case of the policy holds for a request, and go on with it. */
  'request.route': { readonly requestId: string };
  /** Compute again when the sequences of this person, or of everybody, are due. The days that they count from have changed. */
  'sequences.replan': {
    readonly personId?: string;
    /** When set: cancel the rest of this sequence instead, which many people had when it was deleted. */
    readonly deletedSequenceId?: string;
  };
  /** Delete all data of a person, as soon as no work for them is running. */
  'person.erase': { readonly personId: string };
  /** Start the sequence of one event. */
  'sequence.start': { readonly eventId: string };
  /** Continue to assign a sequence to many people. */
  'sequence.batch': { readonly batchId: string };
  /** Evaluate the people that wait for it, and look at everyone where a rule changed. */
  'rules.evaluate': Readonly<Record<string, never>>;
  /** Compare this person's open transition with their access. */
  'transition.follow': { readonly personId: string };
  /** Give entries of the audit log their place in the chain. */
  'audit.seal': Readonly<Record<string, never>>;
  /** Send events to an endpoint. */
  'events.send': { readonly endpointId: string };
  /** Send the head of the audit log by email. */
  'audit.mail-head': Readonly<Record<string, never>>;
  /** Delete old data. */
  purge: Readonly<Record<string, never>>;
}

export type JobName = keyof Jobs;

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
   * At most one job with this key waits. A second push keeps the waiting job and the earlier of the two due times. A job that
   * has already started doesn't count, so no wake-up is lost.
   */
  readonly key?: string;
}

export interface Queue {
  push<N extends JobName>(name: N, payload: Jobs[N], options: PushOptions): Promise<void>;
  /** Whether a job of the lane is due and no worker has claimed it. */
  isAwaited(lane: Lane): Promise<boolean>;
}

/**
 * Signals between the processes of one machine: the worker signals what it finished, so that a waiting process continues at once.
 * A signal may be missing when a worker on another machine did the work, so a waiting process also checks the store regularly.
 */
export interface Signals {
  announce(topic: string): void;
  /** Resolves at the next announcement of `topic`, or after `withinMs`. */
  next(topic: string, withinMs: number): Promise<void>;
}
