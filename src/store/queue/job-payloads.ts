import {
  type AnyJob,
  type Job,
  type JobName,
  type Jobs,
  jobPayloads,
} from '../../engine/ports/jobs.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { oneOf, readJson, wordsOf } from '../work/columns.ts';

export const knownLanes = wordsOf(lanes);

/** @throws {CorruptRow} for a job that this version doesn't know, or with a wrong payload */
export function readJob(row: {
  readonly id: string | number;
  readonly name: string;
  readonly payload: string;
  readonly lane: string;
}): AnyJob {
  const name = oneOf(jobPayloads, row.name, 'jobs.name');
  const job = {
    id: String(row.id),
    name,
    payload: readJson<Jobs[JobName]>(jobPayloads[name], row.payload, 'jobs.payload'),
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
