/** Who reviews an access, and who may decide it. */
import { createHash } from 'node:crypto';
import { dayIn } from '../../core/days.ts';
import type { Integration, Person } from '../people/directory.ts';
import { isAdmin, mayAt, mayManage } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import type { Review } from './review.ts';

type Reading = Pick<Stores, 'people' | 'delegations'>;

/** Who may come into question at an app, beside managers. */
export interface Choice {
  readonly review: Review;
  /** Who is here first, and of those the person who runs it. */
  readonly admins: readonly Person[];
  readonly owners: readonly Person[];
  readonly named: readonly Person[];
}

/** A person whose access is reviewed, with those above them: their manager, and that one's manager. */
export interface Reviewed {
  readonly person: Person;
  readonly manager?: Person | undefined;
  readonly above?: Person | undefined;
}

export async function choiceAt(
  { people, delegations }: Reading,
  { review, integration, ...at }: At,
): Promise<Choice> {
  const first = (all: readonly Person[]) =>
    all.toSorted(
      (a, b) => Number(b.id === review.startedById) - Number(a.id === review.startedById),
    );
  const admins = first(await people.admins());
  const away = new Set<Person>();
  for (const admin of admins) if (await isAway(admin, { delegations, ...at })) away.add(admin);
  const active = async (ids: readonly string[]) =>
    ids.length === 0 ? [] : (await people.findMany(ids)).filter((each) => each.active);
  return {
    review,
    admins: admins.toSorted((a, b) => Number(away.has(a)) - Number(away.has(b))),
    owners: first(await active(settingsOf(integration).ownerIds ?? [])),
    named: await active(review.reviewerIds),
  };
}

export interface At extends Moment {
  readonly review: Review;
  readonly integration: Pick<Integration, 'settings'>;
}

interface Moment {
  readonly now: Date;
  /** The installation's. */
  readonly timeZone: string;
}

/** Whether they are away today, in their own time zone. */
export async function isAway(
  { id, timeZone: own }: Pick<Person, 'id' | 'timeZone'>,
  { delegations, now, timeZone }: Moment & Pick<Stores, 'delegations'>,
): Promise<boolean> {
  const absence = await delegations.of(id);
  const today = dayIn(own ?? timeZone, now);
  return absence !== undefined && absence.from <= today && today <= absence.until;
}

/** People with their managers, in two queries. */
export async function withManagers(
  { people }: Pick<Stores, 'people'>,
  persons: readonly Person[],
): Promise<readonly Reviewed[]> {
  const idsOf = (of: readonly Person[]) => [
    ...new Set(of.flatMap(({ managerId }) => managerId ?? [])),
  ];
  const byId = async (ids: readonly string[]) =>
    new Map((ids.length === 0 ? [] : await people.findMany(ids)).map((each) => [each.id, each]));
  const managers = await byId(idsOf(persons));
  const above = await byId(idsOf([...managers.values()]));
  return persons.map((person) => {
    const manager = managers.get(person.managerId ?? '');
    return { person, manager, above: above.get(manager?.managerId ?? '') };
  });
}

/**
 * The reviewer of a person's access: whom the review asks first, and then the next one, since nobody reviews their own access. After
 * its end, an admin. The only admin gets their own where there is nobody else: they see why it can't be decided.
 */
export function reviewerOf(reviewed: Reviewed, { review, admins, owners, named }: Choice): string {
  const { person, manager, above } = reviewed;
  const managers = [manager, above].filter((each) => each !== undefined);
  const mates = shared(named, person);
  const order = {
    managers: [...managers, ...owners],
    owners: [...owners, ...managers],
    named: [...mates, ...managers, ...owners],
  }[review.reviewers];
  const all = review.escalatedAt ? admins : [...order, ...admins];
  return all.find(({ id, active }) => active && id !== person.id)?.id ?? person.id;
}

/**
 * Several named people share what there is, person by person. Each person keeps their reviewer when another one leaves.
 */
function shared(named: readonly Person[], { id }: Person): readonly Person[] {
  if (named.length < 2) return named;
  const lot = (each: Person) => createHash('sha256').update(`${id} ${each.id}`).digest('hex');
  const lots = new Map(named.map((each) => [each.id, lot(each)]));
  return named.toSorted((a, b) => (lots.get(a.id) ?? '').localeCompare(lots.get(b.id) ?? ''));
}

/**
 * Their manager, the app's owners, admins, the people that the review names, and whose turn it is now. Nobody decides their own access,
 * not even an admin.
 */
export async function mayDecideItem(
  by: Person,
  person: Person,
  { stores, ...at }: At & { readonly integration: Integration; readonly stores: Reading },
): Promise<boolean> {
  if (!by.active || by.id === person.id) return false;
  if (mayManage(by, person) || mayAt(by, 'run reviews', at.integration)) return true;
  if (at.review.reviewerIds.includes(by.id)) return true;
  const [reviewed] = await withManagers(stores, [person]);
  return reviewed !== undefined && reviewerOf(reviewed, await choiceAt(stores, at)) === by.id;
}

/** Whether an admin runs it, or an owner of all its apps. */
export const mayRun = (actor: Person, apps: readonly Integration[]): boolean =>
  isAdmin(actor) || (apps.length > 0 && apps.every((app) => mayAt(actor, 'run reviews', app)));
