/** Addresses that receive events, and what is sent to them. */
import type { EventDelivery, EventEndpoint } from '../event-endpoints/event-endpoint.ts';
import type { LeasedStore, Page, VersionedStore } from './store.ts';

type Named = Pick<EventEndpoint, 'id' | 'name'>;

/** Address and secrets are encrypted at rest. */
export interface EventEndpointStore extends LeasedStore<EventEndpoint> {
  /** @returns 'taken' when another one has that name */
  insert(endpoint: EventEndpoint): Promise<'inserted' | 'taken'>;
  /** Also one that can't be read, so that it can be deleted. */
  named(name: string): Promise<Named | undefined>;
  nameOf(id: string): Promise<Named | undefined>;
  /** All that can be read, by name: there are few. */
  list(): Promise<readonly EventEndpoint[]>;
  /** The others: damaged, or sealed by a lost key. */
  unreadable(): Promise<readonly Named[]>;
  /** Those that are on, that nobody works on, and that have not read the whole sealed audit log. */
  behind(): Promise<readonly EventEndpoint[]>;
  /** With its deliveries. */
  delete(id: string): Promise<void>;
}

export interface EventDeliveryStore extends VersionedStore<EventDelivery> {
  insertMany(deliveries: readonly EventDelivery[]): Promise<void>;
  /** Those of the endpoint that wait, the longest due first. */
  waiting(endpointId: string, limit: number): Promise<readonly EventDelivery[]>;
  /**
   * All of the endpoint that wait are due at once, the oldest first and with all tries. A try that is under way stores what came of
   * it all the same.
   */
  expedite(endpointId: string): Promise<void>;
  /** Counts no more than that many of those that wait. */
  countWaiting(endpointId: string, most: number): Promise<number>;
  /** The newest first. */
  list(
    endpointId: string,
    page: Page,
  ): Promise<{ readonly items: readonly EventDelivery[]; readonly total: number }>;
}
