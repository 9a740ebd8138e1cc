/** The steps that interactions pass. A step calls `next`, or ends the interaction with a refusal. */
import { codeOf } from '../../../core/error-code.ts';
import { Overtaken } from '../../../core/errors/overtaken.ts';
import type { RateLimitResult } from '../../../core/rate-limit.ts';
import { inLocale, knownLocale, locale } from '../../../core/translate.ts';
import type { WorkQueue } from '../../../core/work-queue.ts';
import { stillAtIt } from '../answers.ts';
import type { Card } from '../card.ts';
import type { ChatProfile, ChatUser, Inbound } from '../platform.ts';
import type { Interaction, InteractionKind } from './interaction.ts';

export type Step<Who> = <Answer>(
  interaction: Interaction<Who, Answer>,
  next: (interaction: Interaction<Who, Answer>) => Promise<Answer>,
) => Promise<Answer>;

/** From here on, texts are in the person's language; until they are identified, in their client's. */
export const language =
  <Who extends { readonly locale?: string }>(): Step<Who> =>
  (interaction, next) => {
    const { who, inbound } = interaction;
    return who
      ? inLocale(who.locale ?? locale(), () => next(interaction))
      : inClientsLanguage(inbound, () => next(interaction));
  };

export const inClientsLanguage = <T>(inbound: Pick<Inbound, 'locale'>, work: () => T): T =>
  inLocale(knownLocale(inbound.locale) ?? locale(), work);

/** Observes an interaction; it must call `handle` once. */
export type WatchInteraction = <T>(
  kind: InteractionKind,
  inbound: Inbound,
  handle: () => Promise<T>,
) => Promise<T>;

/** Counts and traces the interaction. */
export const measure =
  <Who>(watch: WatchInteraction | undefined): Step<Who> =>
  (interaction, next) => {
    const { kind, inbound } = interaction;
    return watch && kind ? watch(kind, inbound, () => next(interaction)) : next(interaction);
  };

/**
 * Logs every error and shows the person a sentence. Nothing is thrown out of the pipeline. That someone else was faster is no failure,
 * and logged only where it never ends.
 */
export const catchErrors = <Who>(
  onError: (error: unknown, where: string) => void,
  overtaken = new Overtaken(),
): Step<Who> => {
  const isStale = (error: unknown): error is Error => codeOf(error) === 'stale-write';
  return async (interaction, next) => {
    const { where } = interaction;
    try {
      return await next(interaction);
    } catch (error) {
      if (!isStale(error) || overtaken.isEndless(where, error)) onError(error, where);
      return interaction.refuse({ kind: isStale(error) ? 'overtaken' : 'failed' });
    }
  };
};

/** Runs before any lookup, so that interactions over the limit cost nothing. What was stored was counted before that. */
export const rateLimit =
  <Who>(take: (user: ChatUser) => RateLimitResult): Step<Who> =>
  async (interaction, next) => {
    if (interaction.inbound.receipt) return next(interaction);
    const taken = take(interaction.inbound.user);
    if (taken.ok) return next(interaction);
    return interaction.refuse({ kind: 'rate-limited', isFirst: taken.isFirst });
  };

/**
 * A platform sends an interaction again when the acknowledgement is late. While the first is queued or handled, its
 * repeats are ignored.
 */
export const repeats = <Who>(): Step<Who> => {
  const present = new Set<string>();
  return async (interaction, next) => {
    const { key } = interaction.inbound;
    if (present.has(key)) return interaction.refuse({ kind: 'repeated' });
    present.add(key);
    try {
      return await next(interaction);
    } finally {
      present.delete(key);
    }
  };
};

/** Limits how many interactions run at once, and keeps each person's in order. Without a queue all start at once. */
export const inOrder =
  <Who>(queue: WorkQueue | undefined): Step<Who> =>
  async (interaction, next) => {
    if (!queue) return next(interaction);
    const { platform, tenant, userId } = interaction.inbound.user;
    return queue.enter(
      `${platform}/${tenant}/${userId}`,
      () => next(interaction),
      () => interaction.refuse({ kind: 'busy' }),
    );
  };

/**
 * An interaction takes milliseconds, or is acknowledged and continues in the worker. One that takes this long has met a
 * locked or unreachable database. The person then reads that Latchkey is still working on it.
 */
const SLOW_MS = 5000;
/** After this long, the person sees that an answer is on its way, where the platform shows that. */
const TYPING_MS = 1000;

interface SlowDeps {
  /** Calls `work` after `ms`, unless the returned function is called first. Left out: the person reads nothing. */
  readonly later?: (ms: number, work: () => void) => () => void;
  readonly onError: (error: unknown, where: string) => void;
}

export const sayIfSlow =
  <Who>(deps: SlowDeps): Step<Who> =>
  (interaction, next) =>
    sayingIfSlow(deps, interaction, () => next(interaction));

async function sayingIfSlow<T>(
  { later, onError }: SlowDeps,
  { say, where, inbound }: Pick<Interaction<unknown, unknown>, 'say' | 'where' | 'inbound'>,
  work: () => Promise<T>,
): Promise<T> {
  const { typing } = inbound;
  const after = (ms: number, does: () => Promise<void>) =>
    later?.(ms, () => {
      does().catch((error: unknown) => onError(error, where));
    });
  const stops = [typing && after(TYPING_MS, typing), say && after(SLOW_MS, () => say(stillAtIt()))];
  try {
    return await work();
  } finally {
    for (const stop of stops) stop?.();
  }
}

/** Skips an interaction that was delivered before, to any process. */
export const once =
  <Who>(firstTime: (key: string) => Promise<boolean>): Step<Who> =>
  async (interaction, next) =>
    (await firstTime(interaction.inbound.key))
      ? next(interaction)
      : interaction.refuse({ kind: 'repeated' });

/** Refuses what its receipt refuses. What concerns a dead process is left to `interrupted`. */
export const received =
  <Who>(deps: SlowDeps): Step<Who> =>
  async (interaction, next) => {
    const { receipt } = interaction.inbound;
    const refused = receipt && (await sayingIfSlow(deps, interaction, () => receipt.refusal));
    return refused && !isOfDeadProcess(refused.kind)
      ? interaction.refuse(refused)
      : next(interaction);
  };

/** Marks what was stored as begun. For anything else, that is when its key is stored. */
export const begun = <Who>(firstTime: (key: string) => Promise<boolean>): Step<Who> => {
  const unstored = once<Who>(firstTime);
  return async (interaction, next) => {
    const { receipt } = interaction.inbound;
    if (!receipt) return unstored(interaction, next);
    return (await receipt.begin()) ? next(interaction) : interaction.refuse({ kind: 'repeated' });
  };
};

/**
 * Says that a process died with the interaction. Comes when the person is known, for their language. What nobody asked
 * for (Home, a greeting) is done again, since it changes nothing.
 */
export const interrupted =
  <Who>(): Step<Who> =>
  async (interaction, next) => {
    const { receipt, unasked } = interaction.inbound;
    const refused = unasked ? undefined : await receipt?.refusal;
    return refused ? interaction.refuse(refused) : next(interaction);
  };

const isOfDeadProcess = (kind: string): boolean => kind === 'interrupted' || kind === 'late';

/** Finds the person in the directory, or a card that explains why there is none. */
export type Identify<Who> = (inbound: Inbound) => Promise<Who | { readonly refused: Card }>;

export const identified =
  <Who extends object>(identify: Identify<Who>): Step<Who> =>
  async (interaction, next) => {
    const found = await identify(interaction.inbound);
    return 'refused' in found
      ? interaction.refuse({ kind: 'unidentified', card: found.refused })
      : next({ ...interaction, who: found });
  };

/** Reads the platform's profile of the person, who may not be in the directory. */
export const profiled: Step<ChatProfile> = async (interaction, next) => {
  const { inbound } = interaction;
  const who = await inbound.profileOf(inbound.user.userId);
  return who ? next({ ...interaction, who }) : interaction.refuse({ kind: 'unknown' });
};
