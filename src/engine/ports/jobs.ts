/** Wake-ups: every job and its payload, where they wait, and the news of what was finished. */

import type { LiveCardRef } from '../../core/message.ts';
import type { Lane } from '../work/lanes.ts';

/** Every job and its payload. A job carries ids only: it is a wake-up, the state is in the rows. */
export interface Jobs {
  /** Take a run as far as it goes now. */
  'run.advance': { readonly runId: string };
  /** Ask `exists` of one person at one integration, and keep the answer. */
  'access.check': {
    readonly personId: string;
    readonly integrationId: string;
    /** How often it was asked in vain, and since when, in milliseconds UTC. */
    readonly asked?: { readonly tries: number; readonly since: number } | undefined;
  };
  /** Take a removal one step further. */
  'removal.advance': { readonly removalId: string };
  /** A removal has ended: what waits for that goes on. */
  'removal.ended': { readonly removalId: string };
  /** A grant for which a removal was withdrawn gave nothing: the removal goes on. */
  'removal.reconsider': { readonly personId: string; readonly integrationId: string };
  /** Tell people how a removal stands. `paused`: the person is back, and `readerId` (else each admin) gets the list of theirs. */
  'removal.notify': {
    readonly removalId: string;
    readonly what: 'stuck' | 'gone' | 'back' | 'paused';
    readonly readerId?: string | undefined;
  };
  /** Try what is stuck at an integration at once: its manifest, secrets or connection have changed, or it was turned on. */
  'removals.expedite': {
    readonly integrationId: string;
    readonly afterId?: string | undefined;
  };
  /** Begin the removal of everybody's access to an integration that is to be deleted. */
  'integration.empty': {
    readonly integrationId: string;
    readonly afterPersonId?: string | undefined;
  };
  /** Stop the grants of an integration that was turned off or is to be deleted, behind the first ones. */
  'integration.stop-grants': {
    readonly integrationId: string;
    /** Milliseconds since 1970: grants that are newer stay. */
    readonly before: number;
  };
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
  /** Ask whoever may confirm it about a fact that someone else typed. */
  'fact.ask': { readonly personId: string; readonly name: string };
  /** Tell who granted it that a grant that waited was cancelled, and why. */
  'grant.cancelled': { readonly runId: string };
  /** Look over the open requests that concern this person, or are for that integration. */
  'requests.re-evaluate': {
    readonly personId?: string | undefined;
    readonly integrationId?: string | undefined;
  };
  /** Look at when the sequences of this person, or of everybody, are due: what they count from has changed. */
  'sequences.replan': {
    readonly personId?: string | undefined;
    /** Instead: cancel what is left of this sequence, which many people had when it was deleted. */
    readonly deletedSequenceId?: string | undefined;
  };
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
