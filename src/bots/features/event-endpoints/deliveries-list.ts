/** What was sent to an event endpoint, and what it answered; each can be sent again. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { sendAgain } from '../../../engine/event-endpoints/change-endpoint.ts';
import { type EventDelivery, MAX_TRIES } from '../../../engine/event-endpoints/event-endpoint.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, replaceWith, sayHere } from '../../view/action.ts';
import { showTime } from '../../view/dates.ts';
import { readersTo } from '../admins.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { isOff } from './edit-endpoint.ts';
import { changeThis, endpointFor, endpointGone, endpointPayload, seeing } from './endpoint-ref.ts';

const shown = pageShown.extend(endpointPayload.shape);

const deliveries: ListCard<{ readonly page: number; readonly endpointId: string }> = listCard({
  id: 'event-endpoint.deliveries-page',
  payload: shown,
  admit: readersTo(seeing),
  byTime: true,

  refuse: async ({ stores }, { endpointId }) =>
    (await stores.eventEndpoints.find(endpointId)) ? undefined : endpointGone(),

  async read({ endpointId }, at, { stores }) {
    const endpoint = await stores.eventEndpoints.find(endpointId);
    return { ...(await stores.eventDeliveries.list(endpointId, at)), name: endpoint?.name ?? '' };
  },

  title: ({ name }) => t`Deliveries to ${name}`,
  empty: () => t`Nothing has been sent yet. Deliveries are kept for 30 days.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 delivery`, other: t`${sayNumber(total)} deliveries` }),

  row(delivery, { page }, turn) {
    const { id: deliveryId, endpointId, kind, state, at } = delivery;
    const about = `${showTime(at, turn)} · ${wordsOf(delivery, turn)}`;
    const again = {
      label: t`Send again`,
      about: t`Send again: ${kind}`,
      does: sendEventAgain.with({ endpointId, deliveryId, page }),
    };
    return listRow(kind, about, ...(state !== 'waiting' && isAdmin(turn.actor) ? [again] : []));
  },

  after: ({ page, shown: { endpointId } }) => [
    { label: t`Refresh`, does: deliveries.turnPage.with({ page, endpointId }) },
  ],
});
export const turnDeliveriesPage = deliveries.turnPage;

function wordsOf(delivery: EventDelivery, turn: Turn): string {
  const { status, answer } = delivery;
  const parts = [stateWords(delivery, turn), status === undefined ? '' : String(status), answer];
  return parts.filter(Boolean).join(' · ');
}

function stateWords({ state, attempts, dueAt, finishedAt }: EventDelivery, turn: Turn): string {
  switch (state) {
    case 'waiting':
      return attempts === 0
        ? t`waits to be sent`
        : t`try ${attempts} of ${MAX_TRIES} failed, the next one is at ${showTime(dueAt ?? turn.now(), turn)}`;
    case 'sent':
      return t`sent ${showTime(finishedAt ?? turn.now(), turn)}`;
    case 'failed':
      return t`failed`;
    default:
      return unreachable(state);
  }
}

export const openDeliveries = buttonAction({
  id: 'event-endpoint.deliveries',
  payload: endpointPayload,
  right: 'see the set-up',
  handle: ({ endpointId }, turn: Turn) => deliveries.reply({ page: 0, endpointId }, turn),
});

export const sendEventAgain = buttonAction({
  id: 'event-endpoint.send-again',
  payload: shown.extend({ deliveryId: shown.shape.endpointId }),
  admit: endpointFor,

  async handle({ endpointId, deliveryId, page }, turn) {
    const reply = await changeThis(turn, async (tx, endpoint, by) => {
      if (endpoint.state === 'off') return sayHere(isOff(endpoint));
      const delivery = await tx.eventDeliveries.find(deliveryId);
      // One of another endpoint comes only in a forged payload.
      if (delivery?.endpointId === endpointId) await sendAgain(tx, delivery, by);
      return undefined;
    });
    return reply.kind === 'nothing'
      ? replaceWith(await deliveries.card({ page, endpointId }, turn))
      : reply;
  },
});
