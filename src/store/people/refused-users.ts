import type { Knex } from 'knex';
import type { RefusedUserStore } from '../../engine/ports/people-stores.ts';
import { platforms, type RowOf } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';
import { date, optional, rowMapper, text, word } from '../work/row-mapper.ts';

type RefusedUserRow = RowOf<typeof toRow>;

export function createRefusedUserStore(db: Knex): RefusedUserStore {
  const users = () => db<RefusedUserRow>('refused_users');
  return {
    async put(user) {
      await putRows(users(), [toRow(user)], ['platform', 'tenant', 'user_id']);
    },

    async find(platform, tenant, userId) {
      const row = await users().where({ platform, tenant, user_id: userId }).first();
      return row && toUser(row);
    },

    async newest(limit) {
      const rows = await users()
        .orderBy([
          { column: 'refused_at', order: 'desc' },
          { column: 'user_id', order: 'asc' },
        ])
        .limit(limit);
      return rows.map(toUser);
    },

    async delete(platform, tenant, userId) {
      await users().where({ platform, tenant, user_id: userId }).delete();
    },
  };
}

const { toRow, fromRow: toUser } = rowMapper('refused_users', {
  platform: word(platforms),
  tenant: text,
  userId: text,
  name: text,
  email: optional(text),
  refusedAt: date,
});
