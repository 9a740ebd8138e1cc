/**
 * The cards of a life as they stand in people's conversations. What a card says changes only where the card is refreshed: else its
 * readers go on reading what is over.
 */
import { cards } from '../../../src/bots/features/features.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { newId } from '../../../src/core/ids.ts';
import type { LiveCardRef } from '../../../src/core/message.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { textOf } from '../chat.ts';
import { randomOf } from '../seeded.ts';
import type { YearEngine } from './engine.ts';

export interface CardOfReader {
  readonly personId: string;
  readonly card: LiveCardRef;
}

interface Watched extends CardOfReader {
  readonly messageId: string;
  readonly before: Card;
}

interface Watching {
  readonly seed: number;
  readonly stores: Stores;
  readonly engine: YearEngine;
  /** Cards that people have before them, the newest last. */
  readonly seen: readonly CardOfReader[];
  readonly tell: (what: string) => void;
}

/** At a time. */
const WATCHED = 4;
/** What happened at that moment and is told as a message: no change edits it. */
const HISTORY = /^(?:notice|more-access):/;
/**
 * Reviews say why there is access as it was when they were sent. Home says nothing that has no card of its own, and cards of set-up
 * count people: all of these are right when they are opened.
 */
const AS_SENT = new Set(['review', 'home', 'sequence', 'integration', 'rule', 'bundle']);
/** A change of an app concerns everyone: their cards are not edited for it, and the next press says so. Nor for a reader's time zone. */
const OF_MANY = /polic|an app|apps|manifest|secrets|time zone/;
/** What is beside the point of a card: it is right when the card is opened, and after each press. */
const BESIDE = /^(?:For|About|Has now|Has access): .*$/gm;
const saidBy = (card: Card): string => textOf(card).replaceAll(BESIDE, '');
/** Of those that were seen. */
const NEWEST = 60;

export interface LiveCardsOfLife {
  /** A worker does it. */
  refresh(messageId: string): Promise<void>;
  /** Draws some of them. */
  before(): Promise<void>;
  /** Draws them again. Where time has passed, some say so without a refresh, so those aren't judged. */
  after(move: string): Promise<void>;
}

/** Who may no longer see it keeps what they had read until they press. */
const maySee = (card: Card): boolean => !/You can't see this/.test(textOf(card));

export function liveCardsOf({ seed, stores, engine, seen, tell }: Watching): LiveCardsOfLife {
  const random = randomOf(seed + 2);
  const messageIds = new Map<string, string>();
  const refreshed = new Set<string>();
  let watched: Watched[] = [];
  let at = 0;

  async function draw({ personId, card: { view, payload } }: CardOfReader) {
    const reader = await stores.people.find(personId);
    if (!reader?.active) return undefined;
    const timeZone = reader.timeZone ?? 'UTC';
    const { now } = engine;
    return cards.find(view).render(payload, { reader, stores, now, timeZone, scheduleZone: 'UTC' });
  }

  async function posted(one: CardOfReader): Promise<string> {
    const key = JSON.stringify(one);
    const known = messageIds.get(key);
    if (known !== undefined) return known;
    const id = newId();
    messageIds.set(key, id);
    const { personId: readerId, card } = one;
    const address = { platform: 'slack', key: id } as const;
    await engine.transact((tx) =>
      tx.messages.put({ id, card, readerId, address, shown: '', postedAt: tx.now }),
    );
    return id;
  }

  return {
    async refresh(messageId) {
      refreshed.add(messageId);
      const message = await stores.messages.find(messageId);
      const card = message && (await draw({ personId: message.readerId, card: message.card }));
      if (card?.isFinal) await engine.transact((tx) => tx.messages.delete(messageId));
    },

    async before() {
      watched = [];
      const all = [...engine.posted, ...seen].slice(-NEWEST);
      for (let left = Math.min(WATCHED, all.length); left > 0; left -= 1) {
        const one = all[Math.floor(random() * all.length)];
        if (!one || HISTORY.test(one.card.topic) || AS_SENT.has(one.card.view)) continue;
        const before = await draw(one);
        const messageId = before && (await posted(one));
        // It may have been final once, or its reader have left since: no one edits it then.
        if (before && messageId !== undefined && (await stores.messages.find(messageId)))
          watched.push({ ...one, before, messageId });
      }
      refreshed.clear();
      at = engine.now().getTime();
    },
    async after(move) {
      if (engine.now().getTime() !== at || OF_MANY.test(move)) return;
      for (const each of watched) {
        const { messageId, before, card } = each;
        const isRefreshed = () =>
          !before.isFinal && (refreshed.has(messageId) || engine.isQueued(`refresh:${messageId}`));
        if (isRefreshed()) continue;
        const now = await draw(each);
        if (!now || saidBy(now) === saidBy(before)) continue;
        if (!maySee(before) || !maySee(now)) continue;
        await engine.work(); // A job may do it.
        if (isRefreshed()) continue;
        const what = before.isFinal ? 'was final' : 'is not refreshed';
        const [was, is] = [textOf(before), textOf(now)];
        tell(`after ${move}: ${card.view} ${card.payload} ${what} (${card.topic}): ${was} → ${is}`);
      }
    },
  };
}
