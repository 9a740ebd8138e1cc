/** Send again, on a text that may or may not have been sent: the form warns that it may arrive twice. */
import { z } from 'zod';
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { canSendAgain, type Delivery } from '../../../engine/messages/delivery.ts';
import { maySendAgain, type SentAgain, sendAgain } from '../../../engine/messages/send-again.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Button, type Card, note, strong } from '../../view/card.ts';
import { refuse, refuseOthers } from '../admins.ts';

/** Empty where the outcome is known, the text is deleted, or the reader may not send it. */
export async function sendAgainButtons(
  delivery: Delivery,
  { reader, stores }: Pick<Reader, 'reader' | 'stores'>,
): Promise<Button[]> {
  if (!canSendAgain(delivery) || !(await maySendAgain(reader, delivery, stores))) return [];
  const { id: deliveryId, outgoing } = delivery;
  return [
    {
      label: t`Send again…`,
      about: t`Send the text to ${outgoing?.shownTo ?? ''} again`,
      does: sendTextAgain.with({ deliveryId }),
    },
  ];
}

export const sendTextAgain = formAction({
  id: 'delivery.send-again',
  payload: z.object({ deliveryId: z.string() }),
  title: () => t`Send a text again`,
  submitLabel: () => t`Send again`,

  async fields({ deliveryId }, turn: Turn) {
    const delivery = await turn.stores.deliveries.find(deliveryId);
    const actor = await turn.stores.people.find(turn.actor.id);
    if (!delivery || !actor) return { refused: over() };
    if (!(await maySendAgain(actor, delivery, turn.stores)))
      return { refused: await refuseOthers(() => t`send this text again`, turn) };
    if (!canSendAgain(delivery)) return { refused: over() };
    const to = delivery.outgoing?.shownTo ?? '';
    return {
      intro: [
        t`Latchkey can't tell whether the text to ${to} was sent. It may arrive twice: if you can, ask first whether it arrived.`,
        [strong(t`What Latchkey knows:`), ' ', sayStored(delivery.why)],
      ],
    };
  },

  async submit(_values, { deliveryId }, turn) {
    const again = await turn.transact(async (tx): Promise<SentAgain> => {
      const person = await tx.people.find(turn.actor.id);
      if (!person) return { kind: 'not-yours' };
      return sendAgain(tx, deliveryId, { person, actor: actorOf(turn) });
    });
    if (again.kind === 'queued') return { kind: 'nothing' }; // The card with the delivery shows the result.
    return refuse(
      again.kind === 'over' ? over() : await refuseOthers(() => t`send this text again`, turn),
    );
  },
});

const over = (): Card =>
  note(
    t`You can't send this text again`,
    t`Someone else sent it first, or its text was deleted after a day. Nothing was sent now; the card you came from shows the current state.`,
  );
