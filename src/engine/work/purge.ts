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

/** Queues the purge once a day, at midnight UTC or at the next start. */
export const purging: Source = {
  name: 'purge',
  async *due(_stores, now) {
    yield { subject: 'all', at: new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS) };
  },
  fire: (tx) => tx.queue.push('purge', {}, { lane: 'background', key: 'purge' }),
};

/** For so long Latchkey has to have run by a clock before anything is deleted by it. */
const SETTLED_MS = 7 * DAY_MS;
/** Someone may turn Latchkey off for a holiday. */
const MAX_GAP_MS = 7 * DAY_MS;

/**
 * Whether the clock may have jumped ahead, or Latchkey was off for long: it ran at some time, but not in the week that ended a week
 * ago. What is deleted is gone for good, so nothing is until then. The database is the witness: each day that Latchkey runs claims a purge.
 * @returns when it ran last, by the clock of then
 */
export async function jumpedFrom(
  { occurrences }: Pick<Stores, 'occurrences'>,
  now: Date,
): Promise<Date | undefined> {
  const settled = new Date(now.getTime() - SETTLED_MS);
  const last = await occurrences.lastClaimed(keyOf(purging, { subject: 'all' }), settled);
  return last && settled.getTime() - last.getTime() > MAX_GAP_MS ? last : undefined;
}

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

export type Purged =
  /** How many rows, per kind that had any. */
  | { readonly kind: 'deleted'; readonly deleted: Readonly<Record<string, number>> }
  /** Nothing: see `jumpedFrom`. */
  | { readonly kind: 'jumped'; readonly from: Date };

/**
 * A purge that was interrupted continues with the next call.
 * @throws the first failure, after everything else
 */
export async function purge(deps: Purging): Promise<Purged> {
  const at = deps.now();
  const from = await jumpedFrom(deps.stores, at);
  if (from) return { kind: 'jumped', from };
  const now = at.getTime();
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
  return { kind: 'deleted', deleted };
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
