import type { Knex } from 'knex';
import { deliveryStates, type EventDelivery } from '../../engine/event-endpoints/event-endpoint.ts';
import { isEventKind } from '../../engine/event-endpoints/event-kinds.ts';
import type { EventDeliveryStore } from '../../engine/ports/event-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { CorruptRow, type RowOf } from '../work/columns.ts';
import { insertRows } from '../work/insert-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { countOf, pageOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';

export function createEventDeliveryStore(db: Knex, vault: Vault): EventDeliveryStore {
  const deliveries = () => db<DeliveryRow>('event_deliveries');
  const answers = sealedTexts(vault, sealedColumns.eventAnswer);

  const toRow = async (delivery: EventDelivery) => ({
    ...toColumns(delivery),
    kind: delivery.kind,
    ...(await answers.sealWords(delivery, delivery.answer)),
  });
  type DeliveryRow = RowOf<typeof toRow>;

  const open = async (row: DeliveryRow): Promise<EventDelivery> => {
    const { kind } = row;
    if (!isEventKind(kind)) throw new CorruptRow('event_deliveries.kind');
    return {
      ...fromColumns(row),
      kind,
      answer: (await answers.openWords(row)) ?? undefined,
    };
  };

  const waitingOf = (endpointId: string) =>
    deliveries().where({ endpoint_id: endpointId }).whereNotNull('due_at');

  return {
    async insertMany(many) {
      await insertRows(db, 'event_deliveries', await Promise.all(many.map(toRow)));
    },

    waiting: async (endpointId, limit) =>
      Promise.all((await waitingOf(endpointId).orderBy(['due_at', 'id']).limit(limit)).map(open)),

    async expedite(endpointId) {
      await waitingOf(endpointId).update({ due_at: db.raw<number>('at'), attempts: 0 });
    },

    countWaiting: (endpointId, most) =>
      countOf(db.from(waitingOf(endpointId).select('id').limit(most).as('some'))),

    async list(endpointId, page) {
      const matching = () => deliveries().where({ endpoint_id: endpointId });
      const { rows, total } = await pageOf(matching, page, newestFirst('at'));
      return { items: await Promise.all(rows.map(open)), total };
    },

    ...savedRows(deliveries, 'event delivery', { toRow, fromRow: open }),
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('event_deliveries', {
  id: text,
  version: number,
  endpointId: text,
  seq: optional(number),
  at: date,
  state: word(deliveryStates),
  dueAt: optional(date),
  finishedAt: optional(date),
  attempts: number,
  status: optional(number),
});
