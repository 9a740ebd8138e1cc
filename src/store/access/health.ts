import type { Knex } from 'knex';
import { HOUR_MS } from '../../core/hours.ts';
import type { HealthStore } from '../../engine/ports/removal-stores.ts';
import { timeOrNull } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

interface HealthRow {
  readonly integration_id: string;
  /** 0: there is none since `forgotten_at`. */
  readonly ok_at: number;
  readonly forgotten_at: number | null;
}

/** A newer answer is stored only when it is at least this much newer. */
const WORTH_KEEPING_MS = HOUR_MS;

export function createHealthStore(db: Knex): HealthStore {
  const health = () => db<HealthRow>('integration_health');
  return {
    async okAt(integrationId) {
      const row = await health().where({ integration_id: integrationId }).first();
      return row && row.ok_at > 0 ? new Date(row.ok_at) : undefined;
    },

    async okTimes() {
      const rows = await health().where('ok_at', '>', 0);
      return new Map(rows.map((row) => [row.integration_id, new Date(row.ok_at)]));
    },

    async forgottenAt(integrationId) {
      const row = await health().where({ integration_id: integrationId }).first();
      return row && (timeOrNull(row.forgotten_at) ?? undefined);
    },

    async markOk(integrationId, at, askedAt) {
      const row = await health().where({ integration_id: integrationId }).first();
      const newerMs = row && at.getTime() - row.ok_at;
      // A stored time in the future came from a clock that was ahead, so we replace it.
      if (newerMs !== undefined && newerMs >= 0 && newerMs < WORTH_KEEPING_MS) return;
      const kept = { integration_id: integrationId, ok_at: at.getTime() };
      await putRows(health(), [kept], ['integration_id'])
        // Compared here: another process may save new settings at this moment.
        .where(
          (or) =>
            or
              .whereNull('integration_health.forgotten_at')
              .orWhere('integration_health.forgotten_at', '<=', askedAt.getTime())
              .orWhere('integration_health.forgotten_at', '>', at.getTime()), // Likewise.
        );
    },

    async forget(integrationId, at) {
      const row = { integration_id: integrationId, ok_at: 0, forgotten_at: at.getTime() };
      await putRows(health(), [row], ['integration_id']);
    },
  };
}
