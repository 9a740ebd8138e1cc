/** The answer of `/readyz`: which part of Latchkey doesn't work now, each in a sentence for an operator. */
import { within } from '../core/within.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';
import { SLACK_REMOVAL } from '../engine/settings/set-up-memory.ts';
import type { Reason } from './server.ts';

export interface ReadinessDeps {
  /** The last heartbeat of this process's own worker, from the database. Those of other processes may be well without it. */
  readonly lastBeat: () => Promise<Date | undefined>;
  readonly now: Clock;
  /** Milliseconds since any fixed moment, which no one sets. */
  readonly ticks: () => number;
  /** The most likely reason of an error of the database, as a part of a sentence. */
  readonly troubleOf: (error: unknown) => string | undefined;
  /** Absent without Slack. */
  readonly slack?: ReachOfSlack;
  /** Absent without Teams. */
  readonly teams?: { readonly isUnreachable: () => boolean };
}

export interface ReachOfSlack {
  /** `waiting`: Slack has not answered since the start. `refused`: it answered and refused the token. */
  readonly opened: () => 'open' | 'waiting' | 'refused';
  /** False while a socket that was open reconnects. */
  readonly isConnected: () => boolean;
  /** From this process's last calls. */
  readonly isUnreachable: () => boolean;
  /** When Slack's admins removed Latchkey, from the database. Undefined while it is installed. */
  readonly removedAt: () => Promise<Date | undefined>;
}

/** The time limit for a database that doesn't answer. */
const TIMEOUT_MS = 5000;
/** After this much silence a worker counts as not working. */
const WORKER_SILENT_MS = 20_000;

export class Readiness {
  readonly #deps: ReadinessDeps;
  /** Of the last call that found a heartbeat. */
  #lastAsked = -Infinity;
  /** The newest heartbeat, and the last call that found another one: it came after that call. */
  #newest = { beat: Number.NaN, after: -Infinity };

  constructor(deps: ReadinessDeps) {
    this.#deps = deps;
  }

  /** @returns why Latchkey is not ready; empty when it is. Never throws. */
  async whatIsAmiss(): Promise<readonly Reason[]> {
    const { slack, teams, lastBeat, troubleOf } = this.#deps;
    const askedAt = this.#deps.ticks();
    const [beat, removedAt] = await Promise.all([
      inTime(lastBeat()),
      slack && inTime(slack.removedAt()),
    ]);
    const chat = [...slackReasons(slack, removedAt), ...teamsReasons(teams)];
    if (beat instanceof NoAnswer) return [noDatabase(troubleOf(beat.error)), ...chat];
    return beat && this.#isOfNow(beat, askedAt) ? chat : [noWorker, ...chat];
  }

  /** By its own time, or because it came a moment ago: a clock that is set right makes no worker silent. */
  #isOfNow(at: Date, askedAt: number): boolean {
    const { now, ticks } = this.#deps;
    const beat = at.getTime();
    if (beat !== this.#newest.beat) this.#newest = { beat, after: this.#lastAsked };
    this.#lastAsked = askedAt;
    return (
      Math.abs(now().getTime() - beat) < WORKER_SILENT_MS ||
      ticks() - this.#newest.after < WORKER_SILENT_MS
    );
  }
}

class NoAnswer {
  /** Undefined of a database that hangs. */
  readonly error: unknown;
  constructor(error?: unknown) {
    this.error = error;
  }
}

async function inTime<T>(work: Promise<T>): Promise<T | NoAnswer> {
  const answer = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ value: new NoAnswer(error) }),
  );
  return ((await within(TIMEOUT_MS, answer)) ?? { value: new NoAnswer() }).value;
}

function slackReasons(
  slack: ReachOfSlack | undefined,
  removedAt: Date | NoAnswer | undefined,
): readonly Reason[] {
  if (!slack) return [];
  if (removedAt instanceof Date) return [slackRemovedUs(removedAt)];
  const opened = slack.opened();
  if (opened === 'refused') return [slackRefuses];
  if (opened === 'waiting') return [slackIsNotReached];
  if (!slack.isConnected()) return [socketIsClosed];
  return slack.isUnreachable() ? [callsFail('slack', 'Slack')] : [];
}

const teamsReasons = (teams: ReadinessDeps['teams']): readonly Reason[] =>
  teams?.isUnreachable() ? [callsFail('teams', 'The Bot Connector of Teams')] : [];

const noWorker: Reason = {
  part: 'worker',
  message: 'The worker of this process has not said that it lives; the log says why.',
};
const noDatabase = (why: string | undefined): Reason => ({
  part: 'database',
  message: why
    ? `The database can't be used now: most likely ${why}. Check DATABASE_URL, and the server or disk behind it.`
    : 'The database does not answer; check DATABASE_URL and the server or disk behind it.',
});
const slackIsNotReached: Reason = {
  part: 'slack',
  message: 'Slack could not be reached since the start; it is tried again every few seconds.',
};
const slackRefuses: Reason = {
  part: 'slack',
  message:
    'Slack does not accept SLACK_BOT_TOKEN; copy the bot token of the installed app and start Latchkey again.',
};
const slackRemovedUs = (at: Date): Reason => ({
  part: 'slack',
  message: `${SLACK_REMOVAL.what}, on ${at.toISOString().slice(0, 10)}. ${SLACK_REMOVAL.next}.`,
});
const socketIsClosed: Reason = {
  part: 'slack',
  message: 'The socket to Slack is closed and being opened again; the log says why.',
};
const callsFail = (part: string, name: string): Reason => ({
  part,
  message: `${name} could not be reached the last times that it was called; check the network and the proxy.`,
});
