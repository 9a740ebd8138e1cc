import type { Knex } from 'knex';
import type { RefusedUser, RefusedUserStore } from '../../engine/ports/people-stores.ts';
import { oneOf, platforms, type RowOf, time, withoutNulls } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

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

const toUser = (row: RefusedUserRow): RefusedUser =>
  withoutNulls({
    platform: oneOf(platforms, row.platform, 'refused_users.platform'),
    tenant: row.tenant,
    userId: row.user_id,
    name: row.name,
    email: row.email,
    refusedAt: time(row.refused_at),
  });

const toRow = (user: RefusedUser) => ({
  platform: user.platform,
  tenant: user.tenant,
  user_id: user.userId,
  name: user.name,
  email: user.email ?? null,
  refused_at: user.refusedAt.getTime(),
});
