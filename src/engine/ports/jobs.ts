/** Wake-ups: every job and its payload, the queue, and signals about finished work. */
import { z } from 'zod';
import type { RunAbout } from '../runs/run.ts';
import type { Lane } from '../work/lanes.ts';

const id = z.string();
const card = z.object({ view: z.string(), payload: z.string(), topic: z.string() });
const failures = z.number().optional();

/** Every job and its payload. A job is a wake-up and carries only ids, because the state is in the rows. */
export const jobPayloads = {
  /** Execute a run as far as it can go now. `about` spares it a look-up; left out: Latchkey 0.2 has queued it. */
  'run.advance': z.object({
    runId: id,
    about: z
      .object({
        personId: id,
        integrationId: id,
        manifestVersionId: id,
        accountId: id.optional(),
      } satisfies Record<keyof RunAbout, unknown>)
      .optional(),
  }),
  /** Check the access of one person at one integration with `exists`, and store the answer. */
  'access.check': z.object({
    personId: id,
    integrationId: id,
    /** Checks without an answer so far, and the time of the first (milliseconds UTC). */
    asked: z.object({ tries: z.number(), since: z.number() }).optional(),
  }),
  /** Check the next people of a discovery. */
  'access.discover': z.object({ integrationId: id }),
  /** Write the next items of a review, or ask its next reviewers. */
  'review.advance': z.object({ reviewId: id }),
  /** Go on with a round of an app's list of accounts. */
  'accounts.advance': z.object({ roundId: id }),
  /** Take a removal one step further. */
  'removal.advance': z.object({ removalId: id }),
  /** A removal has ended, so whatever waits for it continues. */
  'removal.ended': z.object({ removalId: id }),
  /** A removal was withdrawn for a grant that granted nothing, so the removal continues. */
  'removal.reconsider': z.object({ personId: id, integrationId: id }),
  /** Notify people about a removal. `paused`: the person is back; `readerId` (else each admin) gets their list. */
  'removal.notify': z.object({
    removalId: id,
    what: z.enum(['stuck', 'gone', 'back', 'paused']),
    readerId: id.optional(),
  }),
  /** Retry the stuck removals of an integration now: its manifest, secrets or connection changed, or it was turned on. */
  'removals.expedite': z.object({ integrationId: id, afterId: id.optional() }),
  /** Start grants that waited until the app is set up: of that person, or left out, of everyone. */
  'grants.set-up': z.object({ integrationId: id, personId: id.optional() }),
  /** Begin the removal of all access to an integration that is being deleted. */
  'integration.empty': z.object({ integrationId: id, afterPersonId: id.optional() }),
  /** Stop the remaining grants of an integration that was turned off or is being deleted. The first ones were stopped at once. */
  'integration.stop-grants': z.object({
    integrationId: id,
    /** Milliseconds since 1970. Newer grants continue. */
    before: z.number(),
  }),
  /** Fetch the options of one form field into the options cache. */
  'options.fetch': z.object({ personId: id, integrationId: id, fieldId: id }),
  /** Render one live message again, and edit it if it has changed. */
  'message.refresh': z.object({ messageId: id, failures }),
  /** Send a live card to a person, in the direct conversation where they last wrote. */
  'message.post': z.object({
    personId: id,
    card,
    /** Skip it when the person has such a card already. */
    unlessShown: z.boolean().optional(),
    failures,
    /** The key that it was queued with. Where it has to wait, it is queued with it again. */
    key: z.string().optional(),
  }),
  /** Render a card as admins see it, and post it to the notice place of that integration, else of the workspace. */
  'notice.post': z.object({
    card,
    integrationId: id.optional(),
    /** Whether the card is live. */
    isFollowed: z.boolean().optional(),
    failures,
  }),
  /** Send one message of a run that has succeeded. */
  'delivery.send': z.object({ deliveryId: id }),
  /** Read a file of people, or continue its import. */
  'people.import': z.object({ importId: id }),
  /** Execute a sync run as far as it can go now. */
  'sync.advance': z.object({ runId: id }),
  /** Ask the people who may confirm a fact that someone else typed. */
  'fact.ask': z.object({ personId: id, name: z.string() }),
  /** Notify the person who granted that a waiting grant was cancelled, and why. */
  'grant.cancelled': z.object({ runId: id }),
  /** Re-evaluate the open requests that concern this person, or are for that integration. */
  'requests.re-evaluate': z.object({
    personId: id.optional(),
    integrationId: id.optional(),
    /** That person's role is as it was, and they neither left nor are back. */
    sameStanding: z.boolean().optional(),
  }),
  /** Ask integrations which case of the policy holds for a request, and go on with it. */
  'request.route': z.object({ requestId: id }),
  /** Compute again when the sequences of this person, or of everybody, are due. The days that they count from have changed. */
  'sequences.replan': z.object({
    personId: id.optional(),
    /** When set: cancel the rest of this sequence instead, which many people had when it was deleted. */
    deletedSequenceId: id.optional(),
  }),
  /** Delete all data of a person, as soon as no work for them is running. */
  'person.erase': z.object({ personId: id }),
  /** Start the sequence of one event. */
  'sequence.start': z.object({ eventId: id }),
  /** Continue to assign a sequence to many people. */
  'sequence.batch': z.object({ batchId: id }),
  /** Evaluate the people that wait for it, and look at everyone where a rule changed. */
  'rules.evaluate': z.object({}),
  /** Compare this person's open transition with their access. */
  'transition.follow': z.object({ personId: id }),
  /** Give entries of the audit log their place in the chain. */
  'audit.seal': z.object({}),
  /** Send events to an endpoint. */
  'events.send': z.object({ endpointId: id }),
  /** Send the head of the audit log by email. */
  'audit.mail-head': z.object({}),
  /** Delete old data. */
  purge: z.object({}),
};

export type Jobs = {
  readonly [N in keyof typeof jobPayloads]: Readonly<z.output<(typeof jobPayloads)[N]>>;
};

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
