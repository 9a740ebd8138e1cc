/** The worker's part of live messages: sends edits and posts through the platforms. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import { newId } from '../../core/ids.ts';
import { type Address, isSamePlace, type LiveCardRef } from '../../core/message.ts';
import { together } from '../../core/together.ts';
import { inLocale } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { queuePost } from '../../engine/messages/notify-person.ts';
import type { Person } from '../../engine/people/directory.ts';
import { mayBeFormer } from '../../engine/people/exchanged-address.ts';
import { localeOf } from '../../engine/people/locales.ts';
import { givesRights } from '../../engine/people/permission.ts';
import type { LiveMessage } from '../../engine/ports/chat-stores.ts';
import type { Jobs } from '../../engine/ports/jobs.ts';
import { workspaceSettings } from '../../engine/settings/workspace-settings.ts';
import { queueRefresh } from '../../engine/work/topics.ts';
import type { Card } from '../view/card.ts';
import { type ChatPlatform, type EditUrgency, PlatformError } from '../view/platform.ts';
import {
  hashOf,
  invalidateHome,
  keepNewest,
  type LiveMessageDeps,
  LiveMessages,
  newerBelow,
  notSure,
  refreshAtChange,
  reopenable,
} from './live-messages.ts';
import { SendPace } from './send-pace.ts';

/** Backoff after the first temporary failure, where the platform names no time. It doubles after each failure. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = HOUR_MS;
/** About four hours of retries, longer than outages of a platform last. The next change of the card starts again from zero. */
const MAX_FAILURES = 12;

/** How long its reader still looks at a card that they got or pressed. */
const LOOKED_AT_MS = 10 * MINUTE_MS;

export class MessageSender {
  readonly #deps: LiveMessageDeps;
  readonly #live: LiveMessages;
  readonly #platforms: readonly ChatPlatform[];
  /** For whatever else is sent there. */
  readonly pace: SendPace;
  /** One edit at a time for each message, so that an older rendering never overwrites a newer one. */
  readonly #busy = new Map<string, Promise<void>>();

  /** @param ticks milliseconds since any fixed moment */
  constructor(deps: LiveMessageDeps, platforms: readonly ChatPlatform[], ticks: () => number) {
    this.#deps = deps;
    this.#live = new LiveMessages(deps);
    this.#platforms = platforms;
    this.pace = new SendPace(ticks);
  }

  /** @param failures how often in a row the platform couldn't be reached for this message */
  async refresh(messageId: string, failures = 0): Promise<void> {
    const before = this.#busy.get(messageId) ?? Promise.resolve();
    const edit = before.then(() => this.#edit(messageId, failures));
    const settled = edit.catch(() => undefined);
    this.#busy.set(messageId, settled);
    try {
      await edit;
    } finally {
      if (this.#busy.get(messageId) === settled) this.#busy.delete(messageId);
    }
  }

  /** Sends a card to that person's direct conversation, in its turn. */
  async post(message: Jobs['message.post']): Promise<void> {
    const { personId, card, unlessShown = false, failures = 0 } = message;
    const { onError, onUnreached } = this.#deps;
    try {
      if (unlessShown && (await this.#isShown(personId, card))) return;
      const pauseMs = this.pace.waitFor(personId);
      if (pauseMs > 0) return await this.#postIn(pauseMs, message);
      if (!(await this.send(personId, card))) await onUnreached?.(personId, card);
    } catch (error) {
      const next = afterFailure(error, failures);
      if (next.kind !== 'again') {
        onError(error, `message.post ${card.view}`);
        return onUnreached?.(personId, card); // For example, they have removed the bot.
      }
      await this.#postIn(next.pauseMs, { ...message, failures: next.failures });
    }
  }

  #postIn(ms: number, message: Jobs['message.post']): Promise<void> {
    return this.#deps.transact((tx) => queuePost(tx, message, this.#in(ms)));
  }

  /**
   * Sends a card to that person's direct conversation, once.
   * @returns false where chat can't reach them @throws {PlatformError}
   */
  async send(personId: string, card: LiveCardRef | Card): Promise<boolean> {
    const { stores, transact, now, cards } = this.#deps;
    const reader = await stores.people.find(personId);
    const direct = reader && (await this.#directOf(reader));
    const platform = direct && this.#platformOf(direct);
    if (!platform) return false;
    if (!('view' in card)) {
      await platform.send(direct, card);
      return true;
    }
    const theirs = localeOf(reader, await workspaceSettings(stores));
    const { address, rendered } = await inLocale(theirs, async () => {
      const drawn = reopenable(await this.#live.render(card, { reader }), card);
      return { address: await platform.send(direct, drawn), rendered: drawn };
    });
    const message = {
      id: newId(),
      card,
      readerId: personId,
      address,
      shown: hashOf(rendered),
      postedAt: now(),
    };
    await transact(async (tx) => {
      const [person, current] = await together([
        tx.people.hold(personId),
        tx.conversations.on(personId, direct.platform),
      ]);
      // An admin may have ended their chat link meanwhile. The card would go on to show the person's data to someone else.
      if (person?.active && !(current && isSamePlace(current.address, direct))) return;
      await keepNewest(tx, message, cards);
      await refreshAtChange(tx, message, rendered);
    });
    return true;
  }

  async #isShown(personId: string, { view, topic }: LiveCardRef): Promise<boolean> {
    const shown = await this.#deps.stores.messages.byTopics([topic]);
    return shown.some(({ readerId, card }) => readerId === personId && card.view === view);
  }

  /** The conversation where they wrote last; else one on a platform that knows their address, which is stored. */
  async #directOf(person: Person): Promise<Address | undefined> {
    const { stores, now } = this.#deps;
    const conversation = await stores.conversations.latest(person.id);
    if (conversation || !person.active) return conversation?.address;
    for (const platform of this.#platforms) {
      if (!platform.directOf) continue;
      const there = { platform: platform.name, now: now() };
      if (await mayBeFormer(stores, person, there)) continue;
      const takesUnconfirmed =
        !givesRights(person) && (await workspaceSettings(stores)).takesUnconfirmed;
      const address = await platform.directOf(person.email, takesUnconfirmed);
      if (address) return this.#keepFound(person.id, address);
    }
    return undefined;
  }

  /** While the platform was asked, they may have written somewhere, or left: see `endChat`. */
  #keepFound(personId: string, address: Address): Promise<Address | undefined> {
    return this.#deps.transact(async (tx) => {
      const person = await tx.people.hold(personId);
      const since = await tx.conversations.latest(personId);
      if (since || !person?.active) return since?.address;
      // They haven't written there, so any conversation where they write later is preferred.
      await tx.conversations.meet({ personId, address });
      return address;
    });
  }

  async #edit(messageId: string, failures: number): Promise<void> {
    const { stores, transact } = this.#deps;
    const message = await stores.messages.find(messageId);
    const reader = message && (await this.#readerOf(message));
    const platform = message && this.#platformOf(message.address);
    if (!message || !reader || !platform) return;
    if (reader.active && (await this.#isOutOfSight(message))) return;
    const settings = await workspaceSettings(stores);
    const theirs = message.forEverybody ? settings.dateLanguage : localeOf(reader, settings);
    const { forEverybody = false } = message;
    const readBy = { reader, forEverybody };
    const rendered = await inLocale(theirs, () => this.#live.render(message.card, readBy));
    if (rendered.isAsPosted) return;
    const card = forEverybody ? rendered : reopenable(rendered, message.card);
    const shown = hashOf(card);
    if (shown === message.shown) {
      if (card.isFinal) await transact((tx) => tx.messages.delete(messageId));
      return;
    }
    try {
      const urgency = this.#urgencyOf(message);
      await inLocale(theirs, () => platform.edit(message.address, card, urgency));
      await transact(async (tx) => {
        const current = await tx.messages.find(messageId);
        // A newer copy may have come since the message was read: then this edit wasn't the pointer to it.
        if (message.card.view === newerBelow.id || card.isFinal)
          await tx.messages.delete(messageId); // It won't change any more.
        else if (current && isAsRead(current, message)) {
          await tx.messages.put({ ...current, shown });
          await refreshAtChange(tx, current, card);
        } else if (current) {
          await tx.messages.put(notSure(current));
          await queueRefresh(tx, current);
        }
        await invalidateHome(tx, message);
      });
    } catch (error) {
      await this.#afterFailedEdit(message, error, failures);
    }
  }

  /** Readers of a message that everyone reads see in it what an admin sees, whether or not they are one. */
  async #readerOf({ readerId, forEverybody }: LiveMessage): Promise<Person | undefined> {
    const { people } = this.#deps.stores;
    const [admin] = forEverybody ? await people.admins() : [];
    return admin ?? people.find(readerId);
  }

  async #afterFailedEdit(message: LiveMessage, error: unknown, failures: number): Promise<void> {
    const { transact, onError } = this.#deps;
    const next = afterFailure(error, failures);
    switch (next.kind) {
      case 'gone':
        return transact((tx) => tx.messages.delete(message.id));
      case 'given-up':
        return onError(error, `message.refresh ${message.card.view}`); // The next change of the card tries again.
      case 'again':
        return transact(async (tx) => {
          const current = await tx.messages.find(message.id);
          // What was not answered may have landed.
          if (current && next.failures > failures) await tx.messages.put(notSure(current));
          await tx.queue.push(
            'message.refresh',
            { messageId: message.id, failures: next.failures },
            { lane: 'chat', key: `refresh:${message.id}`, dueAt: this.#in(next.pauseMs) },
          );
        });
      default:
        return unreachable(next);
    }
  }

  /**
   * Whether it is a Home that nobody has got or pressed for a day, or that its reader has a newer one of. It changes with
   * everything, and says nothing that has no card of its own. Refresh, or opening it in Teams, brings it back.
   */
  async #isOutOfSight({ card, readerId, address, postedAt }: LiveMessage): Promise<boolean> {
    const { stores, cards, now } = this.#deps;
    if (cards.find(card.view).copies !== 'follow') return false;
    if (now().getTime() - postedAt.getTime() >= DAY_MS) return true;
    const copies = await stores.messages.byTopics([card.topic]);
    return copies.some(
      (copy) =>
        copy.readerId === readerId &&
        copy.card.view === card.view &&
        copy.address.platform === address.platform &&
        copy.postedAt > postedAt,
    );
  }

  /** What its reader has before them comes first. A card that follows everything, as Home, comes after the others. */
  #urgencyOf({ postedAt, card }: LiveMessage): EditUrgency {
    if (card.view === newerBelow.id) return 'later'; // They have the newer one.
    const age = this.#deps.now().getTime() - postedAt.getTime();
    const follows = this.#deps.cards.find(card.view).copies === 'follow';
    if (age < LOOKED_AT_MS) return follows ? 'soon' : 'now';
    return age < DAY_MS && !follows ? 'soon' : 'later';
  }

  #platformOf(address: Address): ChatPlatform | undefined {
    return this.#platforms.find(({ name }) => name === address.platform);
  }

  #in(ms: number): Date {
    return new Date(this.#deps.now().getTime() + ms);
  }
}

/** Whether no press has replaced it since it was read. */
const isAsRead = (current: LiveMessage, read: LiveMessage): boolean =>
  current.shown === read.shown && current.postedAt.getTime() === read.postedAt.getTime();

type AfterFailure =
  | { readonly kind: 'gone' | 'given-up' }
  | { readonly kind: 'again'; readonly pauseMs: number; readonly failures: number };

/**
 * What to do after a platform error. A rate limit doesn't count as a failure: its retry time is used.
 * @throws every error that isn't the platform's
 */
export function afterFailure(error: unknown, failures: number): AfterFailure {
  if (!(error instanceof PlatformError)) throw error;
  switch (error.code) {
    case 'gone':
      return { kind: 'gone' };
    case 'refused':
    case 'removed': // Installing the app again takes too long for a card to wait, and others may have another way.
      return { kind: 'given-up' };
    case 'rate-limited':
      return { kind: 'again', pauseMs: error.retryAfterMs ?? FIRST_PAUSE_MS, failures };
    case 'unreachable':
      return failures + 1 >= MAX_FAILURES
        ? { kind: 'given-up' }
        : {
            kind: 'again',
            pauseMs:
              error.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures),
            failures: failures + 1,
          };
    default:
      return unreachable(error.code);
  }
}
