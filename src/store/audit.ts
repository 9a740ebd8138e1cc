import type { Knex } from 'knex';
import { z } from 'zod';
import type { AuditEntry } from '../engine/directory.ts';
import type { AuditStore } from '../engine/ports.ts';
import { readActor, readJson, time, withoutNulls } from './columns.ts';

interface AuditRow {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly person_id: string | null;
  readonly integration_id: string | null;
  readonly run_id: string | null;
  readonly detail: string | null;
}

const detail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export function createAuditStore(db: Knex): AuditStore {
  const log = () => db<AuditRow>('audit_log');

  return {
    async add(entry) {
      await log().insert({
        id: entry.id,
        at: entry.at.getTime(),
        actor: JSON.stringify(entry.actor),
        what: entry.what,
        person_id: entry.personId ?? null,
        integration_id: entry.integrationId ?? null,
        run_id: entry.runId ?? null,
        detail: entry.detail === undefined ? null : JSON.stringify(entry.detail),
      });
    },

    async list(page) {
      const rows = await log()
        .orderBy([
          { column: 'at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .offset(page.offset)
        .limit(page.limit);
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: AuditRow): AuditEntry {
  return withoutNulls({
    id: row.id,
    at: time(row.at),
    actor: readActor(row.actor, 'audit_log.actor'),
    what: row.what,
    personId: row.person_id,
    integrationId: row.integration_id,
    runId: row.run_id,
    detail: row.detail === null ? null : readJson(detail, row.detail, 'audit_log.detail'),
  });
}
