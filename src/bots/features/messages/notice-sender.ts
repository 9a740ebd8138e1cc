/** The worker's part of notices: posts them in the channel that admins chose, or else to each admin. */
import { unreachable } from '../../../core/unreachable.ts';
import {
  type ChosenPlace,
  chooseNoticePlace,
  noticePlaceOf,
  tellAdmins,
} from '../../../engine/messages/notices.ts';
import { type Person, SYSTEM } from '../../../engine/people/directory.ts';
import type { Jobs } from '../../../engine/ports/jobs.ts';
import type { RandomBytes } from '../../../engine/ports/time-and-chance.ts';
import { type LiveMessageDeps, LiveMessages } from '../../live/live-messages.ts';
import { afterFailure } from '../../live/message-sender.ts';
import type { SendPace } from '../../live/send-pace.ts';
import type { Card } from '../../view/card.ts';
import type { ChatPlatform } from '../../view/platform.ts';
import { placeLost } from './notices.ts';

type Notice = Jobs['notice.post'];

export interface NoticeDeps extends LiveMessageDeps {
  readonly randomBytes: RandomBytes;
}

interface Where {
  readonly platform: ChatPlatform;
  readonly chosen: ChosenPlace;
  /** What they may see, is shown. */
  readonly admin: Person;
}

export class NoticeSender {
  readonly #deps: NoticeDeps;
  readonly #live: LiveMessages;
  readonly #platforms: readonly ChatPlatform[];
  readonly #pace: SendPace;

  constructor(deps: NoticeDeps, platforms: readonly ChatPlatform[], pace: SendPace) {
    this.#deps = deps;
    this.#live = new LiveMessages(deps);
    this.#platforms = platforms;
    this.#pace = pace;
  }

  async post(notice: Notice): Promise<void> {
    const { stores, transact } = this.#deps;
    const chosen = await noticePlaceOf(stores, notice.integrationId);
    // Admins chose the channel, so its readers may see what an admin may see.
    const [admin] = await stores.people.admins();
    const platform = this.#platforms.find(({ name }) => name === chosen?.place.address.platform);
    if (!chosen || !admin || !platform) return transact((tx) => tellAdmins(tx, notice.card));
    await this.#send(notice, { platform, chosen, admin });
  }

  async #send(notice: Notice, { platform, chosen, admin }: Where): Promise<void> {
    const { transact, onError } = this.#deps;
    const pauseMs = this.#pace.waitFor(chosen.place.address.key);
    if (pauseMs > 0) return this.#postIn(pauseMs, notice);
    try {
      const post = (card: Card) => platform.send(chosen.place.address, card);
      if (notice.isFollowed) await this.#live.showEverybody(notice.card, { actor: admin }, post);
      else await post(await this.#live.render(notice.card, { reader: admin, forEverybody: true }));
    } catch (error) {
      const next = afterFailure(error, notice.failures ?? 0);
      switch (next.kind) {
        case 'gone':
          return this.#giveUp(chosen, notice);
        case 'given-up':
          onError(error, `notice.post ${notice.card.view}`);
          return transact((tx) => tellAdmins(tx, notice.card));
        case 'again':
          return this.#postIn(next.pauseMs, { ...notice, failures: next.failures });
        default:
          return unreachable(next);
      }
    }
  }

  #postIn(ms: number, notice: Notice): Promise<void> {
    const { transact, now } = this.#deps;
    const dueAt = new Date(now().getTime() + ms);
    return transact((tx) => tx.queue.push('notice.post', notice, { lane: 'chat', dueAt }));
  }

  /** The channel is deleted or Latchkey was removed from it. Admins are notified once, and get the notices from then on. */
  async #giveUp({ place, integrationId }: ChosenPlace, { card }: Notice): Promise<void> {
    await this.#deps.transact(async (tx) => {
      const chosen = await noticePlaceOf(tx, integrationId);
      if (chosen?.place.address.key === place.address.key) {
        const left = await chooseNoticePlace(tx, { integrationId, actor: SYSTEM });
        if (left.ok) await tellAdmins(tx, placeLost.with({ place: place.name, id: tx.newId() }));
      }
      await tellAdmins(tx, card);
    });
  }
}
