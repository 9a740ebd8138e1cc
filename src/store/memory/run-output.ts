import type { Delivery, DeliveryStore, RunFilePart, RunFileStore } from '../../engine/ports.ts';
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

export function createDeliveryStore(journal: Journal): DeliveryStore {
  const deliveries = createTable<Delivery>('deliveries', journal);
  return {
    insert: async (delivery) => deliveries.insert(delivery.id, delivery),
    forRun: async (runId) =>
      deliveries
        .rows()
        .filter((delivery) => delivery.runId === runId)
        .toSorted((a, b) => a.position - b.position),
  };
}
