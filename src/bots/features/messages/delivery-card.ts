/**
 * A message with a secret in it, as chat shows it: without the message, and with a button that makes a link to it. The
 * link is short-lived and the message waits for a day, so each press makes a new one, until it was shown.
 */
import { z } from 'zod';
import { say, sentences } from '../../../core/say.ts';
import { BODY_LIFE_MS, type Delivery } from '../../../engine/messages/delivery.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { deliverySubject } from '../../../engine/work/subjects.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';

const payload = z.object({ deliveryId: z.string() });

export const deliveryCard = liveCard({
  id: 'delivery',
  payload,
  subject: ({ deliveryId }) => deliverySubject(deliveryId),

  async render({ deliveryId }, context: Reader) {
    const { stores, reader } = context;
    const delivery = await stores.deliveries.find(deliveryId);
    if (!delivery || delivery.recipientId !== reader.id) return gone();
    const name = await integrationOf(stores, delivery);
    if (delivery.body === 'revealed')
      return note(say`You have seen the message about ${name}`, revealed());
    if (delivery.body === 'dropped')
      return note(say`The message about ${name} is gone`, say`It waited for a day. ${ask()}`);
    const until =
      delivery.state === 'sent' &&
      say`It waits until ${showTime(new Date(delivery.finishedAt.getTime() + BODY_LIFE_MS), context)}.`;
    return {
      title: say`There is a message about ${name} for your eyes only`,
      blocks: [
        {
          kind: 'text',
          text: [
            sentences(
              say`A password or another secret stands in it, so it isn't written here. It is shown in your browser, once.`,
              until,
            ),
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            { label: say`Show it`, tone: 'primary', does: showDelivery.with({ deliveryId }) },
          ],
        },
      ],
    };
  },
});

export const showDelivery = buttonAction({
  id: 'delivery.show',
  payload,

  async handle({ deliveryId }, turn: Turn): Promise<Reply> {
    const delivery = await turn.stores.deliveries.find(deliveryId);
    const refuse = (card: Card): Reply => ({ kind: 'say', to: 'here', card });
    if (!delivery || delivery.recipientId !== turn.actor.id) return refuse(notYours());
    if (delivery.body === 'revealed')
      return refuse(note(say`You have seen this message already`, revealed()));
    if (delivery.body === 'dropped')
      return refuse(note(say`This message is gone`, say`It waited for a day. ${ask()}`));
    if (delivery.state !== 'sent') return refuse(early());
    return sendLink({ purpose: 'delivery', subject: deliveryId }, say`Here is your link`, [], turn);
  },
});

const revealed = () =>
  say`It was shown once and is gone. If that was not you, tell your Latchkey admin now.`;
const ask = () => say`Ask whoever granted the access to do it again.`;

const gone = () => note(say`This is about something that is gone`, say`There is nothing to do.`);
const notYours = () =>
  note(say`This isn't for you`, say`Only the person it was sent to can see it.`);
const early = () => note(say`It is on its way`, say`Press the button again in a minute.`);

async function integrationOf(stores: Stores, { runId }: Delivery): Promise<string> {
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const integration = run && (await stores.integrations.find(run.integrationId));
  return integration?.name ?? say`something that was deleted`;
}
