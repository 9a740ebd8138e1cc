/**
 * Messages that change. Each is stored with its address and its topic, and a change of the topic queues an edit of every
 * copy. A hash tells whether the card differs, so a refresh without changes makes no call.
 */
import { z } from 'zod';
import { newId } from '../../core/ids.ts';
import type { Address, LiveCardRef } from '../../core/message.ts';
import { sha256 } from '../../core/sha256.ts';
import { t } from '../../core/translate.ts';
import type { Person } from '../../engine/people/directory.ts';
import type { LiveMessage } from '../../engine/ports/chat-stores.ts';
import type { Database, Transaction } from '../../engine/ports/unit-of-work.ts';
import { homeTopic, invalidate, queueRefresh } from '../../engine/work/topics.ts';
import type { LiveCards } from '../view/bot-deps.ts';
import { type Card, note, type ShownCard } from '../view/card.ts';
import { type CardBook, liveCard } from '../view/live-card.ts';
import type { ChatUser } from '../view/platform.ts';
import type { Reader } from './context.ts';

export interface LiveMessageDeps extends Database {
  readonly timeZone: string;
  readonly cards: CardBook<Reader>;
  readonly onError: (error: unknown, where: string) => void;
  /** What happens when chat can't reach the person whom a card is for. */
  readonly onUnreached?: (personId: string, card: LiveCardRef) => Promise<void>;
}

const newerPayload = z.object({
  /** Left out in what 0.2.0 has stored. */
  newer: z.object({ view: z.string(), payload: z.string(), topic: z.string() }).optional(),
});

const pointerTo = (title: string | undefined): Card =>
  note(
    t`There's a newer card below`,
    title === undefined
      ? t`This one no longer updates.`
      : t`"${title}" goes on there. This one no longer updates.`,
  );

/** What an older copy of a card becomes when its reader opens it again. */
export const newerBelow = liveCard({
  id: 'newer-below',
  payload: newerPayload,
  topic: () => 'nothing',
  render: async () => pointerTo(undefined),
});

const newerOf = ({ view, payload }: LiveCardRef): LiveCardRef | undefined =>
  view === newerBelow.id ? newerPayload.parse(JSON.parse(payload)).newer : undefined;

/** For whom a card is shown. `user`: where they read it, unless nobody's link matters. */
interface ShownTo {
  readonly actor: Person;
  readonly user?: ChatUser;
}

interface ReadBy {
  readonly reader: Person;
  /** Others read it, too: what the reader may see, but at times of the installation's zone. */
  readonly forEverybody?: boolean;
}

export class LiveMessages implements LiveCards<ShownTo> {
  readonly #deps: LiveMessageDeps;

  constructor(deps: LiveMessageDeps) {
    this.#deps = deps;
  }

  async show(
    ref: ShownCard,
    { actor, user }: ShownTo,
    post: (card: Card) => Promise<Address | undefined>,
  ): Promise<void> {
    return this.#post(ref, { actor, user }, post);
  }

  /** Like `show`, where several people read it. Rendered for `actor`, in the current language. */
  async showEverybody(
    ref: LiveCardRef,
    { actor }: { readonly actor: Person },
    post: (card: Card) => Promise<Address | undefined>,
  ): Promise<void> {
    return this.#post(ref, { actor, forEverybody: true }, post);
  }

  async #post(
    { drawn, ...ref }: ShownCard,
    { actor, user, forEverybody = false }: ShownTo & { readonly forEverybody?: boolean },
    post: (card: Card) => Promise<Address | undefined>,
  ): Promise<void> {
    const rendered = await this.#cardOf(ref, drawn, { reader: actor, forEverybody });
    const card = forEverybody ? rendered : reopenable(rendered, ref);
    const address = await post(card);
    if (!address) return;
    const message: LiveMessage = {
      id: newId(),
      card: ref,
      readerId: actor.id,
      address,
      shown: hashOf(card),
      postedAt: this.#deps.now(),
      ...(forEverybody && { forEverybody: true }),
    };
    await this.#keep({ message, drawn: card }, user);
  }

  async replace(
    { drawn, ...ref }: ShownCard,
    { turn: { actor, user }, at }: { readonly turn: ShownTo; readonly at: Address },
    replace: (card: Card) => Promise<void>,
  ): Promise<void> {
    const before = await this.#deps.stores.messages.findByAddress(at);
    const forEverybody = before?.forEverybody ?? false;
    const card = await this.#cardOf(ref, drawn, { reader: actor, forEverybody });
    const drawnNow = forEverybody ? card : reopenable(card, ref);
    await replace(drawnNow);
    const message: LiveMessage = {
      id: before?.id ?? newId(),
      card: ref,
      readerId: actor.id,
      address: at,
      shown: hashOf(drawnNow),
      postedAt: this.#deps.now(), // Its reader has it before them.
      ...(forEverybody && { forEverybody }),
    };
    await this.#keep({ message, drawn: drawnNow }, user, before);
  }

  /** Cards of which every copy follows may be pinned. */
  async pinnedAt(at: Address): Promise<LiveCardRef | undefined> {
    const { stores, cards } = this.#deps;
    const card = (await stores.messages.findByAddress(at))?.card;
    return card && cards.find(card.view).copies === 'follow' ? card : undefined;
  }

  async forget(at: Address): Promise<void> {
    const message = await this.#deps.stores.messages.findByAddress(at);
    if (message) await this.#deps.transact((tx) => tx.messages.delete(message.id));
  }

  /** The card with the reader's current permissions. */
  async render(ref: LiveCardRef, readBy: ReadBy): Promise<Card> {
    const newer = newerOf(ref);
    // Its title is drawn, and not stored: it may name people.
    if (newer) return pointerTo((await this.render(newer, readBy)).title);
    return this.#deps.cards.find(ref.view).render(ref.payload, this.#contextOf(readBy));
  }

  async #cardOf(ref: LiveCardRef, drawn: Card | undefined, readBy: ReadBy): Promise<Card> {
    return drawn
      ? this.#deps.cards.finish(drawn, this.#contextOf(readBy))
      : this.render(ref, readBy);
  }

  #contextOf({ reader, forEverybody = false }: ReadBy): Reader {
    const { stores, now, timeZone: scheduleZone } = this.#deps;
    const timeZone = (forEverybody ? undefined : reader.timeZone) ?? scheduleZone;
    return { reader, stores, now, timeZone, scheduleZone };
  }

  async current(at: Address, { actor }: { readonly actor: Person }): Promise<Card | undefined> {
    const message = await this.#deps.stores.messages.findByAddress(at);
    // Everybody reads the same of a shared message, whatever they may see elsewhere.
    if (!message || message.forEverybody) return undefined;
    return reopenable(await this.render(message.card, { reader: actor }), message.card);
  }

  /** @param before what was read of it before it was replaced */
  async #keep(
    { message, drawn }: { readonly message: LiveMessage; readonly drawn: Card },
    user: ChatUser | undefined,
    before?: LiveMessage,
  ): Promise<void> {
    await this.#deps.transact(async (tx) => {
      if (user && !message.forEverybody) {
        const { platform, tenant, userId } = user;
        const person = await tx.people.hold(message.readerId);
        const linked = await tx.identities.find(platform, tenant, userId);
        if (person?.active && linked?.personId !== person.id) return; // As in `send`.
      }
      const current = before && (await tx.messages.find(before.id));
      const isSure = current?.shown === before?.shown;
      await keepNewest(tx, isSure ? message : notSure(message), this.#deps.cards);
      await refreshAtChange(tx, message, drawn);
    });
  }
}

/**
 * Two edits were under way at once, and either may have landed last. Without the hash the next refresh edits it again. Whichever is
 * stored last finds what the other one has stored.
 */
export const notSure = (message: LiveMessage): LiveMessage => ({ ...message, shown: '' });

/** The card in a message that only its reader reads: their client may ask for its current state when they open it again. */
export const reopenable = (card: Card, { view }: LiveCardRef): Card =>
  view === newerBelow.id || card.isFinal || card.isAsPosted ? card : { ...card, isLive: true };

/**
 * Stores the message and queues one refresh, since its topic may have changed between rendering and storing. Older copies
 * for the same reader on the same platform become a pointer to this one, unless their view lets them follow.
 */
export async function keepNewest(
  tx: Transaction,
  message: LiveMessage,
  cards: CardBook<Reader>,
): Promise<void> {
  const older = (await tx.messages.byTopics([message.card.topic])).filter(
    ({ id, readerId, card, address, forEverybody }) =>
      id !== message.id &&
      !(forEverybody || message.forEverybody) && // Others read it, who have no newer one.
      readerId === message.readerId &&
      card.view === message.card.view &&
      address.platform === message.address.platform, // A pointer only makes sense on the same platform.
  );
  await tx.messages.put(message);
  const follow = cards.find(message.card.view).copies === 'follow';
  const pointer = newerBelow.with({ newer: message.card });
  for (const each of follow ? [message] : [message, ...older]) await queueRefresh(tx, each);
  if (follow) await forgetOldest(tx, older);
  else for (const copy of older) await tx.messages.put({ ...copy, card: pointer });
  await invalidateHome(tx, message);
}

/** Later than to the second: the database's clock may be ahead of the one that the card is drawn by. */
const SURELY_MS = 1_000;

/** Queues the refresh of a card that says something else from a known time on. */
export async function refreshAtChange(
  tx: Transaction,
  { id }: LiveMessage,
  { changesAt }: Card,
): Promise<void> {
  if (!changesAt) return;
  const dueAt = new Date(changesAt.getTime() + SURELY_MS);
  const key = `change:${id}:${dueAt.getTime()}`; // Beside the refreshes that wait for nothing.
  await tx.queue.push('message.refresh', { messageId: id }, { lane: 'chat', key, dueAt });
}

/** How many older copies for one reader stay known: each is current again when it is opened in Teams, or with Refresh. */
const FOLLOWING_COPIES = 5;

async function forgetOldest(tx: Transaction, older: readonly LiveMessage[]): Promise<void> {
  const newestFirst = older.toSorted((a, b) => b.postedAt.getTime() - a.postedAt.getTime());
  for (const { id } of newestFirst.slice(FOLLOWING_COPIES)) await tx.messages.delete(id);
}

/** Home may name what this card shows, so a change of the card also refreshes its reader's Home. */
export async function invalidateHome(
  tx: Transaction,
  { card, readerId }: LiveMessage,
): Promise<void> {
  const topic = homeTopic(readerId);
  if (card.topic !== topic) await invalidate(tx, topic);
}

/** Tells whether a card differs from what its readers see. */
export const hashOf = (card: Card): string =>
  sha256(JSON.stringify({ ...card, isLive: undefined }));
