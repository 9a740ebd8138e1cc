/** The event endpoint of an action, and the function that changes it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { EventEndpoint } from '../../../engine/event-endpoints/event-endpoint.ts';
import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Turn } from '../../live/context.ts';
import { type OrRefused, type Reply, sayHere } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { foundForAdmins, foundForReaders } from '../admins.ts';
import { change } from '../change.ts';

export const changing = () => t`change event endpoints`;
export const seeing = () => t`see event endpoints`;

export const endpointPayload = z.object({ endpointId: z.string() });

interface EndpointPayload {
  readonly endpointId: string;
}
type Targeted = OrRefused<{ readonly endpoint: EventEndpoint }>;

/** Checked at each click: the actor is an admin, and the endpoint is still there. */
export const endpointFor = foundForAdmins(changing, endpointNow);

/** The same for an endpoint that may be unreadable: only its name is read. */
export const endpointNamed = foundForAdmins(
  changing,
  async (
    { endpointId }: EndpointPayload,
    { stores }: Turn,
  ): Promise<OrRefused<{ readonly endpoint: Pick<EventEndpoint, 'name'> }>> => {
    const endpoint = await stores.eventEndpoints.nameOf(endpointId);
    return endpoint ? { endpoint } : { refused: endpointGone() };
  },
);

/** The same, for who reads it. */
export const endpointToRead = foundForReaders(seeing, endpointNow);

async function endpointNow({ endpointId }: EndpointPayload, { stores }: Turn): Promise<Targeted> {
  const endpoint = await stores.eventEndpoints.find(endpointId);
  return endpoint ? { endpoint } : { refused: endpointGone() };
}

export const endpointGone = () =>
  note(t`This event endpoint was deleted`, t`Nothing is sent there any more.`);

type Work = (tx: Transaction, endpoint: EventEndpoint, by: ChangedBy) => Promise<Reply | undefined>;

/**
 * Runs in one transaction, which is retried where the worker or another admin was faster. The endpoint's card shows the result.
 * @param turn as `endpointFor` admitted it
 */
export const changeThis = (
  { endpoint: { id }, ...turn }: Turn & { readonly endpoint: EventEndpoint },
  work: Work,
): Promise<Reply> =>
  change(turn, async (tx, by): Promise<Reply> => {
    const endpoint = await tx.eventEndpoints.find(id);
    if (!endpoint) return sayHere(endpointGone());
    return (await work(tx, endpoint, by)) ?? { kind: 'nothing' };
  });
