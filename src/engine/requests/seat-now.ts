/** The seat that someone may fill at this moment: for what an approver does beside approving and denying. */
import type { Integration, Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { AccessRequest, AccessRequestIn, Verdict } from './access-request.ts';
import { type Approvers, approversOf } from './approvers.ts';
import { type PressNow, pressNow } from './press-now.ts';
import type { At, Seat } from './seats/seat.ts';

export interface FoundSeat {
  readonly kind: 'seat';
  readonly request: AccessRequestIn<'open'>;
  readonly integration: Integration;
  readonly seat: Seat;
  readonly approvers: Approvers;
  readonly verdicts: readonly Verdict[];
}

export type SeatNow =
  | FoundSeat
  | { readonly kind: 'gone' }
  | { readonly kind: 'over'; readonly request: AccessRequest }
  /** The requester and the person whom it is for may not approve it. */
  | { readonly kind: 'own' }
  | Exclude<PressNow, { readonly kind: 'seat' }>;

export async function seatNow(
  stores: Stores & At,
  requestId: string,
  { id }: Pick<Person, 'id'>,
): Promise<SeatNow> {
  const request = await stores.requests.find(requestId);
  const integration = request && (await stores.integrations.find(request.integrationId));
  if (!request || !integration) return { kind: 'gone' };
  if (request.state !== 'open') return { kind: 'over', request };
  if (id === request.requestedById || id === request.personId) return { kind: 'own' };
  const approvers = await approversOf({ request, integration }, stores, stores);
  const verdicts = await stores.requests.verdicts(request.id);
  const press = pressNow(approvers, verdicts, id);
  return press.kind === 'seat' ? { ...press, request, integration, approvers, verdicts } : press;
}

/** To whom the seat may be handed on: whom its stage admits, and admins, who haven't responded. Each once, by name. */
export async function admittedTo(
  { request, integration, seat, verdicts }: FoundSeat,
  stores: Stores & At,
): Promise<readonly Person[]> {
  const { named } = await approversOf({ request, integration, isThorough: true }, stores, stores);
  const all = [...named, ...(await stores.people.admins()).filter(isAdmin)];
  const isFree = ({ id, active }: Person): boolean =>
    active &&
    id !== request.requestedById &&
    id !== request.personId &&
    id !== seat.approver.id &&
    !verdicts.some(
      ({ personId, forPersonId }) => (forPersonId ?? personId) === id || personId === id,
    );
  const each = new Map(all.filter(isFree).map((person) => [person.id, person]));
  return [...each.values()].toSorted((a, b) => a.firstName.localeCompare(b.firstName));
}
