import type { Transaction } from '../ports/unit-of-work.ts';
import type { Event, EventOf } from './events.ts';

/** The event handlers of a domain: at most one function per kind. */
export type EventHandlers = {
  readonly [K in Event['kind']]?: (tx: Transaction, event: EventOf<K>) => Promise<void>;
};

export type OnEvent = (tx: Transaction, event: Event) => Promise<void>;

/** Handlers of the same kind run in this order. */
export const dispatch =
  (...domains: readonly EventHandlers[]): OnEvent =>
  async (tx, event) => {
    for (const handlers of domains) await handle(handlers, tx, event);
  };

async function handle<K extends Event['kind']>(
  handlers: EventHandlers,
  tx: Transaction,
  event: EventOf<K>,
): Promise<void> {
  const kind: K = event.kind;
  await handlers[kind]?.(tx, event);
}
