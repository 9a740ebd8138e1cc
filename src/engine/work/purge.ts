/** Deletes old data once a day, in small batches. */
import { eachAlone } from '../../core/each-alone.ts';
import { DAY_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Perishable, Retention } from '../ports/upkeep-stores.ts';
import { keyOf, type Source } from './due.ts';

/** How long forms, links and the like are kept after they expire, so that someone who comes late learns that they have. */
const LATECOMERS_MS = DAY_MS;
/** Claims of occurrences are kept longer than anything may be late: a year and a month. */
const OCCURRENCES_MS = 400 * DAY_MS;
/** Longer than until that check, which a worker that was down makes a week later. */
const ACCOUNTS_MS = 98 * DAY_MS;
/**
 * How long the copies that are made before a migration are kept. People who are erased meanwhile are still in them, so not for
 * long; and who upgrades notices within that time that something is wrong.
 */
const COPIES_MS = 30 * DAY_MS;
/** For a log of what was sent; long enough to send it again. */
const DELIVERIES_MS = 30 * DAY_MS;
/** Pause between two batches, so that a click waits for at most one batch. */
const PAUSE_MS = 5;

const midnight = (now: Date): Date => new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);

/** Queues the purge once a day, at midnight UTC or at the next start. */
export const purging: Source = {
  name: 'purge',
  async *due(_stores, now) {
    yield { subject: 'all', at: midnight(now) };
  },
  fire: (tx) => tx.queue.push('purge', {}, { lane: 'background', key: 'purge' }),
};

/** On so many days Latchkey has to have run by a clock before everything is deleted by it. */
const SETTLED_DAYS = 7;

/**
 * How many days Latchkey did not run between the last seven on which it did and this one. The clock may have jumped ahead over
 * them, or Latchkey was off. What is deleted is gone for good, so what became old on these days is kept until Latchkey has run on
 * each day of a week. The database is the witness: each day on which Latchkey runs claims a purge.
 */
export async function missedDays(
  { occurrences }: Pick<Stores, 'occurrences'>,
  now: Date,
): Promise<number> {
  const today = midnight(now);
  const before = new Date(today.getTime() - 1);
  const ran = await occurrences.lastClaimed(
    keyOf(purging, { subject: 'all' }),
    before,
    SETTLED_DAYS,
  );
  const first = ran.at(-1);
  return first ? Math.round((today.getTime() - first.getTime()) / DAY_MS) - ran.length : 0;
}

/** Latchkey may be off on weekends, four days of those seven at most, or for a holiday. */
const USUAL_DAYS = 7;

/** Whether so many missed days are to be looked at: then it is likelier that the clock is wrong. */
export const isUnusual = (missed: number): boolean => missed > USUAL_DAYS;

export interface Purging extends Time {
  readonly stores: Pick<Stores, 'occurrences'>;
  readonly retention: Retention;
  /** Days for which ended runs, requests and tasks are kept, with all their data; also messages and failed jobs. */
  readonly retentionDays: number;
  /** Days for which what a pack of evidence shows is kept: holds, requests with their verdicts, and the apps' last answers. */
  readonly evidenceDays: number;
  /** Days for which entries of the audit log are kept; 0: for good. */
  readonly auditDays: number;
}

const everything: Readonly<Record<Perishable, true>> = {
  runs: true,
  requests: true,
  'bundle-requests': true,
  tasks: true,
  assignments: true,
  joins: true,
  'refused-users': true,
  accounts: true,
  holds: true,
  findings: true,
  'file-imports': true,
  'sync-runs': true,
  'sequence-events': true,
  'sequence-batches': true,
  messages: true,
  'event-deliveries': true,
  'buried-jobs': true,
  drafts: true,
  links: true,
  'web-sessions': true,
  'form-sessions': true,
  options: true,
  inbox: true,
  occurrences: true,
  'api-answers': true,
  'api-tokens': true,
  'run-answers': true,
  audit: true,
  copies: true,
};

export interface Purged {
  /** How many rows, per kind that had any. */
  readonly deleted: Readonly<Record<string, number>>;
  /** See `missedDays`. */
  readonly missed: number;
}

/**
 * A purge that was interrupted continues with the next call.
 * @throws the first failure, after everything else
 */
export async function purge(deps: Purging): Promise<Purged> {
  const at = deps.now();
  const missed = await missedDays(deps.stores, at);
  const now = at.getTime() - missed * DAY_MS;
  const deleted: Record<string, number> = {};
  await eachAlone(Object.keys(everything) as Perishable[], async (what) => {
    const kept = keptMs(what, deps);
    if (kept === FOR_GOOD) return;
    const before = new Date(now - kept);
    for (;;) {
      const some = await deps.retention.deleteSome(what, before);
      if (some === 0) break;
      deleted[what] = (deleted[what] ?? 0) + some;
      await deps.pause(PAUSE_MS);
    }
  });
  return { deleted, missed };
}

const FOR_GOOD = Number.POSITIVE_INFINITY;

function keptMs(what: Perishable, { retentionDays, evidenceDays, auditDays }: Purging): number {
  switch (what) {
    case 'audit':
      return auditDays === 0 ? FOR_GOOD : auditDays * DAY_MS;
    case 'run-answers':
      return evidenceDays * DAY_MS;
    case 'requests':
    case 'bundle-requests':
    case 'holds':
      return Math.max(evidenceDays, retentionDays) * DAY_MS;
    // The last check of access that is gone needs them.
    case 'accounts':
      return Math.max(retentionDays * DAY_MS, ACCOUNTS_MS);
    case 'runs':
    case 'tasks':
    case 'assignments':
    case 'joins':
    case 'refused-users':
    case 'findings':
    case 'file-imports':
    case 'sync-runs':
    case 'sequence-events':
    case 'sequence-batches':
    case 'messages':
    case 'buried-jobs':
    case 'api-tokens':
      return retentionDays * DAY_MS;
    case 'drafts':
    case 'links':
    case 'web-sessions':
    case 'form-sessions':
    case 'options':
    case 'inbox':
    case 'api-answers':
      return LATECOMERS_MS;
    case 'occurrences':
      return OCCURRENCES_MS;
    case 'event-deliveries':
      return DELIVERIES_MS;
    case 'copies':
      return COPIES_MS;
    default:
      return unreachable(what);
  }
}
