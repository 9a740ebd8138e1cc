/**
 * After a clock that was far ahead: what was put off by it would wait until that time comes. Times that only say when to go on, or
 * when someone was notified last, become now. That does no harm even if the clock was right and is wrong now. Times that say what
 * happened, or what people chose, stay.
 */
import type { Knex } from 'knex';
import { DAY_MS } from '../../core/hours.ts';
import { OUTCOME_UNKNOWN_MS } from '../../engine/access/account.ts';
import { dialectOf } from '../database.ts';

/**
 * What waits for less long comes soon enough by itself. Quiet hours, a retry that people see and the next morning's review are no
 * farther away: they keep their time, since this happens at each start until the time that the clock showed is over.
 */
const FAR_MS = 2 * DAY_MS;

const leased = ['due_at', 'leased_until'];
export const columns: Readonly<Record<string, readonly string[]>> = {
  account_rounds: leased,
  accounts: ['revoked_at', 'written_at'],
  break_glasses: ['review_at'],
  deliveries: leased,
  discoveries: ['due_at'],
  event_deliveries: ['due_at'],
  event_endpoints: [...leased, 'paused_until'],
  inbox: ['leased_until'],
  removals: ['notified_at'],
  reviews: ['reminded_at'],
  rule_changes: ['due_at'],
  rule_passes: ['moved_at'],
  rule_troubles: ['failed_at'],
  runs: leased,
  sequence_batches: ['moved_at'],
  sync_runs: leased,
  tasks: ['reminded_at'],
  transitions: ['followed_at'],
};
/** A write that may still arrive counts as ended a while later. */
const timeOf = (name: string, ms: number): number =>
  name === 'written_at' ? ms + OUTCOME_UNKNOWN_MS : ms;
/** Without a version, since nothing is saved back as it was read. */
const UNVERSIONED = new Set(['break_glasses', 'inbox', 'rule_changes', 'rule_troubles']);

/**
 * Does nothing unless something has become due more than a day from now. A clock that was ahead leaves that: each day has something due.
 * @param shown what the clock has shown before, where that is later than now: jobs that were due then are due
 */
export async function bringForward(db: Knex, now: Date, shown = now): Promise<void> {
  const ms = now.getTime();
  await bringJobsForward(db, { now, after: now, until: shown });
  const ahead = await db('occurrences')
    .where('at', '>', ms + DAY_MS)
    .limit(1)
    .pluck('at');
  if (ahead.length === 0) return;
  for (const [table, names] of Object.entries(columns))
    for (const name of names)
      await db(table)
        .where(name, '>', ms + FAR_MS)
        .modify((rows) => {
          if (!UNVERSIONED.has(table)) rows.increment('version', 1);
        })
        .update({ [name]: timeOf(name, ms) });
  await bringJobsForward(db, { now, after: new Date(ms + FAR_MS) });
  if (dialectOf(db) === 'sqlite')
    await db('jobs')
      .where('leased_until', '>', ms + FAR_MS)
      .update({ leased_until: ms });
}

/** @param until left out: however late they are due */
async function bringJobsForward(
  db: Knex,
  { now, after, until }: { readonly now: Date; readonly after: Date; readonly until?: Date },
): Promise<void> {
  if (until && until <= after) return;
  if (dialectOf(db) === 'postgres')
    await db.raw(
      `select 1 from graphile_worker.reschedule_jobs(
         array(select id from graphile_worker.jobs where locked_at is null and run_at > ? and run_at <= ?), run_at => ?)`,
      [after, until ?? 'infinity', now],
    );
  else
    await db('jobs')
      .where('due_at', '>', after.getTime())
      .where('due_at', '<=', until?.getTime() ?? Number.MAX_SAFE_INTEGER)
      .update({ due_at: now.getTime() });
}
