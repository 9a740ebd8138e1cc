/** Who is notified of an offboarding: who planned it, or every admin, and the manager. Queued with the change itself. */
import type { OffboardingNews } from '../../../engine/offboarding/offboard.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { offboardingRef } from './offboarding-ref.ts';

async function notify(tx: Transaction, offboarding: Offboarding): Promise<void> {
  for (const personId of await readersOf(tx, offboarding))
    await tx.queue.push(
      'message.post',
      { personId, card: offboardingRef(offboarding.id) },
      { lane: 'chat' },
    );
}

async function readersOf(
  { people }: Transaction,
  { personId, startedById }: Offboarding,
): Promise<ReadonlySet<string>> {
  const starter = startedById === undefined ? undefined : await people.find(startedById);
  const readers = starter?.active ? [starter] : await people.admins();
  const managerId = (await people.find(personId))?.managerId;
  const manager = managerId === undefined ? undefined : await people.find(managerId);
  return new Set([...readers, ...(manager?.active ? [manager] : [])].map(({ id }) => id));
}

export const offboardingNews: OffboardingNews = { started: notify, done: notify };
