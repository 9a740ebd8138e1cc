/**
 * Manners towards third parties, beside each request's own rules: at most a few requests at one host at once, and none
 * for a while at a host that failed many times in a row. What is refused here was not sent.
 */

import type { RateLimit } from '../core/rate-limit.ts';
import { plural, t } from '../core/translate.ts';
import type { Http, HttpAnswer, HttpFailure } from '../engine/ports/http.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';

/** Side by side at one host, so that a slow third party can't take all of the worker. */
const AT_ONE_HOST = 8;
/** When to ask again for a place. */
const BUSY_PAUSE_MS = 1000;
/** So many failures in a row and nothing between them: the host is down, not unlucky. */
const FAILURES_TO_OPEN = 5;
/** Shorter than the window in which a step is repeated without asking, so a run outlives one opening. */
const OPEN_MS = 30_000;
/** Where somebody waits: two or three people's checks open it, since each is repeated, and whoever presses Try again soon is to have an answer. */
export const OPEN_FOR_PEOPLE_MS = 5_000;

interface Host {
  underWay: number;
  failures: number;
  /** Milliseconds UTC; until then nothing is sent. */
  openUntil: number;
}

/** Which hosts are how far; shared by every `Http` that minds the same manners. */
export class Circuits {
  readonly #hosts = new Map<string, Host>();
  readonly #now: Clock;
  readonly #openMs: number;

  /** @param openMs how long a host that is down is left alone */
  constructor(now: Clock, openMs: number = OPEN_MS) {
    this.#now = now;
    this.#openMs = openMs;
  }

  /** A host's state; it exists for as long as something is to be remembered of it. */
  of(host: string): Host {
    const known = this.#hosts.get(host) ?? { underWay: 0, failures: 0, openUntil: 0 };
    this.#hosts.set(host, known);
    return known;
  }

  /** Milliseconds until something may be sent there again; 0 where it may now. */
  pauseOf(host: Host): number {
    const left = host.openUntil - this.#now().getTime();
    return left > this.#openMs ? 0 : Math.max(0, left); // Longer than any pause: the clock went back.
  }

  /** One more answer, good or bad. After a pause one request is let through, and decides alone. */
  heard(host: Host, failed: boolean): void {
    host.failures = failed ? host.failures + 1 : 0;
    if (host.failures >= FAILURES_TO_OPEN) host.openUntil = this.#now().getTime() + this.#openMs;
  }

  forget(name: string, host: Host): void {
    if (host.underWay === 0 && host.failures === 0) this.#hosts.delete(name);
  }
}

/**
 * What people's clicks may ask of one host, checks and options, in each process: a full card of forty integrations asks forty hosts, so
 * this is many readers at once, or one who never stops. Runs are not counted: what started them was.
 */
export const CLICKS_AT_ONE_HOST = { burst: 60, perSecond: 10 };

/** @param circuits one of a kind per process and purpose: what people wait for has places of its own */
export function politeHttp(http: Http, circuits: Circuits, rate?: RateLimit): Http {
  return {
    async send(request, limits, streams) {
      const name = hostOf(request.url);
      if (name === undefined) return http.send(request, limits, streams); // It says what is wrong with the address.
      const host = circuits.of(name);
      const pause = circuits.pauseOf(host);
      if (pause > 0) return leftAlone(name, pause);
      const probing = host.failures >= FAILURES_TO_OPEN;
      if (host.underWay >= (probing ? 1 : AT_ONE_HOST)) return busy(name);
      const room = rate?.take(name);
      if (room && !room.ok) return askedTooOften(name, room.afterMs);
      host.underWay += 1;
      try {
        const answer = await http.send(request, limits, streams);
        circuits.heard(host, isDown(answer));
        return answer;
      } finally {
        host.underWay -= 1;
        circuits.forget(name, host);
      }
    },
  };
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Whether the host itself is in trouble, whatever was asked of it. */
function isDown(answer: HttpAnswer): boolean {
  if (answer.kind === 'answer')
    return answer.status === 502 || answer.status === 503 || answer.status === 504;
  return (
    answer.code === 'no-connection' ||
    answer.code === 'connection-lost' ||
    answer.code === 'timeout'
  );
}

function busy(host: string): HttpFailure {
  return {
    kind: 'failed',
    code: 'host-busy',
    message: t`${host} is being asked ${AT_ONE_HOST} things already; this one waits its turn.`,
    maySent: false,
    retryAfterMs: BUSY_PAUSE_MS,
  };
}

function askedTooOften(host: string, afterMs: number): HttpFailure {
  return {
    kind: 'failed',
    code: 'host-busy',
    message: t`${host} was asked very much just now, so this one waits its turn.`,
    maySent: false,
    retryAfterMs: afterMs,
  };
}

function leftAlone(host: string, pauseMs: number): HttpFailure {
  const seconds = Math.ceil(pauseMs / 1000);
  return {
    kind: 'failed',
    code: 'circuit-open',
    message: plural(seconds, {
      one: t`${host} failed ${FAILURES_TO_OPEN} times in a row, so it is left alone for a while. Try again in 1 second.`,
      other: t`${host} failed ${FAILURES_TO_OPEN} times in a row, so it is left alone for a while. Try again in ${seconds} seconds.`,
    }),
    maySent: false,
    retryAfterMs: pauseMs,
  };
}
