/**
 * Time-limited access ends by itself: a warning a day before, a revoke at the end, and again until it is known to be gone.
 * The sources of the tick; each firing looks at the limit as it is then, so one that was moved or lifted does nothing.
 */
import type { Actor } from './directory.ts';
import type { Firing, Source } from './due.ts';
import type { TaskParts } from './manual.ts';
import type { Transaction } from './ports/unit-of-work.ts';
import { limitSubject, personSubject, touch } from './subjects.ts';
import { takeAway } from './take-away.ts';
import type { TimeLimit } from './time-limit.ts';
import { lift } from './time-limits.ts';

const DAY_MS = 24 * 60 * 60_000;
/** So long before the end whoever has the access is asked whether they still need it. */
const WARNING_MS = DAY_MS;

const SYSTEM: Actor = { kind: 'system' };

/** Who is told of the end of a limit, in the transaction of the change itself. */
export interface LimitNews {
  /** It ends in a day. */
  ending(tx: Transaction, limit: TimeLimit): Promise<void>;
  ended(tx: Transaction, limit: TimeLimit): Promise<void>;
  /** It should have ended and is still there, or may be; said after each try. `why` is a sentence for people. */
  stuck(tx: Transaction, limit: TimeLimit, why: string): Promise<void>;
}

export interface EndingLimits extends TaskParts {
  readonly limitNews: LimitNews;
}

export const limitSources = (parts: EndingLimits): readonly Source[] => [
  {
    name: 'limit-warning',
    async *due({ timeLimits }, now) {
      const soon = new Date(now.getTime() + WARNING_MS);
      for (const limit of await timeLimits.endingBefore(soon, 'unwarned'))
        yield at(limit, new Date(limit.endsAt.getTime() - WARNING_MS));
    },
    async fire(tx, firing, now) {
      const limit = await tx.timeLimits.find(firing.subject);
      if (limit?.state !== 'running' || limit.warnedAt || !isStill(limit, firing, WARNING_MS))
        return;
      if (limit.endsAt <= now) return; // Nobody could do anything about it any more.
      // Nobody misses what they don't have. The end is kept all the same, to be sure.
      const access = await tx.access.find(limit.personId, limit.integrationId);
      const integration = await tx.integrations.find(limit.integrationId);
      if (access?.state === 'none' || !integration || integration.deletedAt) return;
      await parts.limitNews.ending(tx, await tx.timeLimits.save({ ...limit, warnedAt: now }));
    },
  },
  {
    name: 'limit-end',
    async *due({ timeLimits }, now) {
      for (const limit of await timeLimits.endingBefore(now)) yield at(limit, limit.endsAt);
    },
    async fire(tx, firing, now) {
      const limit = await tx.timeLimits.find(firing.subject);
      if (limit?.state !== 'running' || !isStill(limit, firing, 0)) return;
      await goOn(tx, { ...limit, state: 'ending', nextTryAt: now }, parts);
    },
  },
  {
    name: 'limit-try',
    async *due({ timeLimits }, now) {
      for (const limit of await timeLimits.toTryBefore(now))
        if (limit.nextTryAt) yield at(limit, limit.nextTryAt);
    },
    async fire(tx, { subject }) {
      const limit = await tx.timeLimits.find(subject);
      if (limit?.state === 'ending') await goOn(tx, limit, parts);
    },
  },
];

const at = ({ id }: TimeLimit, time: Date): Firing => ({ subject: id, at: time });

/** It may have been moved since. */
const isStill = (limit: TimeLimit, firing: Firing, beforeMs: number): boolean =>
  limit.endsAt.getTime() - beforeMs === firing.at.getTime();

async function goOn(tx: Transaction, limit: TimeLimit, parts: EndingLimits): Promise<void> {
  const person = await tx.people.find(limit.personId);
  const integration = await tx.integrations.find(limit.integrationId);
  if (!person || !integration || integration.deletedAt) {
    await lift(tx, limit);
    return;
  }
  const { tries, taskId, endsAt: since } = limit;
  const taken = await takeAway(
    tx,
    { actor: SYSTEM, person, integration, since, tries, ...(taskId !== undefined && { taskId }) },
    parts,
  );
  const { nextTryAt: _, ...rest } = limit;
  if (taken.kind === 'gone' || taken.kind === 'revoked') {
    const ended = await tx.timeLimits.save({ ...rest, state: 'ended' });
    await parts.limitNews.ended(tx, ended);
  } else {
    const saved = await tx.timeLimits.save({
      ...rest,
      nextTryAt: taken.nextTryAt,
      tries: taken.kind === 'revoking' ? taken.tries : tries,
      ...(taken.kind === 'by-hand' && { taskId: taken.taskId }),
    });
    if (taken.kind === 'revoking' && taken.why !== undefined)
      await parts.limitNews.stuck(tx, saved, taken.why);
  }
  await touch(tx, personSubject(limit.personId), limitSubject(limit.id));
}
