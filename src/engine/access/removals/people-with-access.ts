/** The people who have, or may have, access to an integration that is being deleted. */
import { plural, t } from '../../../core/translate.ts';
import { type Actor, fullName, type Integration, type Person } from '../../people/directory.ts';
import { inWorkspaceLocale } from '../../people/locales.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { insertTask } from '../../tasks/new-task.ts';
import { mayBeThere } from './begin-removal.ts';

type Reading = Pick<Stores, 'holds' | 'accounts' | 'access' | 'removals'>;

/** People that are returned at once; no transaction changes more. */
export const PEOPLE_AT_ONCE = 250;

/** @param after a person's id: only later ids @returns sorted ids, at most 250 */
export async function somePeopleWithAccess(
  stores: Reading,
  integrationId: string,
  after?: string,
): Promise<readonly string[]> {
  const found = [
    ...(await stores.holds.peopleAt(integrationId, after)),
    ...(await stores.accounts.peopleAt(integrationId, after)),
    ...(await stores.access.holdersAt(integrationId, after)).map(({ personId }) => personId),
  ];
  return [...new Set(found)].toSorted().slice(0, PEOPLE_AT_ONCE);
}

/** All of them: thousands of ids fit into memory. */
export async function peopleWithAccess(
  stores: Reading,
  integrationId: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const some = await somePeopleWithAccess(stores, integrationId, ids.at(-1));
    if (some.length === 0) return ids;
    ids.push(...some);
  }
}

/** Above this, the rest is a count; the audit log has all names. */
const MAX_NAMES = 200;

interface NamingDeps {
  readonly actor: Actor;
}

/**
 * An integration is deleted and people keep their access: opens a task that names them, for the admin who deletes it. People
 * with an open removal there aren't named.
 */
export async function nameWhatStays(
  tx: Transaction,
  integration: Integration,
  { actor }: NamingDeps,
): Promise<void> {
  const kept: string[] = [];
  for (const personId of await peopleWithAccess(tx, integration.id)) {
    const whose = { personId, integrationId: integration.id };
    const isRemoved = (await tx.removals.open(personId, integration.id)) !== undefined;
    // A grant that hasn't begun is stopped soon, and granted nothing.
    if (!isRemoved && (await mayBeThere(tx, whose))) kept.push(personId);
  }
  const doer = await whoDeletes(tx, actor);
  if (kept.length === 0 || !doer) return;
  const people = await tx.people.findMany(kept.slice(0, MAX_NAMES));
  const words = await inWorkspaceLocale(tx, async () => ({
    title: t`${integration.name} was deleted: remaining access`,
    note: namesOf(people, kept.length, integration),
  }));
  const assigneeId = actor.kind === 'person' ? doer.id : undefined;
  const about = { personId: doer.id };
  // Without the integration: with it, it would be the task about accounts of nobody there, which has no Done.
  const wanted = { ...about, ...words, kind: 'other', assigneeId } as const;
  await insertTask(tx, wanted, { ...about, integrationId: integration.id, actor });
}

/** Where the command line deletes it, the task is about the first admin. */
const whoDeletes = async (tx: Transaction, actor: Actor): Promise<Person | undefined> =>
  (actor.kind === 'person' ? await tx.people.find(actor.personId) : undefined) ??
  (await tx.people.admins())[0];

function namesOf(people: readonly Person[], count: number, { name }: Integration): string {
  const names = people.map(fullName).join(', ');
  const rest = count - people.length;
  const list = rest > 0 ? t`${names}, and ${rest} more` : names;
  return plural(count, {
    one: t`1 person keeps access to ${name}, and Latchkey can't remove it any more: ${list}. Remove it in ${name} itself if they shouldn't keep it.`,
    other: t`${count} people keep access to ${name}, and Latchkey can't remove it any more: ${list}. Remove it in ${name} itself if they shouldn't keep it.`,
  });
}
