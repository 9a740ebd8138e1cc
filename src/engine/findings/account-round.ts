/** A round reads the list of accounts of one app, page by page, and compares it. Pure transitions; the words are in `finding.ts`. */
import { MINUTE_MS } from '../../core/hours.ts';
import { factsWithout, type Lease, leaseFor, type Open } from '../work/lease.ts';

/**
 * In their order. `reading`: the pages. `matching`: whose accounts they are, by address; `facts`: by what is stored with people;
 * `identities`: by what grants wrote. `judging`: each listed account. `missing`: who isn't listed. `tidying`: what is over.
 */
export const roundPhases = [
  'reading',
  'matching',
  'facts',
  'identities',
  'judging',
  'missing',
  'tidying',
] as const;
export type RoundPhase = (typeof roundPhases)[number];

/** How the list was read. `cut`: not to its end, or not every entry. */
export type ListEnd = 'complete' | 'cut';

/** A complete list with fewer than half of the accounts of the last one is a mistake more often than the truth. */
const LEAST_SHARE = 0.5;
/** Smaller lists may shrink like this. */
const LARGE = 10;

export interface RoundFacts {
  readonly id: string;
  readonly version: number;
  readonly integrationId: string;
  readonly manifestVersionId: string;
  readonly startedAt: Date;
  readonly phase: RoundPhase;
  /** The row after which the phase goes on; empty at its beginning. */
  readonly after: string;
  readonly pages: number;
  readonly listed: number;
  /** Entries that the manifest leaves out, and entries that nothing names. */
  readonly skipped: number;
  readonly unreadable: number;
  /** Undefined while it reads, and where there is no list to read (`isClosing`). */
  readonly list?: ListEnd;
  /** Why the list isn't complete, or why the round failed: a sentence for people, redacted. */
  readonly why?: string;
  /** What it has counted can't be read any more, so it says nothing: all that is left is to end it as failed. */
  readonly isLost?: true;
  /** Tries of the page, and when it was first requested. */
  readonly tries: number;
  readonly askedSince?: Date;
  /** The last complete list: when it was read, and how many accounts it had. */
  readonly completeAt?: Date;
  readonly completeCount: number;
  /** An admin said that its list may be this short. */
  readonly acceptsAny?: true;
}

export type AccountRound = RoundFacts &
  (
    | { readonly state: 'waiting'; readonly dueAt: Date }
    | ({ readonly state: 'running' } & Lease)
    | { readonly state: 'done' | 'failed'; readonly finishedAt: Date }
  );

/** Whether its list is too short to count as complete. */
export const isShort = ({
  listed,
  completeCount,
  acceptsAny,
}: Pick<RoundFacts, 'listed' | 'completeCount' | 'acceptsAny'>): boolean =>
  !acceptsAny && completeCount >= LARGE && listed < completeCount * LEAST_SHARE;

/** Whether it only closes what earlier rounds found, since the manifest lists no accounts any more. It is deleted at its end. */
export const isClosing = ({ phase, list }: Pick<RoundFacts, 'phase' | 'list'>): boolean =>
  phase !== 'reading' && list === undefined;

export const roundStates = { waiting: true, running: true, done: true, failed: true } as const;

export type OpenRound = Open<AccountRound>;
export type HeldRound = Extract<AccountRound, { readonly state: 'running' }>;

/** Longer than any page takes, its retries by HTTP included. */
const LEASE_MS = 5 * MINUTE_MS;

const factsOf = factsWithout<AccountRound, RoundFacts>({
  state: true,
  dueAt: true,
  workerId: true,
  leasedUntil: true,
  finishedAt: true,
});

export const leaseRound = (round: OpenRound, workerId: string, now: Date): HeldRound => ({
  ...factsOf(round),
  state: 'running',
  ...leaseFor(workerId, now, LEASE_MS),
});

export const waitRound = (round: HeldRound, dueAt: Date): OpenRound => ({
  ...factsOf(round),
  state: 'waiting',
  dueAt,
});

export const endRound = (
  round: AccountRound,
  how: { readonly state: 'done' | 'failed'; readonly why?: string },
  now: Date,
): AccountRound => ({
  ...factsOf(round),
  state: how.state,
  why: how.why ?? round.why,
  finishedAt: now,
});

/** @returns the phase after this one, at its beginning; undefined after the last */
export function nextPhase(round: HeldRound): HeldRound | undefined {
  const phase = roundPhases[roundPhases.indexOf(round.phase) + 1];
  return phase && { ...round, phase, after: '' };
}
