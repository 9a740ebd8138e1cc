/** Whom a stage names: roles, people and groups as they are now. */
import { unreachable } from '../../../core/unreachable.ts';
import type { Integration, Person } from '../../people/directory.ts';
import type { Stores } from '../../ports/unit-of-work.ts';
import type { StageApprovers } from '../../settings/route.ts';
import { settingsOf } from '../../settings/settings.ts';
import type { AccessRequest } from '../access-request.ts';
import { groupMatch, MAX_MEMBERS, membersOf } from '../groups.ts';
import type { WhyAdmins } from '../why-admins.ts';

/** What a stage is about. */
export interface StageInput {
  readonly request: Pick<AccessRequest, 'personId' | 'requestedById' | 'escalatedAt'>;
  readonly integration: Integration;
  /** Of whom groups are looked for. Undefined: the whole directory. */
  readonly candidateIds: readonly string[] | undefined;
}

export interface Named {
  readonly people: readonly Person[];
  /** Why there is nobody, where there is a better word for it than that. */
  readonly whyNobody?: WhyAdmins;
}

export async function peopleOf(
  approvers: StageApprovers,
  { request, integration, candidateIds }: StageInput,
  stores: Stores,
): Promise<Named> {
  const managerOf = async (person: Person | undefined) =>
    person?.managerId === undefined ? undefined : stores.people.find(person.managerId);
  switch (approvers.kind) {
    case 'manager': {
      const manager = await managerOf(await stores.people.find(request.personId));
      return {
        people: manager ? [manager] : [],
        whyNobody: manager?.active ? 'manager-requested' : manager ? 'manager-left' : 'no-manager',
      };
    }
    case 'managers-manager': {
      const manager = await managerOf(await stores.people.find(request.personId));
      const next = await managerOf(manager);
      return {
        people: next ? [next] : [],
        whyNobody: !manager ? 'no-manager' : next ? 'none-can' : 'no-managers-manager',
      };
    }
    case 'people':
      return { people: await stores.people.findMany(approvers.personIds) };
    case 'owners':
      return { people: await stores.people.findMany(settingsOf(integration).ownerIds ?? []) };
    case 'group': {
      const { group } = approvers;
      if (candidateIds === undefined)
        return { people: (await membersOf(stores, group)).slice(0, MAX_MEMBERS) };
      const match = await groupMatch(stores, group);
      return { people: await match(await stores.people.findMany([...new Set(candidateIds)])) };
    }
    case 'admins':
      return { people: await stores.people.admins() };
    default:
      return unreachable(approvers);
  }
}
