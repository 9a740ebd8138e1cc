/** Who is notified of an offboarding: the manager, and the person who planned it or else every admin. Who is back, of that. */
import { compact } from '../../../core/compact.ts';
import { notifyAtOnce, notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { backNotice } from './back-notice.ts';
import { offboardingRef } from './offboarding-ref.ts';

export const offboardingEvents = {
  'offboarding-started': (tx, { offboarding }) => notify(tx, offboarding),
  'offboarding-ended': (tx, { offboarding }) => notify(tx, offboarding),
  /** Also the only admin: no one else can make someone else an admin. */
  'offboarding-kept': async (tx, { offboarding }) =>
    notify(tx, offboarding, await tx.people.admins()),
  /** Who gets the address of someone who had left may be another person: like a new hire, they are greeted when they write. */
  async 'person-changed'(tx, { before, person, fields }) {
    const isSame = before.addressSince?.getTime() === person.addressSince?.getTime();
    if (!fields.includes('active') || !person.active || !isSame) return;
    const { id: personId } = person;
    await notifyPerson(tx, personId, {
      card: backNotice.with({ personId }),
      key: `back:${personId}`,
    });
  },
} satisfies EventHandlers;

async function notify(
  tx: Transaction,
  offboarding: Offboarding,
  others: readonly Person[] = [],
): Promise<void> {
  const readers = [...(await readersOf(tx, offboarding)), ...others];
  for (const personId of new Set(readers.map(({ id }) => id)))
    await notifyAtOnce(tx, personId, { card: offboardingRef(offboarding.id) });
}

async function readersOf(
  { people }: Transaction,
  { personId, startedById }: Offboarding,
): Promise<readonly Person[]> {
  const starter = startedById === undefined ? undefined : await people.find(startedById);
  const readers = starter?.active ? [starter] : await people.admins();
  const managerId = (await people.find(personId))?.managerId;
  const manager = managerId === undefined ? undefined : await people.find(managerId);
  return compact([...readers, manager?.active && manager]);
}
