/** Stores interactions before they are acknowledged, and takes over those of processes that died. */
import { z } from 'zod';
import { Batches } from '../../core/batches.ts';
import { RepeatedErrors } from '../../core/errors/repeated-errors.ts';
import { MINUTE_MS } from '../../core/hours.ts';
import type { RateLimitResult } from '../../core/rate-limit.ts';
import type {
  InboxLease,
  InboxMark,
  InboxStore,
  OpenInteraction,
  TakenOver,
} from '../../engine/ports/chat-stores.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Arrival, Inbox, Received, Replay } from '../view/inbox.ts';
import type { ChatUser, PlatformName } from '../view/platform.ts';
import { type Receipt, type Refusal, refusing } from '../view/receipt.ts';

/** Statements of many rows, below SQLite's number of parameters. */
const ROWS_AT_ONCE = 100;
/** A lost mark only repeats a sentence, so many share a statement. */
const ENDS_EVERY_MS = 100;
/** Keys of one outage that are kept. Of those beyond, people read no more than that it may not have been done. */
const MAX_UNCERTAIN = 10_000;
/** A process that did not renew for this long counts as dead. People wait for it. */
const LEASE_MS = 10_000;
/** A few tries in each lease. */
const LOOK_EVERY_MS = 2000;
/** A process whose own looks were this far apart was cut off, or its clock jumped. The same may be true for all of them. */
const CUT_OFF_MS = LEASE_MS / 2;
/** Later than this, people have given up or asked again: they read that it was not done. */
const HANDLED_WITHIN_MS = 5 * MINUTE_MS;
/** How long Slack takes an answer. What isn't answered by then is dropped. */
const ANSWERED_WITHIN_MS = 30 * MINUTE_MS;

export interface InboxDeps {
  readonly store: InboxStore;
  readonly processId: string;
  readonly now: Clock;
  /** Calls `work` after `ms`, unless the returned function is called first. */
  readonly later: (ms: number, work: () => void) => () => void;
  /** As `later`, but only time in which this process could hear the database counts. */
  readonly afterTimeAwake: (ms: number, work: () => void) => () => void;
  /** Whether an interaction would begin at once. */
  readonly isFree: () => boolean;
  readonly rateLimit: (user: ChatUser, what?: 'workflow') => RateLimitResult;
  readonly onError: (error: unknown, where: string) => void;
}

interface Storing {
  readonly interaction: OpenInteraction;
  /** `sent`: the database may have it. `withdrawn`: it never will. */
  at: 'waiting' | 'sent' | 'withdrawn';
}

const kept = z.object({ platform: z.enum(['slack', 'teams']), content: z.unknown() });

export class StoredInbox implements Inbox {
  readonly #deps: InboxDeps;
  readonly #inserts: Batches<Storing, boolean>;
  readonly #begins: Batches<string, boolean>;
  readonly #ends: Batches<string, undefined>;
  readonly #cancels: Batches<InboxMark, boolean>;
  /** The keys that this process answers. */
  readonly #open = new Set<string>();
  /** Keys whose end could not be stored. */
  readonly #unended = new Set<string>();
  /** What may be stored although its insert failed, and could not be cancelled: when it came, by its key. */
  readonly #uncertain = new Map<string, Date>();
  #replays: Readonly<Partial<Record<PlatformName, Replay>>> | undefined;
  #lookedAt: Date | undefined;
  #isLooking = false;
  readonly #errors = new RepeatedErrors();
  #stopLooking: (() => void) | undefined;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    const { store, processId, later } = deps;
    this.#inserts = new Batches({
      max: ROWS_AT_ONCE,
      work: async (all) => {
        const wanted = all.filter(({ at }) => at !== 'withdrawn');
        for (const each of wanted) each.at = 'sent';
        const rows = wanted.map(({ interaction }) => interaction);
        const fresh = new Set(rows.length > 0 ? await store.insert(rows, this.#lease()) : []);
        return all.map(({ interaction }) => fresh.delete(interaction.key)); // Only the first of two.
      },
    });
    this.#begins = new Batches({
      max: ROWS_AT_ONCE,
      work: async (keys) => {
        const begun = await store.begin(keys, this.#lease());
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
    this.#cancels = new Batches({
      max: ROWS_AT_ONCE,
      work: async (marks) => {
        const ours = await store.cancel(marks, processId);
        return marks.map(({ key }) => ours.has(key));
      },
    });
  }

  receive({ user, isOfWorkflow, key, content, withinMs }: Arrival): Received {
    const { rateLimit, isFree, now, afterTimeAwake } = this.#deps;
    const limit = isOfWorkflow ? rateLimit(user, 'workflow') : rateLimit(user);
    if (!limit.ok) {
      const refused = refusing({ kind: 'rate-limited', isFirst: limit.isFirst });
      return { ...refused, acknowledgeable: Promise.resolve() };
    }
    const storing: Storing = {
      interaction: {
        key,
        content: JSON.stringify({ platform: user.platform, content }),
        state: isFree() ? 'begun' : 'waiting',
        acceptedAt: now(),
      },
      at: 'waiting',
    };
    const stored = this.#store(storing);
    const late = new Promise<void>((resolve) => {
      const stop = afterTimeAwake(withinMs, resolve);
      void stored.then(stop);
    });
    const withdrawn = late.then(() => {
      if (storing.at === 'sent') return stored;
      storing.at = 'withdrawn';
      return { kind: 'unstored' } as const;
    });
    const refusal = Promise.race([stored, withdrawn]);
    const receipt = this.#receipt(storing.interaction, refusal);
    return {
      ...receipt,
      // The lease of a slow insert may have ended before it was stored.
      begin: () =>
        this.#age(storing.interaction) < LEASE_MS / 2 ? receipt.begin() : this.#begins.add(key),
      end: () => void refusal.then((refused) => refused ?? receipt.end()), // A repeat is not ours to end.
      acknowledgeable: Promise.race([stored, late]).then(() => undefined),
    };
  }

  /** Never rejects. */
  async #store(storing: Storing): Promise<Refusal | undefined> {
    try {
      if (!(await this.#inserts.add(storing))) return { kind: 'repeated' };
    } catch (error) {
      this.#deps.onError(error, 'inbox');
      return storing.at === 'sent' ? this.#cancel(storing.interaction) : { kind: 'unstored' };
    }
    this.#open.add(storing.interaction.key);
    return undefined;
  }

  /** Sees to it that nobody handles what may be stored although its insert failed. */
  async #cancel({ key, acceptedAt }: InboxMark): Promise<Refusal> {
    try {
      const isOurs = await this.#cancels.add({ key, acceptedAt });
      this.#uncertain.delete(key);
      return { kind: isOurs ? 'unstored' : 'repeated' };
    } catch (error) {
      this.#uncertain.set(key, acceptedAt);
      const [oldest] = this.#uncertain.keys();
      if (this.#uncertain.size > MAX_UNCERTAIN && oldest !== undefined)
        this.#uncertain.delete(oldest);
      this.#deps.onError(error, 'inbox');
      return { kind: 'failed' };
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
    await new Promise((resolve) => void setImmediate(resolve)); // An end is noted in the turn that it comes in.
    await Promise.all([this.#ends.done(), this.#cancels.done()]);
  }

  /** One look, as they are made every two seconds. */
  async look(): Promise<void> {
    const { store, now } = this.#deps;
    for (const key of this.#unended) this.#end(key);
    await Promise.all(
      [...this.#uncertain].map(([key, acceptedAt]) => this.#cancel({ key, acceptedAt })),
    );
    const at = now();
    await store.renew([...this.#open, ...this.#uncertain.keys()], this.#lease());
    const gap = this.#lookedAt && at.getTime() - this.#lookedAt.getTime();
    this.#lookedAt = at;
    const wasCutOff = gap === undefined || Math.abs(gap) > CUT_OFF_MS || this.#uncertain.size > 0;
    if (wasCutOff || !this.#replays) return;
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
        .then(
          () => this.#errors.wentWell('look'),
          (error: unknown) => {
            if (this.#errors.isNew('look', error)) onError(error, 'inbox');
          },
        )
        .finally(() => {
          this.#isLooking = false;
        });
    });
  }

  async #answer(
    { key, state, acceptedAt, content }: TakenOver,
    replays: Readonly<Partial<Record<PlatformName, Replay>>>,
  ): Promise<void> {
    const { onError } = this.#deps;
    const age = this.#age({ acceptedAt });
    const receipt = this.#receipt({ key, state }, Promise.resolve(refusalOf(state, age)));
    this.#open.add(key);
    try {
      if (content === undefined) throw new TypeError('An interaction can’t be opened');
      const sent = kept.parse(JSON.parse(content));
      const replay = replays[sent.platform];
      if (!replay) throw new TypeError(`${sent.platform} is not connected`);
      await replay(sent.content, receipt);
    } catch (error) {
      onError(error, 'inbox');
      if (content === undefined || age > ANSWERED_WITHIN_MS) receipt.end();
      else this.#open.delete(key); // It isn't renewed any more, so it is tried again when its lease has ended.
    }
  }

  #receipt(
    { key, state }: Pick<OpenInteraction, 'key' | 'state'>,
    refusal: Receipt['refusal'],
  ): Receipt {
    return {
      refusal,
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

  #age({ acceptedAt }: Pick<OpenInteraction, 'acceptedAt'>): number {
    return this.#deps.now().getTime() - acceptedAt.getTime();
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
