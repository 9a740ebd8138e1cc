/** Who is notified of an offboarding: the manager, and the person who planned it or else every admin. */
import { compact } from '../../../core/compact.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { offboardingRef } from './offboarding-ref.ts';

export const offboardingEvents = {
  'offboarding-started': (tx, { offboarding }) => notify(tx, offboarding),
  'offboarding-ended': (tx, { offboarding }) => notify(tx, offboarding),
  /** Also the only admin: no one else can make someone else an admin. */
  'offboarding-kept': async (tx, { offboarding }) =>
    notify(tx, offboarding, await tx.people.admins()),
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
