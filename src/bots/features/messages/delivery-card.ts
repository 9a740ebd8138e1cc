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
import { buttonAction, type Reply, sayHere } from '../../view/action.ts';
import { note, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';

const payload = z.object({ deliveryId: z.string() });

export const deliveryCard = liveCard({
  id: 'delivery',
  payload,
  topic: ({ deliveryId }) => deliveryTopic(deliveryId),

  async render({ deliveryId }, context: Reader) {
    const { stores, reader } = context;
    const delivery = await stores.deliveries.find(deliveryId);
    if (!delivery || delivery.recipientId !== reader.id) return noLongerExists();
    const name = await integrationOf(stores, delivery);
    if (delivery.body === 'revealed')
      return note(t`You have seen the message about ${name}`, revealed());
    if (delivery.body === 'dropped')
      return note(t`The message about ${name} is no longer available`, dropped());
    const until =
      delivery.state === 'sent' &&
      t`You can view it until ${showTime(new Date(delivery.finishedAt.getTime() + BODY_LIFE_MS), context)}.`;
    return withButtons(
      note(
        t`You have a private message about ${name}`,
        sentences(
          t`It contains a password or another secret, so it isn't shown here. You can view it once, in your browser.`,
          until,
        ),
      ),
      { label: t`View`, tone: 'primary', does: showDelivery.with({ deliveryId }) },
    );
  },
});

export const showDelivery = buttonAction({
  id: 'delivery.show',
  payload,

  async handle({ deliveryId }, turn: Turn): Promise<Reply> {
    const delivery = await turn.stores.deliveries.find(deliveryId);
    if (!delivery || delivery.recipientId !== turn.actor.id) return sayHere(notYours());
    if (delivery.body === 'revealed')
      return sayHere(note(t`You have already seen this message`, revealed()));
    if (delivery.body === 'dropped')
      return sayHere(note(t`This message is no longer available`, dropped()));
    if (delivery.state !== 'sent') return sayHere(early());
    return sendLink(
      { purpose: 'delivery', subject: deliveryId },
      { title: t`Here is your link`, paragraphs: [] },
      turn,
    );
  },
});

const revealed = () =>
  t`It was shown once and then deleted. If that wasn't you, tell your Latchkey admin now.`;
const dropped = () =>
  t`It was kept for a day, or until the access ended. If you still need it, ask the person who granted the access.`;

const notYours = () => note(t`This isn't for you`, t`Only the recipient can see it.`);
const early = () => note(t`It's on its way`, t`Press the button again in a minute.`);

async function integrationOf(stores: Stores, { runId }: Delivery): Promise<string> {
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  const integration = run && (await stores.integrations.find(run.integrationId));
  return integration?.name ?? t`something that was deleted`;
}
