import type {
  HookCallStore,
  HookStore,
  SequenceBatchStore,
  SequenceEventStore,
  SequenceStartStore,
} from '../../engine/ports/sequence-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { SequenceBatch } from '../../engine/sequences/batch.ts';
import {
  type Occasion,
  type SequenceEvent,
  sameOccasion,
} from '../../engine/sequences/events/event.ts';
import type { Hook, HookCall } from '../../engine/sequences/hooks/hook.ts';
import { createTable, type Journal } from './table.ts';

export function createSequenceStartStore(journal: Journal): SequenceStartStore {
  const starts = createTable<{
    readonly sequenceId: string;
    readonly occasions: readonly Occasion[];
  }>('sequence_starts', journal);
  return {
    of: async (sequenceId) => starts.get(sequenceId)?.occasions ?? [],
    put: async (sequenceId, occasions) => starts.put(sequenceId, { sequenceId, occasions }),
    startingOn: async (occasion) =>
      starts
        .rows()
        .filter(({ occasions }) => occasions.some((each) => sameOccasion(each, occasion)))
        .map(({ sequenceId }) => sequenceId)
        .toSorted((a, b) => (a < b ? -1 : 1)),
  };
}

export function createSequenceEventStore(journal: Journal): SequenceEventStore {
  const events = createTable<SequenceEvent>('sequence_events', journal);
  return {
    async insertMany(all) {
      for (const event of all) events.insert(event.id, event);
    },
    find: async (id) => events.get(id),
    async save(event) {
      const { id, version } = event;
      if (events.get(id)?.version !== version) throw new StaleWrite('sequence event', id, version);
      const next = { ...event, version: version + 1 };
      events.put(id, next);
      return next;
    },
    ofSequence: async (sequenceId, { offset, limit }) =>
      events
        .rows()
        .filter((event) => event.sequenceId === sequenceId)
        .toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
        .slice(offset, offset + limit),
    overdue: async (before) =>
      events
        .rows()
        .filter((event) => event.state === 'waiting' && event.at < before)
        .toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))
        .slice(0, 100),
    behind: async (assignmentId) =>
      events
        .rows()
        .find((event) => event.state === 'started' && event.assignmentId === assignmentId),
  };
}

export function createSequenceBatchStore(journal: Journal): SequenceBatchStore {
  const batches = createTable<SequenceBatch>('sequence_batches', journal);
  return {
    insert: async (batch) => batches.insert(batch.id, batch),
    find: async (id) => batches.get(id),
    async save(batch) {
      const { id, version } = batch;
      if (batches.get(id)?.version !== version) throw new StaleWrite('sequence batch', id, version);
      const next = { ...batch, version: version + 1 };
      batches.put(id, next);
      return next;
    },
    overdue: async (before) =>
      batches
        .rows()
        .filter(({ state, movedAt }) => state === 'running' && movedAt < before)
        .toSorted((a, b) => a.movedAt.getTime() - b.movedAt.getTime())
        .slice(0, 20),
  };
}

export function createHookStore(journal: Journal): HookStore {
  const hooks = createTable<Hook>('hooks', journal);
  return {
    insert: async (hook) => hooks.insert(hook.id, hook),
    find: async (id) => hooks.get(id),
    hold: async (id) => hooks.get(id),
    async save(hook) {
      const { id, version } = hook;
      if (hooks.get(id)?.version !== version) throw new StaleWrite('hook', id, version);
      const next = { ...hook, version: version + 1 };
      hooks.put(id, next);
      return next;
    },
    ofSequence: async (sequenceId) =>
      hooks
        .rows()
        .filter((hook) => hook.sequenceId === sequenceId && !hook.deletedAt)
        .toSorted(
          (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1),
        ),
  };
}

const KEPT = 20;

export function createHookCallStore(journal: Journal): HookCallStore {
  const calls = createTable<HookCall>('hook_calls', journal);
  const of = (hookId: string) =>
    calls
      .rows()
      .filter((call) => call.hookId === hookId)
      .toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
  return {
    insert: async (call) => calls.insert(call.id, call),
    findByFingerprint: async (hookId, fingerprint) =>
      of(hookId).find((call) => call.fingerprint === fingerprint),
    timeOf: async (hookId, newer) => of(hookId)[newer]?.at,
    newest: async (hookId) => of(hookId).slice(0, KEPT),
    async trim(hookId, before) {
      for (const { id, at } of of(hookId).slice(KEPT)) if (at < before) calls.delete(id);
    },
  };
}
