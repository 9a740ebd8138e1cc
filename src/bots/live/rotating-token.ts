/**
 * The bot's token, where the platform lets it expire. It is stored, since each renewal replaces what renews it. All processes
 * share it: the lease on its row is the right to renew it (decision 4).
 */
import { MINUTE_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ChatToken, ChatTokenStore } from '../../engine/ports/chat-stores.ts';
import type { Time } from '../../engine/ports/time-and-chance.ts';
import { PlatformError } from '../view/platform.ts';
import type { Renewal } from '../view/renewal.ts';

/** How long before its end a token is renewed. Slack's lives for 12 hours, and for one where Slack doesn't say it. */
const AHEAD_MS = 30 * MINUTE_MS;
/** Longer than a renewal may take. It is also the pause after a failure. */
const LEASE_MS = 45_000;
/**
 * How long a renewed token is tried to be stored while the database fails. Others leave a lease alone for that much longer, since they
 * would renew with what Slack has replaced, and tell an operator that it is lost. A process that holds a lease longer is dead.
 */
const KEEP_MS = MINUTE_MS;
const KEEP_PAUSE_MS = 2_000;
/** How often a process looks whether another one has renewed a token that can't be used any more. */
const LOOK_AGAIN_MS = 100;

/** The origins that are kept: an operator installs an app again now and then. */
const MAX_ORIGINS = 20;

export interface Configured {
  readonly platform: ChatToken['platform'];
  readonly token: string;
  readonly refreshToken: string;
}

export interface RotatingDeps extends Time {
  readonly store: ChatTokenStore;
  readonly renew: (refreshToken: string) => Promise<Renewal>;
  /** What an operator has to do. Called once, by the process that finds out. */
  readonly onLost: (sentence: string) => void;
}

export class RotatingToken {
  readonly #configured: Configured;
  readonly #deps: RotatingDeps;
  /** What this process has read last. */
  #known: ChatToken | undefined;
  #begun: Promise<void> | undefined;

  constructor(configured: Configured, deps: RotatingDeps) {
    this.#configured = configured;
    this.#deps = deps;
  }

  /**
   * The token to use now, renewed if need be.
   * @param refused that the platform has just called expired
   * @throws {PlatformError} when there is none
   */
  async get(refused?: string): Promise<string> {
    if (this.#known && this.#isFresh(this.#known, refused)) return this.#known.token;
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = undefined;
      throw error;
    });
    await this.#begun;
    for (;;) {
      const stored = await this.#stored();
      if (this.#isFresh(stored, refused)) return stored.token;
      if (stored.lostAt) return this.#orElse(stored, refused, LOST);
      if (this.#isLeased(stored)) {
        // Renewed ahead by another process, or not long ago without success.
        if (stored.failure !== undefined) return this.#orElse(stored, refused, stored.failure);
        if (this.#isGood(stored, refused)) return stored.token;
        await this.#deps.pause(LOOK_AGAIN_MS);
        continue;
      }
      const { failure: _, ...rest } = stored;
      const leased = await this.#deps.store.save({ ...rest, leasedUntil: this.#in(LEASE_MS) });
      if (leased) return this.#renew(leased, refused);
    }
  }

  /**
   * The pair of the configuration counts at first, and again after an operator has changed it. Each pair counts once: while
   * processes are replaced, older ones still have the older pair, even if they start again, and follow the row.
   */
  async #begin(): Promise<void> {
    const { store } = this.#deps;
    const { platform, token, refreshToken } = this.#configured;
    const first: ChatToken = {
      platform,
      version: 1,
      token,
      refreshToken,
      origins: [refreshToken],
      expiresAt: this.#deps.now(), // Nobody says how old it is, so it is renewed first.
    };
    for (;;) {
      const stored = await store.find(platform);
      if (stored?.origins.includes(refreshToken)) return;
      const isKept = stored
        ? (await store.save(succeeding(first, stored))) !== undefined
        : await store.insert(first);
      if (isKept) return;
    }
  }

  async #stored(): Promise<ChatToken> {
    const stored = await this.#deps.store.find(this.#configured.platform);
    if (!stored) throw new TypeError('The token was stored, and is gone');
    this.#known = stored;
    return stored;
  }

  async #renew(leased: ChatToken, refused: string | undefined): Promise<string> {
    const renewal = await this.#deps.renew(leased.refreshToken);
    switch (renewal.kind) {
      case 'renewed': {
        const { token, refreshToken, expiresInMs } = renewal;
        const { leasedUntil: _, lostAt: __, ...rest } = leased;
        const next = { ...rest, token, refreshToken, expiresAt: this.#in(expiresInMs) };
        this.#known = await this.#keep(next, leased.refreshToken);
        return token;
      }
      case 'lost': {
        const { leasedUntil: _, ...rest } = leased;
        if (await this.#deps.store.save({ ...rest, lostAt: this.#deps.now() }))
          this.#deps.onLost(LOST);
        return this.#orElse(leased, refused, LOST);
      }
      case 'failed': // The lease stays, as the pause, and the others read why.
        await this.#deps.store.save({ ...leased, failure: renewal.why });
        return this.#orElse(leased, refused, renewal.why);
      default:
        return unreachable(renewal);
    }
  }

  /**
   * The old refresh token doesn't count any more, so the new one must not get lost while the database is away, nor where another
   * process has tried the old one meanwhile. When an operator has stored another pair, theirs stays, and the next call reads it.
   */
  async #keep(next: ChatToken, renewed: string): Promise<ChatToken | undefined> {
    const until = this.#in(KEEP_MS);
    for (;;) {
      try {
        const saved = await this.#deps.store.save(next);
        if (saved) return saved;
        const stored = await this.#stored();
        if (stored.refreshToken !== renewed) return stored;
        next = { ...next, version: stored.version };
      } catch (error) {
        if (this.#deps.now() >= until) throw error;
        await this.#deps.pause(KEEP_PAUSE_MS);
      }
    }
  }

  /** A token that can't be renewed is used until it expires. */
  #orElse(stored: ChatToken, refused: string | undefined, why: string): string {
    if (this.#isGood(stored, refused)) return stored.token;
    throw new PlatformError(why === LOST ? 'removed' : 'unreachable', why);
  }

  #isFresh(stored: ChatToken, refused: string | undefined): boolean {
    return stored.token !== refused && stored.expiresAt > this.#in(AHEAD_MS);
  }

  #isGood({ token, expiresAt }: ChatToken, refused: string | undefined): boolean {
    return token !== refused && expiresAt > this.#deps.now();
  }

  /** A lease much further ahead was taken before the clock went back. */
  #isLeased({ leasedUntil, failure }: ChatToken): boolean {
    const storingMs = failure === undefined ? KEEP_MS : 0; // A failure was stored, and nothing follows it.
    return (
      leasedUntil !== undefined &&
      leasedUntil > this.#in(-storingMs) &&
      leasedUntil <= this.#in(2 * LEASE_MS)
    );
  }

  #in(ms: number): Date {
    return new Date(this.#deps.now().getTime() + ms);
  }
}

const succeeding = (first: ChatToken, stored: ChatToken): ChatToken => ({
  ...first,
  version: stored.version,
  origins: [...stored.origins, ...first.origins].slice(-MAX_ORIGINS),
});

const LOST =
  'Slack does not take the stored refresh token any more. Install the app again at api.slack.com/apps, set SLACK_BOT_TOKEN and SLACK_REFRESH_TOKEN to what "OAuth & Permissions" shows then, and start Latchkey again';
