/**
 * Taking access away and staying at it: revoked, asked, revoked again, until it is known to be gone or somebody has done by
 * hand what Latchkey can't. Whoever has a reason (the end of a time limit, somebody's last day) keeps its state and calls
 * again when the next try is due.
 */
import { say } from '../core/say.ts';
import { queueCheck } from './check-access.ts';
import type { Access, Actor, Integration, Person } from './directory.ts';
import { startRevoke } from './grant.ts';
import { parseManifest } from './manifest/parse.ts';
import { openRevokeTask, type TaskParts } from './manual.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';
import { isUnfinished, type Run } from './run.ts';

export interface TakingAway {
  readonly actor: Actor;
  readonly person: Person;
  readonly integration: Integration;
  /** Since when it is being taken away: what was known or done before doesn't count. */
  readonly since: Date;
  /** How often it was begun. */
  readonly tries: number;
  /** The task that somebody was given. */
  readonly taskId?: string;
}

export type TakenAway =
  /** Known to be gone. */
  | { readonly kind: 'gone' }
  /** A revoke has succeeded, and the integration can't be asked. */
  | { readonly kind: 'revoked'; readonly runId: string }
  | {
      readonly kind: 'revoking';
      readonly tries: number;
      readonly nextTryAt: Date;
      readonly runId?: string;
      /** A sentence for people, redacted: why it is not gone yet. */
      readonly why?: string;
    }
  | {
      readonly kind: 'by-hand';
      readonly taskId: string;
      readonly nextTryAt: Date;
      readonly why: string;
    };

const MINUTE_MS = 60_000;
/** A run or a check that is under way is looked at again after this. */
const LOOK_AGAIN_MS = 2 * MINUTE_MS;
/** Between one try and the next; the last one again and again. */
const PAUSES_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS);
/** How often a task is looked at. */
const TASK_MS = 60 * MINUTE_MS;
/** Runs that are looked through for the last revoke. */
const LAST_RUNS = { offset: 0, limit: 20 };

/** Takes it one step further: nothing of the network happens here. */
export async function takeAway(
  tx: Transaction,
  away: TakingAway,
  parts: TaskParts,
): Promise<TakenAway> {
  const { person, integration, since, taskId } = away;
  const now = parts.now();
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  if (taskId !== undefined) {
    const task = await tx.tasks.find(taskId);
    if (task?.state === 'done') return { kind: 'gone' };
    if (task?.state === 'open')
      return {
        kind: 'by-hand',
        taskId,
        nextTryAt: later(TASK_MS),
        why: say`Somebody was asked to do it by hand.`,
      };
  }
  const access = await tx.access.find(person.id, integration.id);
  const version = await tx.integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  const manifest = parsed?.ok && parsed.manifest.kind === 'provision' ? parsed.manifest : undefined;
  if (isGone(access, since)) return { kind: 'gone' };
  if (!manifest || manifest.revoke.length === 0)
    return byHand(tx, away, whyByHand(integration, manifest !== undefined), later(TASK_MS), parts);

  const underWay = await tx.runs.unfinished(person.id, integration.id);
  if (underWay?.kind === 'revoke')
    return {
      kind: 'revoking',
      tries: away.tries,
      nextTryAt: later(LOOK_AGAIN_MS),
      runId: underWay.id,
    };

  const last = await lastRevoke(tx, asLast(away));
  if (last?.state === 'succeeded') {
    if (!manifest.exists) return { kind: 'revoked', runId: last.id };
    // A revoke that worked but left access is done again; a check that didn't answer is asked again first.
    const isAsked = access !== undefined && access.checkedAt > last.finishedAt;
    if (!isAsked || access.state === 'unknown') {
      await queueCheck(tx.queue, person.id, integration.id);
      const pause = isAsked ? pauseAfter(away.tries) : LOOK_AGAIN_MS;
      const why = isAsked ? access.reason : undefined;
      return {
        kind: 'revoking',
        tries: isAsked ? away.tries + 1 : away.tries,
        nextTryAt: later(pause),
        runId: last.id,
        ...(why && { why }),
      };
    }
  }
  const started = await startRevoke(tx, away, parts);
  if (started.kind === 'refused') return byHand(tx, away, started.why, later(TASK_MS), parts);
  const why = last && whyNot(last);
  return {
    kind: 'revoking',
    tries: away.tries + 1,
    nextTryAt: later(pauseAfter(away.tries)),
    runId: started.run.id,
    ...(why && { why }),
  };
}

const pauseAfter = (tries: number): number =>
  PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? TASK_MS;

/** Gone counts when it was asked or done since then. */
const isGone = (access: Access | undefined, since: Date): boolean =>
  access?.state === 'none' && (access.checkedAt >= since || access.since >= since);

/** Whose access is taken away where, and since when. */
interface Ending {
  readonly personId: string;
  readonly integrationId: string;
  readonly since: Date;
}

const asLast = ({ person, integration, since }: TakingAway): Ending => ({
  personId: person.id,
  integrationId: integration.id,
  since,
});

/** Why it is not gone yet, a sentence for people; undefined where nothing has gone wrong so far. */
export async function whyNotGone(stores: Stores, ending: Ending): Promise<string | undefined> {
  const access = await stores.access.find(ending.personId, ending.integrationId);
  if (isGone(access, ending.since)) return undefined;
  const last = await lastRevoke(stores, ending);
  if (last?.state !== 'succeeded') return last && whyNot(last);
  const isAsked = access !== undefined && access.checkedAt > last.finishedAt;
  if (!isAsked) return undefined;
  return access.state === 'unknown' ? access.reason : whyNot(last);
}

async function lastRevoke(
  stores: Stores,
  { personId, integrationId, since }: Ending,
): Promise<Run | undefined> {
  const { runs } = await stores.runs.list(
    { concerning: { about: [personId] }, integrationId },
    LAST_RUNS,
  );
  return runs.find((run) => run.kind === 'revoke' && run.createdAt >= since && !isUnfinished(run));
}

function whyNot(run: Run): string | undefined {
  if ('error' in run) return say`The last try failed. ${run.error.message}`;
  return run.state === 'succeeded'
    ? say`The last try went through, and the access is there all the same.`
    : undefined;
}

const whyByHand = ({ name, manifestVersionId }: Integration, isReadable: boolean): string =>
  manifestVersionId === undefined
    ? say`${name} is done by hand.`
    : isReadable
      ? say`${name} has no revoke in its manifest: it has to be taken away in ${name} itself.`
      : say`The manifest of ${name} can't be read: it has to be taken away in ${name} itself.`;

async function byHand(
  tx: Transaction,
  { actor, person, integration }: TakingAway,
  why: string,
  nextTryAt: Date,
  parts: TaskParts,
): Promise<TakenAway> {
  const task = await openRevokeTask(tx, { actor, person, integration, note: why }, parts);
  return { kind: 'by-hand', taskId: task.id, nextTryAt, why };
}
