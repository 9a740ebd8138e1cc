import type { Knex } from 'knex';
import { deliveryStates, type EventDelivery } from '../../engine/event-endpoints/event-endpoint.ts';
import { isEventKind } from '../../engine/event-endpoints/event-kinds.ts';
import type { EventDeliveryStore } from '../../engine/ports/event-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  CorruptRow,
  msOrNull,
  oneOf,
  type RowOf,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { insertRows } from '../work/insert-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { saveVersioned } from '../work/save-versioned.ts';
import { pageOf } from '../work/total.ts';

export function createEventDeliveryStore(db: Knex, vault: Vault): EventDeliveryStore {
  const deliveries = () => db<DeliveryRow>('event_deliveries');
  const answers = sealedTexts(vault, sealedColumns.eventAnswer);

  const toRow = async (delivery: EventDelivery) => ({
    id: delivery.id,
    version: delivery.version,
    endpoint_id: delivery.endpointId,
    kind: delivery.kind,
    seq: delivery.seq ?? null,
    at: delivery.at.getTime(),
    state: delivery.state,
    due_at: msOrNull(delivery.dueAt),
    finished_at: msOrNull(delivery.finishedAt),
    attempts: delivery.attempts,
    status: delivery.status ?? null,
    ...(await answers.sealWords(delivery, delivery.answer)),
  });
  type DeliveryRow = RowOf<typeof toRow>;

  const open = async (row: DeliveryRow): Promise<EventDelivery> => {
    const { kind } = row;
    if (!isEventKind(kind)) throw new CorruptRow('event_deliveries.kind');
    return withoutNulls({
      id: row.id,
      version: row.version,
      endpointId: row.endpoint_id,
      kind,
      seq: row.seq,
      at: time(row.at),
      state: oneOf(deliveryStates, row.state, 'event_deliveries.state'),
      dueAt: timeOrNull(row.due_at),
      finishedAt: timeOrNull(row.finished_at),
      attempts: row.attempts,
      status: row.status,
      answer: await answers.openWords(row),
    });
  };

  const waitingOf = (endpointId: string) =>
    deliveries().where({ endpoint_id: endpointId }).whereNotNull('due_at');

  return {
    async insertMany(many) {
      await insertRows(db, 'event_deliveries', await Promise.all(many.map(toRow)));
    },

    find: findBy('id', deliveries, open),

    save: (delivery) => saveVersioned(deliveries(), 'event delivery', delivery, toRow),

    waiting: async (endpointId, limit) =>
      Promise.all((await waitingOf(endpointId).orderBy(['due_at', 'id']).limit(limit)).map(open)),

    async expedite(endpointId) {
      await waitingOf(endpointId).update({ due_at: db.raw<number>('at'), attempts: 0 });
    },

    async countWaiting(endpointId, most) {
      const some = waitingOf(endpointId).select('id').limit(most).as('some');
      const row = await db.from(some).count<{ total: number | string }[]>({ total: '*' }).first();
      return Number(row?.total ?? 0);
    },

    async list(endpointId, page) {
      const matching = () => deliveries().where({ endpoint_id: endpointId });
      const { rows, total } = await pageOf(matching, page, newestFirst('at'));
      return { items: await Promise.all(rows.map(open)), total };
    },
  };
}
