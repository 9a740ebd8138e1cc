/** Wake-ups of endpoints. */
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Kind, Woken } from '../work/leased.ts';
import type { EventEndpoint } from './event-endpoint.ts';

/** At most one waits for each endpoint: the earliest. */
export const wakeEndpoint = (
  tx: Transaction,
  { id }: Pick<EventEndpoint, 'id'>,
  dueAt: Date,
): Promise<void> =>
  tx.queue.push(
    'events.send',
    { endpointId: id },
    { lane: 'events', dueAt, key: `event-endpoint:${id}` },
  );

export const endpointWork: Kind<EventEndpoint> = {
  store: ({ eventEndpoints }: Stores) => eventEndpoints,
  wake: wakeEndpoint,
};

/** Endpoints for which the audit log has something new. */
export const newEvents: Woken<EventEndpoint> = {
  store: ({ eventEndpoints }) => ({ overdue: () => eventEndpoints.behind() }),
  wake: wakeEndpoint,
};
