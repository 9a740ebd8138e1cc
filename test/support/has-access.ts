/** Access as it stands after a grant by hand. */
import type { Access, Person } from '../../src/engine/people/directory.ts';
import type { TestChat } from './chat.ts';

/** As a check found it at that time, and has since. */
export const accessSince = <T extends Partial<Access>>(at: Date, about: T) => ({
  state: 'has' as Access['state'],
  reason: '',
  since: at,
  checkedAt: at,
  ...about,
});

export async function hasAccess(
  { services: { stores, now, newId } }: Pick<TestChat, 'services'>,
  { id: personId }: Pick<Person, 'id'>,
  access: { readonly integrationId: string; readonly state?: 'has' | 'unknown' },
): Promise<void> {
  const { integrationId, state = 'has' } = access;
  const [about, at] = [{ personId, integrationId }, now()];
  await stores.access.put({ ...about, state, reason: 'They said so.', since: at, checkedAt: at });
  const hold = { ...about, id: newId(), version: 1, source: 'by-hand', startedAt: at } as const;
  await stores.holds.insert({ ...hold, givenBy: { kind: 'system' } });
}
