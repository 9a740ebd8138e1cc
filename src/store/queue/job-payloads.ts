import { z } from 'zod';
import type { AnyJob, Job, JobName, Jobs } from '../../engine/ports/jobs.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { oneOf, readJson } from '../work/columns.ts';

const card = z.object({ view: z.string(), payload: z.string(), topic: z.string() });

/** One schema for each job. The type keeps the list complete. */
const payloads: { readonly [N in JobName]: z.ZodType<Jobs[N]> } = {
  'run.advance': z.object({
    runId: z.string(),
    about: z
      .object({
        personId: z.string(),
        integrationId: z.string(),
        manifestVersionId: z.string(),
        accountId: z.string().optional(),
      })
      .optional(),
  }),
  'access.discover': z.object({ integrationId: z.string() }),
  'review.advance': z.object({ reviewId: z.string() }),
  'accounts.advance': z.object({ roundId: z.string() }),
  'access.check': z.object({
    personId: z.string(),
    integrationId: z.string(),
    asked: z.object({ tries: z.number(), since: z.number() }).optional(),
  }),
  'removal.advance': z.object({ removalId: z.string() }),
  'removal.ended': z.object({ removalId: z.string() }),
  'transition.follow': z.object({ personId: z.string() }),
  'removal.reconsider': z.object({ personId: z.string(), integrationId: z.string() }),
  'removal.notify': z.object({
    removalId: z.string(),
    what: z.enum(['stuck', 'gone', 'back', 'paused']),
    readerId: z.string().optional(),
  }),
  'removals.expedite': z.object({ integrationId: z.string(), afterId: z.string().optional() }),
  'grants.set-up': z.object({ integrationId: z.string(), personId: z.string().optional() }),
  'integration.empty': z.object({
    integrationId: z.string(),
    afterPersonId: z.string().optional(),
  }),
  'integration.stop-grants': z.object({ integrationId: z.string(), before: z.number() }),
  'options.fetch': z.object({
    personId: z.string(),
    integrationId: z.string(),
    fieldId: z.string(),
  }),
  'message.refresh': z.object({ messageId: z.string(), failures: z.number().optional() }),
  'message.post': z.object({
    personId: z.string(),
    card,
    unlessShown: z.boolean().optional(),
    failures: z.number().optional(),
    key: z.string().optional(),
  }),
  'notice.post': z.object({
    card,
    integrationId: z.string().optional(),
    isFollowed: z.boolean().optional(),
    failures: z.number().optional(),
  }),
  'fact.ask': z.object({ personId: z.string(), name: z.string() }),
  'grant.cancelled': z.object({ runId: z.string() }),
  'requests.re-evaluate': z.object({
    personId: z.string().optional(),
    integrationId: z.string().optional(),
    sameStanding: z.boolean().optional(),
  }),
  'request.route': z.object({ requestId: z.string() }),
  'delivery.send': z.object({ deliveryId: z.string() }),
  'people.import': z.object({ importId: z.string() }),
  'sync.advance': z.object({ runId: z.string() }),
  'sequences.replan': z.object({
    personId: z.string().optional(),
    deletedSequenceId: z.string().optional(),
  }),
  'person.erase': z.object({ personId: z.string() }),
  'sequence.start': z.object({ eventId: z.string() }),
  'sequence.batch': z.object({ batchId: z.string() }),
  'rules.evaluate': z.object({}),
  'audit.seal': z.object({}),
  'events.send': z.object({ endpointId: z.string() }),
  'audit.mail-head': z.object({}),
  purge: z.object({}),
};

export const knownLanes = Object.fromEntries(lanes.map((lane) => [lane, true])) as Record<
  Lane,
  true
>;

/** @throws {CorruptRow} for a job that this version doesn't know, or with a wrong payload */
export function readJob(row: {
  readonly id: string | number;
  readonly name: string;
  readonly payload: string;
  readonly lane: string;
}): AnyJob {
  const name = oneOf(payloads, row.name, 'jobs.name');
  const job = {
    id: String(row.id),
    name,
    payload: readJson<Jobs[JobName]>(payloads[name], row.payload, 'jobs.payload'),
    lane: oneOf(knownLanes, row.lane, 'jobs.lane'),
  };
  return job as AnyJob; // The schema for this name has checked the payload.
}

export interface JobPage {
  /** Only jobs with greater ids. */
  readonly after: number;
  readonly limit: number;
}

/** A job that waits, or whose worker died with it. */
export interface WaitingJob extends Pick<Job, 'name' | 'payload' | 'lane'> {
  readonly id: number;
  readonly dueAt: Date;
  readonly key: string | undefined;
}

export interface WaitingJobRow {
  readonly id: number;
  readonly name: string;
  readonly payload: string;
  readonly lane: string;
  readonly due_at: number;
  readonly key: string | null;
}

/** @throws {CorruptRow} as `readJob` */
export function readWaitingJob(row: WaitingJobRow): WaitingJob {
  const { name, payload, lane } = readJob(row);
  return {
    id: row.id,
    name,
    payload,
    lane,
    dueAt: new Date(row.due_at),
    key: row.key ?? undefined,
  };
}
