/** Who gets which messages by now, read from the queue as a worker does. */
import { claimJobs, finishJobs } from '../../src/store/queue/queue.ts';
import type { TestChat } from './chat.ts';

/** The first names of those to whom messages are due by now, each time it is asked; they count as sent then. */
export async function messaged({ services, database }: TestChat): Promise<readonly string[]> {
  const now = services.now();
  const claim = { lane: 'chat', leaseMs: 60_000, workerId: 'w', now, limit: 100 } as const;
  const jobs = await claimJobs(database.db, claim);
  await finishJobs(database.db, jobs);
  const people = jobs.flatMap(({ name, payload }) =>
    name === 'message.post' ? [services.stores.people.find(payload.personId)] : [],
  );
  return (await Promise.all(people)).map((person) => person?.firstName ?? '').toSorted();
}
