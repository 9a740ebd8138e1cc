/** Removals for tests of features: begun, brought into a state, and taken as far as they go without an app to ask. */
import { notifyOfRemoval } from '../../src/bots/features/access/removal-notice.ts';
import { advanceRemoval } from '../../src/engine/access/removals/advance-removal.ts';
import { beginRemoval } from '../../src/engine/access/removals/begin-removal.ts';
import { isOpenRemoval, type OpenRemoval } from '../../src/engine/access/removals/removal.ts';
import { afterRemoval } from '../../src/engine/access/removals/work-on-removals.ts';
import type { Actor, Person } from '../../src/engine/people/directory.ts';
import type { Jobs } from '../../src/engine/ports/jobs.ts';
import type { TestChat } from './chat.ts';
import { present } from './given/outcomes.ts';

/** `by` revokes the access of `person`. */
export async function begunRemoval(
  { services }: TestChat,
  person: Person,
  integrationId: string,
  by: Person | Actor,
): Promise<OpenRemoval> {
  const integration = present(await services.stores.integrations.find(integrationId));
  const actor: Actor = 'kind' in by ? by : { kind: 'person', personId: by.id, via: 'slack' };
  const removing = { person, integration, cause: { kind: 'revoked' }, actor } as const;
  const begun = await services.transact((tx) => beginRemoval(tx, removing));
  if (begun.kind === 'nothing') throw new Error('There was nothing to remove');
  return begun.removal;
}

/** As if the app had been asked and tried: how it stands is what the test says. */
export async function inState(
  { services }: TestChat,
  { id }: Pick<OpenRemoval, 'id'>,
  facts: Partial<Omit<OpenRemoval, 'id' | 'version'>>,
): Promise<OpenRemoval> {
  return services.transact(async (tx) => {
    const now = await tx.removals.find(id);
    if (!now || !isOpenRemoval(now)) throw new Error('There is no open removal');
    return (await tx.removals.save({ ...now, ...facts })) as OpenRemoval; // As it was just made.
  });
}

/** Does the jobs of removals that are due by now, until none is left. */
export async function workOnRemovals({ database, services }: TestChat): Promise<void> {
  const deps = { transact: services.transact };
  for (;;) {
    const jobs = await database
      .db<{ id: string; name: string; payload: string; due_at: number }>('jobs')
      .where('name', 'like', 'removal.%');
    const due = jobs.filter(({ due_at: at }) => new Date(at) <= services.now());
    if (due.length === 0) return;
    for (const { id, name, payload } of due) {
      await database.db('jobs').where({ id }).delete();
      const job: unknown = JSON.parse(payload);
      if (name === 'removal.advance')
        await advanceRemoval((job as Jobs['removal.advance']).removalId, deps);
      if (name === 'removal.ended') await afterRemoval(job as Jobs['removal.ended'], deps);
      if (name === 'removal.notify') await notifyOfRemoval(job as Jobs['removal.notify'], services);
    }
  }
}
