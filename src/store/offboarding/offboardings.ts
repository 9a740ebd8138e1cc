import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { offboardingStates } from '../../engine/offboarding/offboarding.ts';
import type { OffboardingStore } from '../../engine/ports/access-stores.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { type RowOf, stateIs } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { putRows } from '../work/put-rows.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { pageOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';

type OffboardingRow = RowOf<typeof toRow>;

type ItemRow = RowOf<typeof toItemRow>;

const IS_CURRENT = stateIs('planned', 'running');

const MAX_PLANNED = 250;
/** Knex's multi-row insert fails above about 500 rows. */
const ROWS_AT_ONCE = 250;

export function createOffboardingStore(db: Knex): OffboardingStore {
  const offboardings = () => db<OffboardingRow>('offboardings');
  const items = () => db<ItemRow>('offboarding_items');
  return {
    async insert(offboarding) {
      return insertUnlessTaken(
        offboardings(),
        toRow(offboarding),
        db.raw(`(person_id) where ${IS_CURRENT}`),
      );
    },

    async current(personId) {
      const row = await offboardings().where({ person_id: personId }).whereRaw(IS_CURRENT).first();
      return row && toOffboarding(row);
    },

    async list(state, page) {
      const { rows, total } = await pageOf(() => offboardings().where({ state }), page, [
        'end_date',
        'id',
      ]);
      return { offboardings: rows.map(toOffboarding), total };
    },

    async plannedBefore(day, afterId = '') {
      const rows = await offboardings()
        .where({ state: 'planned' })
        .where('end_date', '<', day)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(MAX_PLANNED);
      return rows.map(toOffboarding);
    },

    async insertItems(all) {
      for (const some of chunksOf(all, ROWS_AT_ONCE))
        await items()
          .insert(some.map(toItemRow))
          .onConflict(['offboarding_id', 'integration_id'])
          .ignore();
    },

    async last(personId) {
      const row = await offboardings()
        .where({ person_id: personId })
        .orderByRaw(`${IS_CURRENT} desc`) // After a clock was ahead, one from before may seem newer.
        .orderBy(newestFirst())
        .first();
      return row && toOffboarding(row);
    },

    async putItem(item) {
      await putRows(items(), [toItemRow(item)], ['offboarding_id', 'integration_id']);
    },

    async items(offboardingId) {
      const rows = await items().where({ offboarding_id: offboardingId }).orderBy('integration_id');
      return rows.map(toItem);
    },

    ...savedRows(offboardings, 'offboarding', { toRow, fromRow: toOffboarding }),
  };
}

const { toRow, fromRow: toOffboarding } = rowMapper('offboardings', {
  id: text,
  version: number,
  personId: text,
  startedById: optional(text),
  state: word(offboardingStates),
  endDate: text,
  createdAt: date,
  endedAt: optional(date),
});

const { toRow: toItemRow, fromRow: toItem } = rowMapper('offboarding_items', {
  offboardingId: text,
  integrationId: text,
  removalId: optional(text),
});
