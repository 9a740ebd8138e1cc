import type { Knex } from 'knex';
import type { HealthStore } from '../../engine/ports/removal-stores.ts';

interface HealthRow {
  readonly integration_id: string;
  readonly ok_at: number;
}

/** An answer that is this much newer than the one that is kept says nothing that matters. */
const WORTH_KEEPING_MS = 60 * 60_000;

export function createHealthStore(db: Knex): HealthStore {
  const health = () => db<HealthRow>('integration_health');
  return {
    async okAt(integrationId) {
      const row = await health().where({ integration_id: integrationId }).first();
      return row && new Date(row.ok_at);
    },

    async markOk(integrationId, at) {
      const row = await health().where({ integration_id: integrationId }).first();
      const newer = row && at.getTime() - row.ok_at;
      // One of the future came from a clock that was ahead.
      if (newer !== undefined && newer > -WORTH_KEEPING_MS && newer < WORTH_KEEPING_MS) return;
      await health()
        .insert({ integration_id: integrationId, ok_at: at.getTime() })
        .onConflict('integration_id')
        .merge();
    },

    async forget(integrationId) {
      await health().where({ integration_id: integrationId }).delete();
    },
  };
}
