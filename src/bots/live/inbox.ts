/** Stores interactions before they are acknowledged, and takes over those of processes that died. */
import { z } from 'zod';
import { Batches } from '../../core/batches.ts';
import type { RateLimitResult } from '../../core/rate-limit.ts';
import type {
  InboxLease,
  InboxStore,
  OpenInteraction,
  TakenOver,
} from '../../engine/ports/chat-stores.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Arrival, Inbox, Replay } from '../view/inbox.ts';
import type { ChatUser, PlatformName } from '../view/platform.ts';
import type { Receipt, Refusal } from '../view/receipt.ts';

/** Slack waits three seconds for the acknowledgement. After this time the answer is that nothing was done. */
const STORED_WITHIN_MS = 1000;
/** Statements of many rows, below SQLite's number of parameters. */
const ROWS_AT_ONCE = 100;
/** A lost mark only repeats a sentence, so many share a statement. */
const ENDS_EVERY_MS = 100;
/** A process that did not renew for this long counts as dead. People wait for it. */
const LEASE_MS = 10_000;
/** A few tries in each lease. */
const LOOK_EVERY_MS = 2000;
/** A process whose own looks were this far apart was cut off, or its clock jumped. The same may be true for all of them. */
const CUT_OFF_MS = LEASE_MS / 2;
/** Later than this, people have given up or asked again: they are told that it was not done. */
const HANDLED_WITHIN_MS = 5 * 60_000;
/** So long Slack takes an answer. What can't be answered until then is dropped. */
const ANSWERED_WITHIN_MS = 30 * 60_000;

export interface InboxDeps {
  readonly store: InboxStore;
  readonly processId: string;
  readonly now: Clock;
  /** Calls `work` after `ms`, unless the returned function is called first. */
  readonly later: (ms: number, work: () => void) => () => void;
  /** Whether an interaction would begin at once. */
  readonly isFree: () => boolean;
  readonly rateLimit: (user: ChatUser) => RateLimitResult;
  readonly onError: (error: unknown, where: string) => void;
}

interface Storing {
  readonly interaction: OpenInteraction;
  /** The person was told that it was not done. */
  isRefused: boolean;
}

const kept = z.object({ platform: z.enum(['slack', 'teams']), content: z.unknown() });

export class StoredInbox implements Inbox {
  readonly #deps: InboxDeps;
  readonly #inserts: Batches<Storing, boolean>;
  readonly #begins: Batches<string, boolean>;
  readonly #ends: Batches<string, undefined>;
  /** The keys that this process answers. */
  readonly #open = new Set<string>();
  /** Keys whose end could not be stored. */
  readonly #unended = new Set<string>();
  #replays: Readonly<Partial<Record<PlatformName, Replay>>> | undefined;
  #lookedAt: Date | undefined;
  #isLooking = false;
  #stopLooking: (() => void) | undefined;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    const { store, processId, later } = deps;
    this.#inserts = new Batches({
      max: ROWS_AT_ONCE,
      work: async (all) => {
        const wanted = all.filter(({ isRefused }) => !isRefused);
        const rows = wanted.map(({ interaction }) => interaction);
        const fresh = new Set(rows.length > 0 ? await store.insert(rows, this.#lease()) : []);
        return all.map(({ interaction }) => fresh.delete(interaction.key)); // Only the first of two.
      },
    });
    this.#begins = new Batches({
      max: ROWS_AT_ONCE,
      work: async (keys) => {
        const begun = await store.begin(keys, processId);
        return keys.map((key) => begun.has(key));
      },
    });
    this.#ends = new Batches({
      max: ROWS_AT_ONCE,
      pause: () => new Promise((resolve) => void later(ENDS_EVERY_MS, resolve)),
      work: async (keys) => {
        await store.end(keys, processId);
        return keys.map(() => undefined);
      },
    });
  }

  async receive({ user, key, content }: Arrival): Promise<Receipt> {
    const { rateLimit, isFree, now, later } = this.#deps;
    const limit = rateLimit(user);
    if (!limit.ok) return refusing({ kind: 'rate-limited', isFirst: limit.isFirst });
    const storing: Storing = {
      interaction: {
        key,
        content: JSON.stringify({ platform: user.platform, content }),
        state: isFree() ? 'begun' : 'waiting',
        acceptedAt: now(),
      },
      isRefused: false,
    };
    return new Promise((resolve) => {
      const stop = later(STORED_WITHIN_MS, () => {
        storing.isRefused = true;
        resolve(refusing({ kind: 'unstored' }));
      });
      void this.#store(storing).finally(stop).then(resolve);
    });
  }

  async #store(storing: Storing): Promise<Receipt> {
    const { interaction } = storing;
    try {
      if (!(await this.#inserts.add(storing))) return refusing({ kind: 'repeated' });
      const receipt = this.#receipt(interaction);
      if (storing.isRefused) receipt.end();
      return receipt;
    } catch (error) {
      this.#deps.onError(error, 'inbox');
      return refusing({ kind: 'unstored' });
    }
  }

  /** Renews what this process has open, and takes over from others. */
  start(replays: Readonly<Partial<Record<PlatformName, Replay>>>): void {
    this.#replays = replays;
    this.#lookLater();
  }

  /** Takes over nothing more. What is open is still renewed. */
  takeOverNoMore(): void {
    this.#replays = undefined;
  }

  /** Stores the rest, when everything was answered. */
  async close(): Promise<void> {
    this.takeOverNoMore();
    this.#stopLooking?.();
    await this.#ends.done();
  }

  /** One look, as they are made every two seconds. */
  async look(): Promise<void> {
    const { store, now } = this.#deps;
    for (const key of this.#unended) this.#end(key);
    const at = now();
    if (this.#open.size > 0) await store.renew(this.#lease());
    const gap = this.#lookedAt && at.getTime() - this.#lookedAt.getTime();
    this.#lookedAt = at;
    if (gap === undefined || Math.abs(gap) > CUT_OFF_MS || !this.#replays) return;
    const replays = this.#replays;
    for (const taken of await store.takeOver(this.#lease(), at))
      if (!this.#open.has(taken.key)) void this.#answer(taken, replays);
  }

  #lookLater(): void {
    const { later, onError } = this.#deps;
    this.#stopLooking = later(LOOK_EVERY_MS, () => {
      this.#lookLater();
      if (this.#isLooking) return;
      this.#isLooking = true;
      this.look()
        .catch((error: unknown) => onError(error, 'inbox'))
        .finally(() => {
          this.#isLooking = false;
        });
    });
  }

  async #answer(
    { key, state, acceptedAt, content }: TakenOver,
    replays: Readonly<Partial<Record<PlatformName, Replay>>>,
  ): Promise<void> {
    const { now, onError } = this.#deps;
    const age = now().getTime() - acceptedAt.getTime();
    const receipt = this.#receipt({ key, state });
    try {
      if (content === undefined) throw new TypeError('An interaction can’t be opened');
      const sent = kept.parse(JSON.parse(content));
      const replay = replays[sent.platform];
      if (!replay) throw new TypeError(`${sent.platform} is not connected`);
      const refused = refusalOf(state, age);
      await replay(sent.content, { ...receipt, ...(refused && { refused }) });
    } catch (error) {
      onError(error, 'inbox');
      if (content === undefined || age > ANSWERED_WITHIN_MS) receipt.end();
      else this.#open.delete(key); // The lease ends, and it is tried again.
    }
  }

  #receipt({ key, state }: Pick<OpenInteraction, 'key' | 'state'>): Receipt {
    this.#open.add(key);
    return {
      begin: async () => state === 'begun' || this.#begins.add(key),
      end: () => this.#end(key),
    };
  }

  #end(key: string): void {
    this.#open.delete(key);
    this.#unended.delete(key);
    this.#ends.add(key).catch((error: unknown) => {
      this.#unended.add(key);
      this.#deps.onError(error, 'inbox');
    });
  }

  #lease(): InboxLease {
    const { processId, now } = this.#deps;
    return { processId, until: new Date(now().getTime() + LEASE_MS) };
  }
}

function refusalOf(state: OpenInteraction['state'], age: number): Refusal | undefined {
  if (state === 'begun') return { kind: 'interrupted' };
  return age > HANDLED_WITHIN_MS ? { kind: 'late' } : undefined;
}

/** Nothing of it is stored here. */
const refusing = (refused: Refusal): Receipt => ({
  refused,
  begin: async () => false,
  end: () => undefined,
});
