/**
 * The policies of a simulated year, and what they must never break, said without the engine: nobody decides their own, nobody
 * decides who lost the right, every request ends, and what was given for hours ends at its minute.
 */
import type { Knex } from 'knex';
import { unreachable } from '../../../src/core/unreachable.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../src/engine/requests/access-request.ts';
import {
  type CaseCondition,
  type Route,
  routeFor,
  type StageApprovers,
} from '../../../src/engine/settings/route.ts';
import { defaultPolicy, FOR_ROUTE, settingsOf } from '../../../src/engine/settings/settings.ts';
import type { YearEngine } from './engine.ts';
import type { Furnished } from './furnish.ts';
import type { Judge } from './judge.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Longer than any of their policies waits, and the day that a request stays which nobody can approve. */
const LONGEST_OPEN_MS = 16 * DAY;

export const BREAK_GLASS = { app: 'Vpn', hours: 4 };

const stage = (kind: 'manager' | 'managers-manager' | 'owners', differentPerson = false) => ({
  approvers: [{ kind }],
  approvals: 1,
  differentPerson,
});
const inProduct: CaseCondition = {
  kind: 'person',
  whose: 'person',
  group: {
    matching: 'all',
    conditions: [{ field: 'department', comparison: 'is', not: false, values: ['Product'] }],
  },
};
const routes: Readonly<Record<string, Route>> = {
  // First the manager, then an owner.
  Analytics: { stages: [stage('manager'), stage('owners', true)], cases: [] },
  // Approved automatically for one department.
  Figma: { stages: [stage('managers-manager')], cases: [{ when: [inProduct], stages: [] }] },
};

/** Two people who are no admins own apps. Call it when the first import has brought them. */
export async function setPolicies(
  { apps, admins: [ada] }: Furnished,
  { transact, stores }: { readonly transact: YearEngine['transact']; readonly stores: Stores },
): Promise<void> {
  const { people } = await stores.people.search('', { offset: 0, limit: 20 });
  const ownerIds = people
    .filter(({ role, position }) => role !== 'admin' && position !== 'Chief')
    .slice(0, 2)
    .map(({ id }) => id);
  const actor = { kind: 'person', personId: ada.id, via: 'slack' } as const;
  const change = (name: string, settings: Parameters<typeof changeSettings>[2]['change']) =>
    transact(async (tx) => {
      const app = await tx.integrations.find(apps.get(name)?.id ?? '');
      if (app) await changeSettings(tx, app, { actor, change: settings });
    });
  for (const [name, route] of Object.entries(routes))
    await change(name, { policy: { ...defaultPolicy, ...FOR_ROUTE, route }, ownerIds });
  const { hours: longestHours } = BREAK_GLASS;
  await change(BREAK_GLASS.app, {
    ownerIds,
    breakGlass: { longestHours, withApprovalOptions: false },
  });
}

/** Whether this person may decide it now: in one of its stages, in the place of someone who is away, or as an admin. */
export async function mayDecideNow(
  request: AccessRequest,
  who: Person,
  { stores, day }: { readonly stores: Stores; readonly day: string },
): Promise<boolean> {
  if (!who.active || who.id === request.personId || who.id === request.requestedById) return false;
  if (who.role === 'admin') return true;
  const integration = await stores.integrations.find(request.integrationId);
  const person = await stores.people.find(request.personId);
  if (!integration || !person) return false;
  const route = routeFor(request);
  const kinds =
    route?.kind === 'stages'
      ? route.stages.flatMap(({ approvers }) => approvers)
      : [{ kind: 'manager' } as const];
  const admitted = await Promise.all(
    kinds.map((each) => idsOf(each, { integration, person, stores })),
  );
  for (const id of admitted.flat()) {
    if (id === who.id) return true;
    const away = await stores.delegations.of(id);
    if (away?.delegateId === who.id && away.from <= day && day <= away.until) return true;
  }
  return false;
}

async function idsOf(
  approvers: StageApprovers,
  of: { readonly integration: Integration; readonly person: Person; readonly stores: Stores },
): Promise<readonly string[]> {
  const { managerId = '' } = of.person;
  switch (approvers.kind) {
    case 'manager':
      return [managerId];
    case 'managers-manager':
      return [(await of.stores.people.find(managerId))?.managerId ?? ''];
    case 'owners':
      return settingsOf(of.integration).ownerIds ?? [];
    case 'admins':
    case 'group':
    case 'people':
      throw new Error(`The year has no stage of ${approvers.kind}`);
    default:
      return unreachable(approvers);
  }
}

/** When the next access for less than a day ends, until then; undefined: none does. */
export async function nextShortEnd(db: Knex, from: Date, until: Date): Promise<Date | undefined> {
  const [row]: readonly { readonly at: number | string | null }[] = await ofShortRequests(db)
    .where('holds.ends_at', '>', from.getTime())
    .where('holds.ends_at', '<=', until.getTime())
    .min({ at: 'holds.ends_at' });
  return row?.at == null ? undefined : new Date(Number(row.at));
}

const ofShortRequests = (db: Knex) =>
  db('holds')
    .join('access_requests', 'access_requests.id', 'holds.request_id')
    .whereNull('holds.ended_at')
    .where('access_requests.hours', '<', 24);

/** At each tick: what should have ended by now. */
export async function judgeEnds(db: Knex, now: Date, judge: Judge): Promise<void> {
  const late: readonly { readonly person_id: string }[] = await ofShortRequests(db)
    .where('holds.ends_at', '<=', now.getTime())
    .select('holds.person_id');
  for (const { person_id: id } of late) await judge.tell('access for hours is past its end', id);
}

/** At the end of the year, and each night. */
export async function judgeRequests(db: Knex, now: Date, judge: Judge): Promise<void> {
  const open: readonly { readonly person_id: string }[] = await db('access_requests')
    .where({ state: 'open' })
    .where('created_at', '<', now.getTime() - LONGEST_OPEN_MS)
    .select('person_id');
  for (const { person_id: id } of open)
    await judge.tell('a request is open longer than any policy waits', id);
  const own: readonly { readonly person_id: string }[] = await db('verdicts')
    .join('access_requests', 'access_requests.id', 'verdicts.request_id')
    .where((either) =>
      either
        .whereRaw('verdicts.person_id = access_requests.person_id')
        .orWhereRaw('verdicts.person_id = access_requests.requested_by_id'),
    )
    .select('verdicts.person_id');
  for (const { person_id: id } of own) await judge.tell('someone decided their own request', id);
}

/** What became of the requests of the year. */
export interface RequestCounts {
  readonly byState: Readonly<Record<string, number>>;
  /** Approvals and denials of someone who is neither manager nor admin: owners, managers' managers, delegates. */
  readonly byOthers: number;
  /** Approved by nobody: by their case, or by break-glass. */
  readonly unapproved: number;
  readonly breakGlasses: number;
  /** Access for less than a day that has ended. */
  readonly shortEnds: number;
}

export async function countRequests(db: Knex): Promise<RequestCounts> {
  const count = async (query: Knex.QueryBuilder): Promise<number> =>
    Number((await query.count({ count: '*' }))[0]?.count ?? 0);
  const states: readonly { readonly state: string; readonly count: number | string }[] = await db(
    'access_requests',
  )
    .groupBy('state')
    .select('state')
    .count({ count: '*' });
  const verdicts = db('verdicts')
    .join('access_requests', 'access_requests.id', 'verdicts.request_id')
    .join('people', 'people.id', 'access_requests.person_id')
    .join('people as approvers', 'approvers.id', 'verdicts.person_id');
  return {
    byState: Object.fromEntries(states.map((each) => [each.state, Number(each.count)])),
    byOthers: await count(
      verdicts
        .whereNot('approvers.role', 'admin')
        .whereRaw('(people.manager_id is null or people.manager_id <> verdicts.person_id)'),
    ),
    unapproved: await count(
      db('access_requests')
        .where({ state: 'approved' })
        .whereNotIn('id', db('verdicts').select('request_id')),
    ),
    breakGlasses: await count(db('break_glasses')),
    shortEnds: await count(
      db('holds')
        .join('access_requests', 'access_requests.id', 'holds.request_id')
        .whereNotNull('holds.ended_at')
        .where('access_requests.hours', '<', 24),
    ),
  };
}
