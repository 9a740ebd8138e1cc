/** Setting, moving and lifting the end of somebody's access. What happens at the end is in `end-limits.ts`. */
import type { AccessRequest } from './access-request.ts';
import type { Integration, Person } from './directory.ts';
import type { Starting } from './grant.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';
import { isUnfinished } from './run.ts';
import { limitSubject, personSubject, touch } from './subjects.ts';
import type { TimeLimit } from './time-limit.ts';

const DAY_MS = 24 * 60 * 60_000;

const endAfter = (from: Date, days: number): Date => new Date(from.getTime() + days * DAY_MS);

export interface Limiting {
  readonly person: Person;
  readonly integration: Integration;
  /** From now on; undefined for as long as they work here. */
  readonly days: number | undefined;
  readonly requestId?: string;
}

/** Access is being granted: it ends after so many days, or by itself no longer. Takes the place of any end so far. */
export async function limitAccess(
  tx: Transaction,
  { person, integration, days, requestId }: Limiting,
  { now, newId }: Pick<Starting, 'now' | 'newId'>,
): Promise<TimeLimit | undefined> {
  await liftLimit(tx, person.id, integration.id);
  if (days === undefined) return undefined;
  const limit: TimeLimit = {
    id: newId(),
    version: 1,
    personId: person.id,
    integrationId: integration.id,
    ...(requestId !== undefined && { requestId }),
    state: 'running',
    endsAt: endAfter(now(), days),
    tries: 0,
  };
  await tx.timeLimits.insert(limit);
  await touch(tx, personSubject(person.id));
  return limit;
}

/** Runs that are looked through for the last grant. */
const LAST_RUNS = { offset: 0, limit: 20 };

/**
 * The limit that asking again would extend. Undefined where there is nothing to keep for longer: it has ended or is
 * ending, the access is known to be gone, or it never came, since what should have given it came to nothing.
 */
export async function limitToExtend(
  stores: Stores,
  personId: string,
  integrationId: string,
): Promise<TimeLimit | undefined> {
  const limit = await stores.timeLimits.current(personId, integrationId);
  if (limit?.state !== 'running') return undefined;
  const access = await stores.access.find(personId, integrationId);
  if (access?.state === 'has') return limit;
  const { runs } = await stores.runs.list(
    { concerning: { about: [personId] }, integrationId },
    LAST_RUNS,
  );
  const last = runs.find(({ kind }) => kind === 'execute');
  if (last && isUnfinished(last)) return limit;
  if (access?.state === 'none') return undefined;
  return !last || last.state === 'succeeded' ? limit : undefined;
}

/**
 * Moves the end by the days that were asked for, from where it is now.
 * @returns false where there is nothing to extend any more: see `limitToExtend`
 */
export async function extendLimit(
  tx: Transaction,
  { personId, integrationId, days }: AccessRequest,
): Promise<boolean> {
  const limit = await limitToExtend(tx, personId, integrationId);
  if (!limit) return false;
  const { warnedAt: _, ...rest } = limit;
  await tx.timeLimits.save(
    days === undefined
      ? { ...limit, state: 'lifted' }
      : { ...rest, endsAt: endAfter(limit.endsAt, days) },
  );
  await touch(tx, personSubject(personId), limitSubject(limit.id));
  return true;
}

/** The access is given anew: its end so far no longer counts. */
async function liftLimit(tx: Transaction, personId: string, integrationId: string): Promise<void> {
  const limit = await tx.timeLimits.current(personId, integrationId);
  if (limit) await lift(tx, limit);
}

/** Somebody took the access away before its end. A limit that is ending is settled by its own tries. */
export async function liftRunning(
  tx: Transaction,
  personId: string,
  integrationId: string,
): Promise<void> {
  const limit = await tx.timeLimits.current(personId, integrationId);
  if (limit?.state === 'running') await lift(tx, limit);
}

/** Its end no longer counts. */
export async function lift(tx: Transaction, limit: TimeLimit): Promise<void> {
  await tx.timeLimits.save({ ...limit, state: 'lifted' });
  await touch(tx, personSubject(limit.personId), limitSubject(limit.id));
}
