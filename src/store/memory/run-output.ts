import type { Link } from '../../engine/links/links.ts';
import type { Delivery } from '../../engine/messages/delivery.ts';
import type {
  DeliveryStore,
  RunFilePart,
  RunFileStore,
  RunStore,
} from '../../engine/ports/run-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { LinkStore } from '../../engine/ports/web-stores.ts';
import { createTable, type Journal, keyOf } from './table.ts';

export function createRunFileStore(journal: Journal): RunFileStore {
  const parts = createTable<RunFilePart>('run_files', journal);
  const partsOf = (runId: string, name: string): readonly RunFilePart[] =>
    parts.rows().filter((part) => part.runId === runId && part.name === name);

  return {
    async putPart(part) {
      const { runId, name, index } = part;
      if (index === 0) {
        for (const old of partsOf(runId, name)) parts.delete(keyOf(runId, name, old.index));
      }
      parts.insert(keyOf(runId, name, index), part);
    },

    async find(runId, name) {
      const all = partsOf(runId, name);
      const last = all.find((part) => part.last);
      if (!last) return undefined;
      const size = all.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      return { size, ...(last.contentType !== undefined && { contentType: last.contentType }) };
    },

    part: async (runId, name, index) => parts.get(keyOf(runId, name, index)),
  };
}

/** The rest is found at the next look. */
const AT_ONCE = 100;

export function createDeliveryStore(journal: Journal, runs: Pick<RunStore, 'find'>): DeliveryStore {
  const deliveries = createTable<Delivery>('deliveries', journal);
  return {
    insert: async (delivery) => deliveries.insert(delivery.id, delivery),
    find: async (id) => deliveries.get(id),

    async save(delivery) {
      const { id, version } = delivery;
      if (deliveries.get(id)?.version !== version) throw new StaleWrite('delivery', id, version);
      const next: Delivery = { ...delivery, version: version + 1 };
      deliveries.put(id, next);
      return next;
    },

    forRun: async (runId) =>
      deliveries
        .rows()
        .filter((delivery) => delivery.runId === runId)
        .toSorted((a, b) => a.position - b.position),

    leasedBy: async (workerId) =>
      deliveries.rows().filter((each) => each.state === 'sending' && each.workerId === workerId),

    overdue: async (before) =>
      deliveries
        .rows()
        .filter((delivery) => dueSince(delivery) < before.getTime())
        .toSorted((a, b) => dueSince(a) - dueSince(b))
        .slice(0, AT_ONCE),

    withBodySince: async (before, linksBefore) =>
      deliveries
        .rows()
        .filter((each) => {
          if (each.body !== 'kept' || !('finishedAt' in each)) return false;
          const isLink = each.state === 'sent' && each.via === 'email-link';
          return each.finishedAt < (isLink ? linksBefore : before);
        })
        .slice(0, AT_ONCE),

    async keptOf(personId) {
      const found = [];
      for (const each of deliveries.rows()) {
        if (each.body !== 'kept' || !('finishedAt' in each)) continue;
        const run = each.runId === undefined ? undefined : await runs.find(each.runId);
        if (each.recipientId === personId || run?.personId === personId) found.push(each);
      }
      return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },

    async unsent(since, { offset, limit }) {
      const found = deliveries
        .rows()
        .filter((each) => each.state === 'failed' || each.state === 'unknown')
        .filter(({ finishedAt }) => finishedAt >= since)
        .toSorted(
          (a, b) => b.finishedAt.getTime() - a.finishedAt.getTime() || (a.id < b.id ? 1 : -1),
        );
      return { deliveries: found.slice(offset, offset + limit), total: found.length };
    },
  };
}

/** Never, for what has ended. */
function dueSince(delivery: Delivery): number {
  if (delivery.state === 'waiting') return delivery.dueAt.getTime();
  return delivery.state === 'sending' ? delivery.leasedUntil.getTime() : Infinity;
}

export function createLinkStore(journal: Journal): LinkStore {
  const links = createTable<Link>('links', journal);
  return {
    insert: async (link) => links.insert(link.id, link),
    find: async (id) => links.get(id),

    async save(link) {
      const { id, version } = link;
      if (links.get(id)?.version !== version) throw new StaleWrite('link', id, version);
      const next: Link = { ...link, version: version + 1 };
      links.put(id, next);
      return next;
    },

    async deleteExpired(before) {
      for (const { id, expiresAt } of links.rows()) if (expiresAt < before) links.delete(id);
    },

    async deleteOf(personId) {
      for (const link of links.rows()) if (link.personId === personId) links.delete(link.id);
    },
  };
}
