/**
 * A message with a secret in it, as chat shows it: without the text, and with a button that makes a link to it. The link
 * is short-lived and the message waits for a day, so each press makes a new link until the message was shown.
 */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { BODY_LIFE_MS, type Delivery } from '../../../engine/messages/delivery.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { deliveryTopic } from '../../../engine/work/topics.ts';
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
  topic: ({ deliveryId }) => deliveryTopic(deliveryId),

  async render({ deliveryId }, context: Reader) {
    const { stores, reader } = context;
    const delivery = await stores.deliveries.find(deliveryId);
    if (!delivery || delivery.recipientId !== reader.id) return gone();
    const name = await integrationOf(stores, delivery);
    if (delivery.body === 'revealed')
      return note(t`You have seen the message about ${name}`, revealed());
    if (delivery.body === 'dropped')
      return note(t`The message about ${name} is gone`, t`It waited for a day. ${ask()}`);
    const until =
      delivery.state === 'sent' &&
      t`It waits until ${showTime(new Date(delivery.finishedAt.getTime() + BODY_LIFE_MS), context)}.`;
    return {
      title: t`There is a message about ${name} for your eyes only`,
      blocks: [
        {
          kind: 'text',
          text: [
            sentences(
              t`A password or another secret stands in it, so it isn't written here. It is shown in your browser, once.`,
              until,
            ),
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            { label: t`Show it`, tone: 'primary', does: showDelivery.with({ deliveryId }) },
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
      return refuse(note(t`You have seen this message already`, revealed()));
    if (delivery.body === 'dropped')
      return refuse(note(t`This message is gone`, t`It waited for a day. ${ask()}`));
    if (delivery.state !== 'sent') return refuse(early());
    return sendLink(
      { purpose: 'delivery', subject: deliveryId },
      { title: t`Here is your link`, paragraphs: [] },
      turn,
    );
  },
});

const revealed = () =>
  t`It was shown once and is gone. If that was not you, tell your Latchkey admin now.`;
const ask = () => t`Ask the person who granted the access to do it again.`;

const gone = () => note(t`This is about something that is gone`, t`There is nothing to do.`);
const notYours = () => note(t`This isn't for you`, t`Only the person it was sent to can see it.`);
const early = () => note(t`It is on its way`, t`Press the button again in a minute.`);

async function integrationOf(stores: Stores, { runId }: Delivery): Promise<string> {
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const integration = run && (await stores.integrations.find(run.integrationId));
  return integration?.name ?? t`something that was deleted`;
}
