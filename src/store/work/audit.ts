import type { Knex } from 'knex';
import { randomPieces } from '../../core/ids.ts';
import { onceFor } from '../../core/once-for.ts';
import { type AuditEntry, personIdOf } from '../../engine/people/directory.ts';
import type { AuditFilter, AuditStore } from '../../engine/ports/upkeep-stores.ts';
import { contentHashOf, SALT_BYTES } from '../../engine/work/audit-chain.ts';
import { detailIn } from '../../engine/work/names.ts';
import { type RowOf, readActor, time, withoutNulls } from './columns.ts';
import { insertRows } from './insert-rows.ts';
import { afterPlace, newestFirst } from './newest-first.ts';
import { countOf } from './total.ts';

export const AUDIT_LOG = 'audit_log';

export type AuditRow = RowOf<typeof toRow>;

export interface Salted {
  readonly salt: string;
  readonly content_hash: string;
}

const nextSalt = randomPieces(SALT_BYTES);

export function newlySalted(detail: string | null): Salted {
  const salt = nextSalt().toString('base64url');
  return { salt, content_hash: contentHashOf(detail, salt) };
}

export function createAuditStore(db: Knex): AuditStore {
  const log = () => db<AuditRow>(AUDIT_LOG);

  return {
    count: (filter, most) =>
      countOf(db.from(matchingEntries(db, filter).select('id').limit(most).as('some'))),

    async add(entry) {
      await log().insert(toRow(entry));
    },

    async addMany(entries) {
      const textOf = onceFor((value: object) => JSON.stringify(value)); // Hundreds are by one person, and say the same.
      const rows = entries.map((entry) => toRow(entry, textOf));
      const [only] = rows;
      if (only && rows.length === 1) await log().insert(only);
      else await insertRows(db, AUDIT_LOG, rows);
    },

    async list(page, filter = {}) {
      const rows = await matchingEntries(db, filter)
        .orderBy(newestFirst('at'))
        .offset(page.offset)
        .limit(page.limit);
      return rows.map(toEntry);
    },

    async listBefore(entry, limit, filter) {
      const query = matchingEntries(db, filter).orderBy(newestFirst('at')).limit(limit);
      afterPlace(entry, query, 'at');
      return (await query).map(toEntry);
    },
  };
}

export function matchingEntries(
  db: Knex,
  { personId, integrationId, what, from, before }: AuditFilter,
): Knex.QueryBuilder<AuditRow, AuditRow[]> {
  const query = db<AuditRow>(AUDIT_LOG);
  if (personId !== undefined)
    query.where((either) =>
      either.where({ person_id: personId }).orWhere({ actor_person_id: personId }),
    );
  if (integrationId !== undefined) query.where({ integration_id: integrationId });
  // Names of actions have only letters, dots and dashes, so nothing needs escaping.
  if (what !== undefined) query.where('what', 'like', `${what.replaceAll(/[^a-z.-]/g, '')}%`);
  if (from !== undefined) query.where('at', '>=', from.getTime());
  if (before !== undefined) query.where('at', '<', before.getTime());
  return query;
}

function toRow(entry: AuditEntry, textOf: (value: object) => string = JSON.stringify) {
  const text = entry.detail === undefined ? null : textOf(entry.detail);
  return {
    id: entry.id,
    at: entry.at.getTime(),
    actor: textOf(entry.actor),
    /** The person's id from `actor`, when it is a person. For searches. */
    actor_person_id: personIdOf(entry.actor) ?? null,
    what: entry.what,
    person_id: entry.personId ?? null,
    integration_id: entry.integrationId ?? null,
    run_id: entry.runId ?? null,
    detail: text,
    /** Its place in the chain (`audit-chain.ts`). Null: not sealed yet. */
    seq: null as number | null,
    ...newlySalted(text),
  };
}

export function toEntry(row: AuditRow): AuditEntry {
  return withoutNulls({
    id: row.id,
    at: time(row.at),
    actor: readActor(row.actor, 'audit_log.actor'),
    what: row.what,
    personId: row.person_id,
    integrationId: row.integration_id,
    runId: row.run_id,
    detail: row.detail === null ? null : detailIn(row.detail),
  });
}
