import type { Knex } from 'knex';
import type { TimeLimitStore } from '../engine/ports/access-stores.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import { limitMoves, type TimeLimit } from '../engine/time-limit.ts';
import { msOrNull, oneOf, time, timeOrNull, withoutNulls } from './columns.ts';

interface TimeLimitRow {
  readonly id: string;
  readonly version: number;
  readonly person_id: string;
  readonly integration_id: string;
  readonly request_id: string | null;
  readonly state: string;
  readonly ends_at: number;
  readonly warned_at: number | null;
  readonly tries: number;
  readonly next_try_at: number | null;
  readonly task_id: string | null;
}

/** The rest is found at the next look. */
const AT_ONCE = 100;
/** Cards that show older ones have long gone out of sight. */
const OF_ONE_ACCESS = 10;
const CURRENT = ['running', 'ending'];

export function createTimeLimitStore(db: Knex): TimeLimitStore {
  const limits = () => db<TimeLimitRow>('time_limits');
  return {
    async insert(limit) {
      const inserted = await limits()
        .insert(toRow(limit))
        .onConflict(db.raw("(person_id, integration_id) where state in ('running', 'ending')"))
        .ignore()
        .returning('id');
      return inserted.length === 1 ? 'inserted' : 'taken';
    },

    async find(id) {
      const row = await limits().where({ id }).first();
      return row && toLimit(row);
    },

    async save(limit) {
      const { id, version } = limit;
      const next = { ...limit, version: version + 1 };
      if ((await limits().where({ id, version }).update(toRow(next))) === 0)
        throw new StaleWrite('time limit', id);
      return next;
    },

    async current(personId, integrationId) {
      const row = await limits()
        .where({ person_id: personId, integration_id: integrationId })
        .whereIn('state', CURRENT)
        .first();
      return row && toLimit(row);
    },

    async currentOf(personId) {
      const rows = await limits()
        .where({ person_id: personId })
        .whereIn('state', CURRENT)
        .orderBy(['ends_at', 'id']);
      return rows.map(toLimit);
    },

    async of(personId, integrationId) {
      const rows = await limits()
        .where({ person_id: personId, integration_id: integrationId })
        .orderBy('id', 'desc')
        .limit(OF_ONE_ACCESS);
      return rows.map(toLimit);
    },

    async endingBefore(before, unwarned) {
      const query = limits().where({ state: 'running' }).where('ends_at', '<', before.getTime());
      if (unwarned) query.whereNull('warned_at');
      return (await query.orderBy(['ends_at', 'id']).limit(AT_ONCE)).map(toLimit);
    },

    async toTryBefore(before) {
      const rows = await limits()
        .where({ state: 'ending' })
        .where('next_try_at', '<', before.getTime())
        .orderBy(['next_try_at', 'id'])
        .limit(AT_ONCE);
      return rows.map(toLimit);
    },
  };
}

const toRow = (limit: TimeLimit): TimeLimitRow => ({
  id: limit.id,
  version: limit.version,
  person_id: limit.personId,
  integration_id: limit.integrationId,
  request_id: limit.requestId ?? null,
  state: limit.state,
  ends_at: limit.endsAt.getTime(),
  warned_at: msOrNull(limit.warnedAt),
  tries: limit.tries,
  next_try_at: msOrNull(limit.nextTryAt),
  task_id: limit.taskId ?? null,
});

const toLimit = (row: TimeLimitRow): TimeLimit =>
  withoutNulls({
    id: row.id,
    version: row.version,
    personId: row.person_id,
    integrationId: row.integration_id,
    requestId: row.request_id,
    state: oneOf(limitMoves, row.state, 'time_limits.state'),
    endsAt: time(row.ends_at),
    warnedAt: timeOrNull(row.warned_at),
    tries: row.tries,
    nextTryAt: timeOrNull(row.next_try_at),
    taskId: row.task_id,
  });
