import type { Knex } from 'knex';
import type { Join } from '../../engine/people/join.ts';
import type { JoinStore } from '../../engine/ports/people-stores.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { oneOf, platforms, type RowOf, time, withoutNulls } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { pageOf } from '../work/total.ts';

type JoinRow = RowOf<typeof toRow>;

export const states: Record<Join['state'], true> = { open: true, ignored: true };

export function createJoinStore(db: Knex): JoinStore {
  const joins = () => db<JoinRow>('joins');
  const open = (until?: Date) => {
    const query = joins()
      .where({ state: 'open' })
      .whereNotExists(
        db('people').whereRaw('people.email = joins.email').where({ 'people.active': true }),
      );
    return until ? query.where('joined_at', '<=', until.getTime()) : query;
  };

  return {
    async insert(join) {
      return insertUnlessTaken(joins(), toRow(join), ['platform', 'tenant', 'user_id']);
    },

    find: findBy('id', joins, toJoin),

    async byEmails(emails) {
      return (await joins().whereIn('email', emails)).map(toJoin);
    },

    async save(join) {
      await joins().where({ id: join.id }).update(toRow(join));
    },

    async open(page, until) {
      const { rows, total } = await pageOf(() => open(until), page, newestFirst('joined_at'));
      return { joins: rows.map(toJoin), total };
    },

    async countSince(since) {
      const count = await joins()
        .where('joined_at', '>=', since.getTime())
        .count({ total: '*' })
        .first();
      return Number(count?.['total'] ?? 0);
    },

    ignoreOpen: (decidedById, until) =>
      open(until).update({ state: 'ignored', decided_by: decidedById }),
  };
}

const toJoin = (row: JoinRow): Join =>
  withoutNulls({
    id: row.id,
    platform: oneOf(platforms, row.platform, 'joins.platform'),
    tenant: row.tenant,
    userId: row.user_id,
    email: row.email,
    name: row.name,
    joinedAt: time(row.joined_at),
    state: oneOf(states, row.state, 'joins.state'),
    decidedById: row.decided_by,
  });

const toRow = (join: Join) => ({
  id: join.id,
  platform: join.platform,
  tenant: join.tenant,
  user_id: join.userId,
  email: join.email,
  name: join.name,
  joined_at: join.joinedAt.getTime(),
  state: join.state,
  decided_by: join.decidedById ?? null,
});
