/** Sends a reply: a message, a live card, a replaced card, or a form. */
import type { Address, LiveCardRef } from '../../core/message.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type PressReply, type Reply, sayToPerson, showCard } from './action.ts';
import { failed, sentToYou } from './answers.ts';
import type { BotDeps } from './bot-deps.ts';
import type { Card, ShownCard } from './card.ts';
import type { Form } from './form.ts';
import type { SessionUser } from './form-sessions.ts';
import { saidElsewhere, withWayBack } from './home.ts';
import { type Inbound, PlatformError, type Surface } from './platform.ts';

type Deps<Turn extends SessionUser> = Pick<
  BotDeps<Turn>,
  'sessions' | 'live' | 'home' | 'offered' | 'onError'
>;

/** Where the interaction came from, and where its answer goes. */
interface Answering {
  readonly inbound: Inbound;
  readonly surface: Surface;
}

export class Replies<Turn extends SessionUser> {
  readonly #deps: Deps<Turn>;

  constructor(deps: Deps<Turn>) {
    this.#deps = deps;
  }

  async open(
    reply: Extract<PressReply, { kind: 'open' }>,
    turn: Turn,
    surface: Surface,
  ): Promise<void> {
    // In parallel: the window must open within the platform's time limit, however long the form takes.
    const form: Promise<Form | { readonly refused: Card }> = reply.form.catch((error: unknown) => {
      this.#deps.onError(error, `form ${reply.call.id}`);
      return { refused: failed() };
    });
    const window = await surface.openForm(reply.title, reply.call);
    const asked = await form;
    if ('refused' in asked) return window.refuse(asked.refused);
    try {
      await window.fill(
        asked,
        await this.#deps.sessions.save({ form: asked, call: reply.call }, turn),
      );
    } catch (error) {
      await this.quietly(`form ${reply.call.id}`, () => window.refuse(failed())); // Otherwise the window would load forever.
      throw error;
    }
  }

  async carryOut(reply: Reply, turn: Turn, to: Answering): Promise<void> {
    const { home } = this.#deps;
    const show = to.surface.home;
    if (!show || !home) return this.#answer(reply, turn, to);
    // Home can show a card but can't follow a topic, so live cards go to the direct conversation.
    if (reply.kind === 'replace' && !('view' in reply.card))
      return show(withWayBack(this.#offered(reply.card, turn), home));
    const said: Reply =
      reply.kind === 'replace' && 'view' in reply.card ? showCard(reply.card) : reply;
    await this.#answer(said, turn, to);
    // The action is done, so a failure to update Home is only logged.
    await this.quietly('home', async () => {
      const card = await home.card(turn);
      await show(said.kind === 'nothing' ? card : saidElsewhere(card));
    });
  }

  async #answer(reply: Reply, turn: Turn, to: Answering): Promise<void> {
    const { live } = this.#deps;
    const { inbound, surface } = to;
    switch (reply.kind) {
      case 'nothing':
        return;
      case 'say':
        if (reply.to === 'here') return surface.here(this.#offered(reply.card, turn));
        if (await surface.toPerson(this.#offered(reply.card, turn)))
          await this.#saySent(inbound, surface);
        return;
      case 'show': {
        let sent: Address | undefined;
        await live.show(reply.card, turn, async (card) => {
          sent = await surface.toPerson(card);
          return sent;
        });
        if (sent) await this.#saySent(inbound, surface);
        return;
      }
      case 'replace':
        if (!surface.clicked) throw new TypeError('There is no card to replace');
        if (await this.#staysPinned(reply.card, surface.clicked))
          return this.#answer(below(reply.card), turn, to);
        try {
          return await this.#replace(reply.card, turn, { surface, at: surface.clicked });
        } catch (error) {
          if (!isUneditable(error)) throw error;
          return this.#answer(below(reply.card), turn, to); // What was done is said all the same.
        }
      default:
        return unreachable(reply);
    }
  }

  async #replace(
    card: Card | ShownCard,
    turn: Turn,
    { surface, at }: { readonly surface: Surface; readonly at: Address },
  ): Promise<void> {
    const { live } = this.#deps;
    if ('view' in card)
      return live.replace(card, { turn, at }, (rendered) => surface.replace(rendered));
    await surface.replace(this.#offered(card, turn));
    return live.forget(at);
  }

  #offered(card: Card, turn: Turn): Card {
    return this.#deps.offered?.(card, turn) ?? card;
  }

  /** Whether another card would take the place of one that people pin. It may be drawn again itself. */
  async #staysPinned(card: Card | LiveCardRef, clicked: Address): Promise<boolean> {
    const pinned = await this.#deps.live.pinnedAt?.(clicked);
    return pinned !== undefined && !('view' in card && card.view === pinned.view);
  }

  /** In a shared conversation, the person reads that the answer is in their direct conversation. */
  async #saySent({ place }: Inbound, surface: Surface): Promise<void> {
    if (place === 'shared') await surface.here(sentToYou(surface.amongOthers));
  }

  /** For steps after the outcome is stored: a platform error is logged, not thrown. */
  async quietly(where: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.onError(error, where);
    }
  }
}

/** The message was deleted meanwhile, can't be edited any more, or the platform takes no edit for now. */
const isUneditable = (error: unknown): boolean =>
  error instanceof PlatformError && (error.code === 'gone' || error.code === 'rate-limited');

/** As a new message in the direct conversation. */
const below = (card: Card | LiveCardRef): Reply =>
  'view' in card ? showCard(card) : sayToPerson(card);
