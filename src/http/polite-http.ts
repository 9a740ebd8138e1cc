/**
 * Limits towards apps, beside each request's own rules: only a few concurrent requests to one host, and none for a while
 * to a host that failed many times in a row. A refused request was not sent.
 */
import type { RateLimit } from '../core/rate-limit.ts';
import { plural, t } from '../core/translate.ts';
import type { Http, HttpAnswer, HttpFailure } from '../engine/ports/http.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';

/** Concurrent requests to one host, so that a slow app can't block the whole worker. */
const AT_ONE_HOST = 8;
/** When to try again for a free slot. */
const BUSY_PAUSE_MS = 1000;
/** After this many consecutive failures the host counts as down. */
const FAILURES_TO_OPEN = 5;
/** Shorter than the time in which a step is retried automatically, so a run survives one open circuit. */
const OPEN_MS = 30_000;
/** For clicks. Every check is retried, so two or three people open the circuit, and the next Retry must soon get an answer. */
export const OPEN_FOR_PEOPLE_MS = 5_000;

interface Host {
  underWay: number;
  failures: number;
  /** Milliseconds UTC. Nothing is sent before. */
  openUntil: number;
}

/** The state of each host. Every `Http` with the same limits shares it. */
export class Circuits {
  readonly #hosts = new Map<string, Host>();
  readonly #now: Clock;
  readonly #openMs: number;

  /** @param openMs how long nothing is sent to a host that is down */
  constructor(now: Clock, openMs: number = OPEN_MS) {
    this.#now = now;
    this.#openMs = openMs;
  }

  /** A host's state. It exists while there is something to remember. */
  of(host: string): Host {
    const known = this.#hosts.get(host) ?? { underWay: 0, failures: 0, openUntil: 0 };
    this.#hosts.set(host, known);
    return known;
  }

  /** Milliseconds until we may send to the host again; 0 when we may now. */
  pauseOf(host: Host): number {
    const left = host.openUntil - this.#now().getTime();
    return left > this.#openMs ? 0 : Math.max(0, left); // It is longer than any pause when the clock went back.
  }

  /** Counts an answer, good or bad. After a pause one request is tried, and its result decides. */
  heard(host: Host, failed: boolean): void {
    host.failures = failed ? host.failures + 1 : 0;
    if (host.failures >= FAILURES_TO_OPEN) host.openUntil = this.#now().getTime() + this.#openMs;
  }

  forget(name: string, host: Host): void {
    if (host.underWay === 0 && host.failures === 0) this.#hosts.delete(name);
  }
}

/**
 * The rate limit for checks and options after clicks, for one host in each process. A full card of forty integrations
 * calls forty hosts, so this means many readers at once, or one who never stops. Runs don't count, since what starts them
 * has its own limit.
 */
export const CLICKS_AT_ONE_HOST = { burst: 60, perSecond: 10 };

/** @param circuits one for each process and purpose; requests that people wait for have their own slots */
export function politeHttp(http: Http, circuits: Circuits, rate?: RateLimit): Http {
  return {
    async send(request, limits, streams) {
      const name = hostOf(request.url);
      if (name === undefined) return http.send(request, limits, streams); // It explains what is wrong with the address.
      const host = circuits.of(name);
      const pause = circuits.pauseOf(host);
      if (pause > 0) return leftAlone(name, pause);
      const probing = host.failures >= FAILURES_TO_OPEN;
      if (host.underWay >= (probing ? 1 : AT_ONE_HOST)) return busy(name);
      const limited = rate?.take(name);
      if (limited && !limited.ok) return askedTooOften(name, limited.afterMs);
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

/** Whether the host itself is down, for any request. */
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
    message: t`${AT_ONE_HOST} requests to ${host} are already running; this one is queued.`,
    maySent: false,
    retryAfterMs: BUSY_PAUSE_MS,
  };
}

function askedTooOften(host: string, afterMs: number): HttpFailure {
  return {
    kind: 'failed',
    code: 'host-busy',
    message: t`Too many requests to ${host} just now; this one is queued.`,
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
      one: t`${host} failed ${FAILURES_TO_OPEN} times in a row, so Latchkey is giving it a break. Try again in 1 second.`,
      other: t`${host} failed ${FAILURES_TO_OPEN} times in a row, so Latchkey is giving it a break. Try again in ${seconds} seconds.`,
    }),
    maySent: false,
    retryAfterMs: pauseMs,
  };
}
