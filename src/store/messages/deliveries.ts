import type { Knex } from 'knex';
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  bodyStates,
  type Delivery,
  type DeliveryFacts,
  deliveryMoves,
  outgoingSchema,
  type Via,
} from '../../engine/messages/delivery.ts';
import type { DeliveryStore } from '../../engine/ports/run-stores.ts';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, present, type RowOf, withoutNulls } from '../work/columns.ts';
import { dueAtOf, finishedAtOf, leaseColumns, leasedRows, leaseOf } from '../work/leased-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { firstReadable, readable } from '../work/readable.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { pageOf } from '../work/total.ts';
import { versionedRows } from '../work/versioned-rows.ts';

/** We wrote it, so we check only its shape. */
const content = z.object({
  outgoing: outgoingSchema.optional(),
  /** ISO date and time. */
  shownAt: z.iso.datetime().optional(),
  why: z.string().optional(),
  isDoubtful: z.literal(true).optional(),
});
type Content = DeepReadonly<z.output<typeof content>>;

const EMAIL_LINK: Via = 'email-link';
export const ways: Record<Via, true> = {
  email: true,
  [EMAIL_LINK]: true,
  text: true,
  chat: true,
  link: true,
  channel: true,
};

/** The next check finds the rest. */
const AT_ONCE = 100;

export function createDeliveryStore(db: Knex, vault: Vault): DeliveryStore {
  const deliveries = () => db<DeliveryRow>('deliveries');
  const contents = sealedTexts(vault, sealedColumns.delivery);

  const toRow = async (delivery: Delivery) =>
    columnsOf(delivery, await contents.sealJson(delivery, contentOf(delivery)));
  const open = async (row: DeliveryRow): Promise<Delivery> =>
    toDelivery(row, await contents.openJson(content, row));
  const openAll = (rows: readonly DeliveryRow[]) => Promise.all(rows.map(open));

  /** One that can't be read has a sentence in the place of its text. */
  const show = async (row: DeliveryRow): Promise<Delivery> =>
    (await unlessUnreadable(open(row), undefined)) ?? toDelivery(row, { why: cannotBeRead() });
  const showAll = (rows: readonly DeliveryRow[]) => Promise.all(rows.map(show));

  return {
    forRun: async (runId) =>
      showAll(await deliveries().where({ run_id: runId }).orderBy('position')),

    ...leasedRows(deliveries, openAll),

    withBodySince: async (before, linksBefore) =>
      firstReadable(
        AT_ONCE,
        (offset) =>
          deliveries()
            .where({ body: 'kept' })
            .where('finished_at', '<', before.getTime())
            .where((either) =>
              either
                .whereNull('via')
                .orWhereNot('via', EMAIL_LINK)
                .orWhere('finished_at', '<', linksBefore.getTime()),
            )
            .orderBy([{ column: 'finished_at', order: 'desc' }, 'id']) // Where a key was lost, only old ones can't be read.
            .offset(offset)
            .limit(AT_ONCE),
        open,
      ),

    keptOf: async (personId) =>
      readable(
        await deliveries()
          .where({ body: 'kept' })
          .where((either) =>
            either
              .where({ recipient_id: personId })
              .orWhereIn('run_id', db('runs').where({ person_id: personId }).select('id')),
          )
          .orderBy('id'),
        show, // It is emptied, too: its key may come back.
      ),

    async unsent(since, page) {
      const matching = () =>
        deliveries()
          .whereIn('state', ['failed', 'unknown'])
          .where('finished_at', '>=', since.getTime());
      const { rows, total } = await pageOf(matching, page, newestFirst('finished_at'));
      return { deliveries: await showAll(rows), total };
    },

    ...versionedRows(deliveries, 'delivery', { toRow, fromRow: open }),
  };
}

const contentOf = (delivery: Delivery): Content => ({
  outgoing: delivery.outgoing,
  shownAt: delivery.shownAt?.toISOString(),
  ...('why' in delivery && delivery.why !== undefined && { why: delivery.why }),
  ...(delivery.isDoubtful && { isDoubtful: delivery.isDoubtful }),
});

type DeliveryRow = RowOf<typeof columnsOf>;

const { toRow: toFacts, fromRow: factsOf } = rowMapper('deliveries', {
  id: text,
  version: number,
  runId: optional(text),
  plannedItemId: optional(text),
  position: number,
  createdAt: date,
  attempts: number,
  body: word(bodyStates),
  recipientId: optional(text),
});

const columnsOf = (delivery: Delivery, sealed: string) => ({
  ...toFacts(delivery),
  state: delivery.state,
  ...leaseColumns(delivery),
  via: 'via' in delivery ? delivery.via : null,
  content: sealed,
});

function toDelivery(row: DeliveryRow, { outgoing, shownAt, why, isDoubtful }: Content): Delivery {
  const facts: DeliveryFacts = withoutNulls({
    ...factsOf(row),
    outgoing: outgoing ?? null,
    shownAt: shownAt === undefined ? null : new Date(shownAt),
    isDoubtful: isDoubtful ?? null,
  });
  const said = why === undefined ? {} : { why };
  const state = oneOf(deliveryMoves, row.state, 'deliveries.state');
  switch (state) {
    case 'waiting':
      return { ...facts, state, dueAt: dueAtOf(row, 'deliveries'), ...said };
    case 'sending':
      return { ...facts, state, ...leaseOf(row, 'deliveries'), via: viaOf(row) };
    case 'sent':
      return {
        ...facts,
        state,
        finishedAt: finishedAtOf(row, 'deliveries'),
        via: viaOf(row),
        ...said,
      };
    case 'failed':
    case 'unknown':
      return { ...facts, state, finishedAt: finishedAtOf(row, 'deliveries'), why: why ?? '' };
    default:
      return unreachable(state);
  }
}

const viaOf = (row: DeliveryRow): Via =>
  oneOf(ways, present(row.via, 'deliveries.via'), 'deliveries.via');
