import type { Knex } from 'knex';
import { z } from 'zod';
import type { DeliveryContent, DeliveryStore } from '../engine/ports.ts';
import { readJson, time } from './columns.ts';
import { identityOf, sealedColumns } from './sealed-columns.ts';
import type { Vault } from './vault.ts';

interface DeliveryRow {
  readonly id: string;
  readonly run_id: string;
  readonly position: number;
  /** As in the content; here too, so that it can be looked for. */
  readonly state: string;
  readonly created_at: number;
  /** Sealed JSON. */
  readonly content: string;
}

const message = { to: z.string(), message: z.string() };
const notification = z.union([
  z.object({ type: z.literal('email'), subject: z.string(), ...message }),
  z.object({ type: z.enum(['text', 'chat']), subject: z.string().optional(), ...message }),
]);
/** Written by us, so only its shape is looked at; absent keys are absent, as the types want them. */
const content = z.discriminatedUnion('state', [
  z.object({ state: z.literal('waiting'), notification, secret: z.boolean() }),
  z.object({ state: z.literal('failed'), why: z.string() }),
]) as z.ZodType<DeliveryContent>;

export function createDeliveryStore(db: Knex, vault: Vault): DeliveryStore {
  const deliveries = () => db<DeliveryRow>('deliveries');

  return {
    async insert({ id, runId, position, createdAt, content: what }) {
      await deliveries().insert({
        id,
        run_id: runId,
        position,
        state: what.state,
        created_at: createdAt.getTime(),
        content: await vault.seal(identityOf(sealedColumns.delivery, id), JSON.stringify(what)),
      });
    },

    async forRun(runId) {
      const rows = await deliveries().where({ run_id: runId }).orderBy('position');
      return Promise.all(
        rows.map(async (row) => {
          const text = await vault.open(identityOf(sealedColumns.delivery, row.id), row.content);
          return {
            id: row.id,
            runId: row.run_id,
            position: row.position,
            createdAt: time(row.created_at),
            content: readJson(content, text, 'deliveries.content'),
          };
        }),
      );
    },
  };
}
