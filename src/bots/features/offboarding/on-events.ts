/** Who is notified of an offboarding: the manager, and the person who planned it or else every admin. */
import { compact } from '../../../core/compact.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { offboardingRef } from './offboarding-ref.ts';

export const offboardingEvents = {
  'offboarding-started': (tx, { offboarding }) => notify(tx, offboarding),
  'offboarding-ended': (tx, { offboarding }) => notify(tx, offboarding),
} satisfies EventHandlers;

async function notify(tx: Transaction, offboarding: Offboarding): Promise<void> {
  for (const personId of await readersOf(tx, offboarding))
    await notifyAtOnce(tx, personId, { card: offboardingRef(offboarding.id) });
}

async function readersOf(
  { people }: Transaction,
  { personId, startedById }: Offboarding,
): Promise<ReadonlySet<string>> {
  const starter = startedById === undefined ? undefined : await people.find(startedById);
  const readers = starter?.active ? [starter] : await people.admins();
  const managerId = (await people.find(personId))?.managerId;
  const manager = managerId === undefined ? undefined : await people.find(managerId);
  return new Set(compact([...readers, manager?.active && manager]).map(({ id }) => id));
}
