import type { Knex } from 'knex';
import type { Join } from '../../engine/people/join.ts';
import type { JoinStore } from '../../engine/ports/people-stores.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { platforms, type RowOf } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { whereAmong } from '../work/look-up.ts';
import { newestFirst } from '../work/newest-first.ts';
import { date, rowMapper, text, word } from '../work/row-mapper.ts';
import { countOf, pageOf } from '../work/total.ts';

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
      return (await whereAmong(db, joins(), { column: 'email', texts: emails })).map(toJoin);
    },

    async save(join) {
      await joins().where({ id: join.id }).update(toRow(join));
    },

    async open(page, until) {
      const { rows, total } = await pageOf(() => open(until), page, newestFirst('joined_at'));
      return { joins: rows.map(toJoin), total };
    },

    countSince: (since) => countOf(joins().where('joined_at', '>=', since.getTime())),

    ignoreOpen: (decidedById, until) =>
      open(until).update({ state: 'ignored', decided_by: decidedById }),
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('joins', {
  id: text,
  platform: word(platforms),
  tenant: text,
  userId: text,
  email: text,
  name: text,
  joinedAt: date,
  state: word(states),
});

const toRow = (join: Join) => ({ ...toColumns(join), decided_by: join.decidedById ?? null });

const toJoin = (row: JoinRow): Join => ({
  ...fromColumns(row),
  decidedById: row.decided_by ?? undefined,
});
