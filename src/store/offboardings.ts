import type { Knex } from 'knex';
import type { Offboarding, OffboardingItem } from '../engine/offboarding.ts';
import type { OffboardingStore } from '../engine/ports/access-stores.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import { msOrNull, oneOf, time, timeOrNull, withoutNulls } from './columns.ts';
import { identityOf, sealedColumns } from './sealed-columns.ts';
import { totalOf } from './total.ts';
import type { Vault } from './vault.ts';

interface OffboardingRow {
  readonly id: string;
  readonly version: number;
  readonly person_id: string;
  readonly started_by_id: string | null;
  readonly state: string;
  readonly end_date: string;
  readonly created_at: number;
  readonly ended_at: number | null;
}

interface ItemRow {
  readonly offboarding_id: string;
  readonly integration_id: string;
  readonly state: string;
  readonly run_id: string | null;
  readonly task_id: string | null;
  readonly tries: number;
  readonly next_try_at: number | null;
  /** Sealed. */
  readonly why: string | null;
}

const states: Record<Offboarding['state'], true> = {
  planned: true,
  running: true,
  done: true,
  cancelled: true,
};
const itemStates: Record<OffboardingItem['state'], true> = {
  revoking: true,
  gone: true,
  revoked: true,
  'by-hand': true,
};

export function createOffboardingStore(db: Knex, vault: Vault): OffboardingStore {
  const offboardings = () => db<OffboardingRow>('offboardings');
  const items = () => db<ItemRow>('offboarding_items');
  return {
    async insert(offboarding) {
      const inserted = await offboardings()
        .insert(toRow(offboarding))
        .onConflict(db.raw("(person_id) where state in ('planned', 'running')"))
        .ignore()
        .returning('id');
      return inserted.length === 1 ? 'inserted' : 'taken';
    },

    async find(id) {
      const row = await offboardings().where({ id }).first();
      return row && toOffboarding(row);
    },

    async save(offboarding) {
      const { id, version } = offboarding;
      const next = { ...offboarding, version: version + 1 };
      if ((await offboardings().where({ id, version }).update(toRow(next))) === 0)
        throw new StaleWrite('offboarding', id);
      return next;
    },

    async current(personId) {
      const row = await offboardings()
        .where({ person_id: personId })
        .whereIn('state', ['planned', 'running'])
        .first();
      return row && toOffboarding(row);
    },

    async list(state, { offset, limit }) {
      const rows = await offboardings()
        .where({ state })
        .orderBy(['end_date', 'id'])
        .offset(offset)
        .limit(limit);
      const total = await totalOf({ offset, limit }, rows.length, () =>
        offboardings().where({ state }),
      );
      return { offboardings: rows.map(toOffboarding), total };
    },

    async putItem(item) {
      await items()
        .insert({
          offboarding_id: item.offboardingId,
          integration_id: item.integrationId,
          state: item.state,
          run_id: item.runId ?? null,
          task_id: item.taskId ?? null,
          tries: item.tries,
          next_try_at: msOrNull(item.nextTryAt),
          why: item.why === undefined ? null : await vault.seal(identityOfWhy(item), item.why),
        })
        .onConflict(['offboarding_id', 'integration_id'])
        .merge();
    },

    async items(offboardingId) {
      const rows = await items().where({ offboarding_id: offboardingId }).orderBy('integration_id');
      return Promise.all(
        rows.map(async (row) => {
          const item = toItem(row);
          return row.why === null
            ? item
            : { ...item, why: await vault.open(identityOfWhy(item), row.why) };
        }),
      );
    },
  };
}

const identityOfWhy = ({ offboardingId, integrationId }: OffboardingItem) =>
  identityOf(sealedColumns.offboardingItem, offboardingId, integrationId);

const toRow = (offboarding: Offboarding): OffboardingRow => ({
  id: offboarding.id,
  version: offboarding.version,
  person_id: offboarding.personId,
  started_by_id: offboarding.startedById ?? null,
  state: offboarding.state,
  end_date: offboarding.endDate,
  created_at: offboarding.createdAt.getTime(),
  ended_at: msOrNull(offboarding.endedAt),
});

const toOffboarding = (row: OffboardingRow): Offboarding =>
  withoutNulls({
    id: row.id,
    version: row.version,
    personId: row.person_id,
    startedById: row.started_by_id,
    state: oneOf(states, row.state, 'offboardings.state'),
    endDate: row.end_date,
    createdAt: time(row.created_at),
    endedAt: timeOrNull(row.ended_at),
  });

const toItem = (row: ItemRow): OffboardingItem =>
  withoutNulls({
    offboardingId: row.offboarding_id,
    integrationId: row.integration_id,
    state: oneOf(itemStates, row.state, 'offboarding_items.state'),
    runId: row.run_id,
    taskId: row.task_id,
    tries: row.tries,
    nextTryAt: timeOrNull(row.next_try_at),
  });
