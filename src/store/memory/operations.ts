import type { AuditEntry } from '../../engine/people/directory.ts';
import type { AuditFilter, AuditStore, WorkerStore } from '../../engine/ports/upkeep-stores.ts';
import { createTable, type Journal } from './table.ts';

export function createAuditStore(journal: Journal): AuditStore {
  const entries = createTable<AuditEntry>('audit_log', journal);
  return {
    add: async (entry) => entries.insert(entry.id, entry),
    async addMany(many) {
      for (const entry of many) entries.insert(entry.id, entry);
    },
    count: async (filter) => entries.rows().filter(matches(filter)).length,
    list: async ({ offset, limit }, filter = {}) =>
      entries
        .rows()
        .filter(matches(filter))
        .toReversed()
        .toSorted((a, b) => b.at.getTime() - a.at.getTime())
        .slice(offset, offset + limit),
  };
}

const matches =
  ({ personId, integrationId, what, from, before }: AuditFilter) =>
  (entry: AuditEntry): boolean =>
    (personId === undefined ||
      entry.personId === personId ||
      (entry.actor.kind === 'person' && entry.actor.personId === personId)) &&
    (integrationId === undefined || entry.integrationId === integrationId) &&
    (what === undefined || entry.what.startsWith(what)) &&
    (from === undefined || entry.at >= from) &&
    (before === undefined || entry.at < before);

export function createWorkerStore(journal: Journal): WorkerStore {
  const workers = createTable<{ readonly id: string; readonly beatAt: Date }>('workers', journal);
  return {
    beat: async (id, now) => workers.put(id, { id, beatAt: now }),
    remove: async (id) => workers.delete(id),
    silentSince: async (before) =>
      workers
        .rows()
        .filter(({ beatAt }) => beatAt < before)
        .map(({ id }) => id),
    livingSince: async (since) => workers.rows().filter(({ beatAt }) => beatAt >= since).length,
    async lastBeat() {
      const beats = workers.rows().map(({ beatAt }) => beatAt.getTime());
      return beats.length === 0 ? undefined : new Date(Math.max(...beats));
    },
  };
}
