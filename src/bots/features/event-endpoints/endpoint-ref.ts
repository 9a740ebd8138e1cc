/** The event endpoint of an action, and the function that changes it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { EventEndpoint } from '../../../engine/event-endpoints/event-endpoint.ts';
import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { asAdmin, refuse, refuseUnseeing } from '../admins.ts';

export const changing = () => t`change event endpoints`;
export const seeing = () => t`see event endpoints`;

export const endpointPayload = z.object({ endpointId: z.string() });

type Targeted =
  | { readonly endpoint: EventEndpoint; readonly refused?: undefined }
  | { readonly endpoint?: undefined; readonly refused: Card };

/** Checked at each click: the actor is an admin, and the endpoint is still there. */
export async function endpointFor(endpointId: string, turn: Turn): Promise<Targeted> {
  const { refused } = await asAdmin(changing, turn);
  return refused ? { refused } : endpointNow(endpointId, turn);
}

/** The same, for who reads it. */
export async function endpointToRead(endpointId: string, turn: Turn): Promise<Targeted> {
  const refused = await refuseUnseeing(seeing, turn);
  return refused ? { refused } : endpointNow(endpointId, turn);
}

async function endpointNow(endpointId: string, { stores }: Turn): Promise<Targeted> {
  const endpoint = await stores.eventEndpoints.find(endpointId);
  return endpoint ? { endpoint } : { refused: endpointGone() };
}

export const endpointGone = () =>
  note(t`This event endpoint was deleted`, t`Nothing is sent there any more.`);

type Work = (
  tx: Transaction,
  endpoint: EventEndpoint,
  by: ChangedBy,
) => Promise<EventEndpoint | Reply | undefined>;

/** Runs in one transaction, which is retried where the worker or another admin was faster. Its card shows the result. */
export async function changeThis(endpointId: string, turn: Turn, work: Work): Promise<Reply> {
  const { refused } = await endpointFor(endpointId, turn);
  if (refused) return refuse(refused);
  return turn.transact(async (tx): Promise<Reply> => {
    const endpoint = await tx.eventEndpoints.find(endpointId);
    if (!endpoint) return refuse(endpointGone());
    const done = await work(tx, endpoint, changingBy(turn));
    return done && 'kind' in done ? done : { kind: 'nothing' };
  });
}

export const changingBy = (turn: Turn): ChangedBy => ({ actor: actorOf(turn) });
