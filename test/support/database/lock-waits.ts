/** Whether a statement in a PostgreSQL database waits for what another transaction there has locked. */
import type { Knex } from 'knex';
import { until } from '../until.ts';

export const isAnyoneWaiting = async (db: Knex): Promise<boolean> =>
  (
    await db('pg_stat_activity')
      .where({ wait_event_type: 'Lock' })
      .whereRaw('datname = current_database()')
  ).length > 0; // Other tests have databases on the same server.

export const untilOneWaits = (db: Knex): Promise<void> => until(() => isAnyoneWaiting(db));
