import { together } from '../../core/together.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Event, EventOf } from './events.ts';

/** The event handlers of a domain: at most one function per kind. */
export type EventHandlers = {
  readonly [K in Event['kind']]?: (tx: Transaction, event: EventOf<K>) => Promise<void>;
};

export type OnEvent = (tx: Transaction, event: Event) => Promise<void>;

/** Handlers of the same kind begin in this order, and none waits for another: what they read is asked together. */
export const dispatch =
  (...domains: readonly EventHandlers[]): OnEvent =>
  async (tx, event) => {
    const concerned = domains.filter(({ [event.kind]: handler }) => handler !== undefined);
    await together(concerned.map((handlers) => handle(handlers, tx, event)));
  };

/**
 * All domains together. The compiler names each kind of event that none of them handles.
 * @param nothingFollows handlers that do nothing, for events from which nothing follows
 */
export const dispatchEvery = <const Domains extends readonly EventHandlers[]>(
  domains: Domains,
  nothingFollows: Pick<Required<EventHandlers>, Exclude<Event['kind'], Handled<Domains[number]>>>,
): OnEvent => dispatch(...domains, nothingFollows);

/** The kinds of event that one of these has a handler of. `EventHandlers` itself has none, since all of its keys may be absent. */
type Handled<T> = {
  [K in Event['kind']]: T extends Readonly<Record<K, NonNullable<EventHandlers[K]>>> ? K : never;
}[Event['kind']];

async function handle<K extends Event['kind']>(
  handlers: EventHandlers,
  tx: Transaction,
  event: EventOf<K>,
): Promise<void> {
  const kind: K = event.kind;
  await handlers[kind]?.(tx, event);
}
