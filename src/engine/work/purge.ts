/** What was kept for long enough is deleted, once a day and little by little. The audit log stays. */
import { unreachable } from '../../core/unreachable.ts';
import type { Clock } from '../ports/time-and-chance.ts';
import type { Perishable, Retention } from '../ports/upkeep-stores.ts';
import type { Source } from './due.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of what waits for somebody for a while, or is good for minutes: whoever comes late is told that it has ended. */
const LATECOMERS_MS = DAY_MS;
/** A firing is remembered for longer than anything that may fall due late: a year and a month. */
const FIRINGS_MS = 400 * DAY_MS;
/** Between two batches, so that whoever clicks meanwhile waits for one batch at most. */
const PAUSE_MS = 5;

/** Once a day, at midnight UTC or when Latchkey is next up: the worker purges. */
export const purging: Source = {
  name: 'purge',
  async *due(_stores, now) {
    yield { subject: 'all', at: new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS) };
  },
  fire: (tx) => tx.queue.push('purge', {}, { lane: 'background', key: 'purge' }),
};

export interface Purging {
  readonly now: Clock;
  readonly retention: Retention;
  /** Days that runs, requests and tasks are kept after their end, with everything of theirs; and messages and failed jobs. */
  readonly retentionDays: number;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

const everything: Readonly<Record<Perishable, true>> = {
  runs: true,
  requests: true,
  tasks: true,
  assignments: true,
  joins: true,
  'refused-users': true,
  accounts: true,
  holds: true,
  'file-imports': true,
  'sync-runs': true,
  'sequence-events': true,
  'sequence-batches': true,
  messages: true,
  'buried-jobs': true,
  drafts: true,
  links: true,
  'web-sessions': true,
  'form-sessions': true,
  options: true,
  inbox: true,
  firings: true,
};

/** Stopped half-way, it goes on when called again. @returns how many rows it deleted, of each kind that had any. */
export async function purge(deps: Purging): Promise<Readonly<Record<string, number>>> {
  const now = deps.now().getTime();
  const deleted: Record<string, number> = {};
  for (const what of Object.keys(everything) as Perishable[]) {
    const before = new Date(now - keptMs(what, deps));
    for (;;) {
      const some = await deps.retention.deleteSome(what, before);
      if (some === 0) break;
      deleted[what] = (deleted[what] ?? 0) + some;
      await deps.pause(PAUSE_MS);
    }
  }
  return deleted;
}

function keptMs(what: Perishable, { retentionDays }: Purging): number {
  switch (what) {
    case 'runs':
    case 'requests':
    case 'tasks':
    case 'assignments':
    case 'joins':
    case 'refused-users':
    case 'accounts':
    case 'holds':
    case 'file-imports':
    case 'sync-runs':
    case 'sequence-events':
    case 'sequence-batches':
    case 'messages':
    case 'buried-jobs':
      return retentionDays * DAY_MS;
    case 'drafts':
    case 'links':
    case 'web-sessions':
    case 'form-sessions':
    case 'options':
    case 'inbox':
      return LATECOMERS_MS;
    case 'firings':
      return FIRINGS_MS;
    default:
      return unreachable(what);
  }
}
