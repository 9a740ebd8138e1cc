import type { Knex } from 'knex';
import type { HealthStore } from '../../engine/ports/removal-stores.ts';

interface HealthRow {
  readonly integration_id: string;
  readonly ok_at: number;
}

/** A newer answer is stored only when it is at least this much newer. */
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
      const newerMs = row && at.getTime() - row.ok_at;
      // A stored time in the future came from a clock that was ahead, so we replace it.
      if (newerMs !== undefined && newerMs >= 0 && newerMs < WORTH_KEEPING_MS) return;
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
