/** An engine with an event endpoint, and what its worker does. */
import {
  addEndpoint,
  type EndpointFields,
} from '../../../src/engine/event-endpoints/change-endpoint.ts';
import type {
  EventDelivery,
  EventEndpoint,
} from '../../../src/engine/event-endpoints/event-endpoint.ts';
import { type SendingEvents, sendEvents } from '../../../src/engine/event-endpoints/send-events.ts';
import { newEvents } from '../../../src/engine/event-endpoints/wake-endpoint.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { newWorker, wakeOverdue } from '../../../src/engine/work/leased.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export interface EndpointLab {
  readonly engine: TestEngine;
  readonly receiver: Receiver;
  /** Events between domains that were emitted. */
  readonly emitted: Event[];
  readonly deps: (workerId?: string) => SendingEvents;
  add(fields?: Partial<EndpointFields>): Promise<EventEndpoint>;
  now(endpoint: EventEndpoint): Promise<EventEndpoint | undefined>;
  /** Seals the audit log, and does the job of the endpoint. */
  work(endpoint: EventEndpoint): Promise<void>;
  deliveries(endpoint: EventEndpoint): Promise<readonly EventDelivery[]>;
  close(): Promise<void>;
}

export async function endpointLab({ ownFile = false } = {}): Promise<EndpointLab> {
  const emitted: Event[] = [];
  const engine = await testEngine({
    ownFile,
    onEvent: async (_tx, event) => void emitted.push(event),
  });
  const receiver = await startReceiver();
  const { stores, transact, http, now, actor } = engine;
  const deps = (workerId = 'worker-1'): SendingEvents => ({
    ...newWorker(workerId),
    stores,
    transact,
    http,
    now,
    version: '1.2.3',
  });
  return {
    engine,
    receiver,
    emitted,
    deps,

    async add(fields = {}) {
      await sealAudit({ stores, transact, pause: async () => undefined });
      const wanted = { name: 'SIEM', url: receiver.url, kinds: [], ...fields };
      const added = await transact((tx) => addEndpoint(tx, wanted, { actor, isRevealed: true }));
      if (added.kind !== 'added') throw new Error(added.kind);
      await sealAudit({ stores, transact, pause: async () => undefined });
      // Its own entry.
      return transact(async (tx) =>
        tx.eventEndpoints.save({
          ...added.endpoint,
          readSeq: (await tx.auditChain.head())?.seq ?? 0,
        }),
      );
    },

    now: ({ id }) => stores.eventEndpoints.find(id),

    async work({ id }) {
      await sealAudit({ stores, transact, pause: async () => undefined });
      await wakeOverdue(newEvents, now(), { stores, transact });
      await sendEvents(id, deps());
    },

    deliveries: async ({ id }) =>
      (await stores.eventDeliveries.list(id, { offset: 0, limit: 100 })).items,

    close: () => receiver.close(),
  };
}
