/** What the worker's jobs for removals do. */
import { finishDeletingOf } from '../../integrations/delete-integration.ts';
import { finishOffboardingOf } from '../../offboarding/offboard.ts';
import type { Actor } from '../../people/directory.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { queueReevaluation } from '../../requests/queue-reevaluation.ts';
import { followPerson } from '../../transitions/follow.ts';
import type { RemovalDeps } from './advance-removal.ts';
import { beginRemoval, expediteRemovals, mayBeThere } from './removals.ts';

const SYSTEM: Actor = { kind: 'system' };

/** After a removal has ended: its offboarding, their transition and the deletion of its integration go on. */
export const afterRemoval = (
  { removalId }: Jobs['removal.ended'],
  deps: RemovalDeps,
): Promise<void> =>
  deps.transact(async (tx) => {
    const removal = await tx.removals.find(removalId);
    if (!removal) return;
    if (removal.state === 'gone') await queueReevaluation(tx.queue, { personId: removal.personId });
    await finishOffboardingOf(tx, removal.personId);
    await followPerson(tx, removal.personId);
    await finishDeletingOf(tx, removal.integrationId, { actor: SYSTEM });
  });

/**
 * A removal was withdrawn for a grant that then granted nothing. The access has no hold, so a new removal begins. Where the
 * removal was withdrawn for another reason, the access has a hold.
 */
export const reconsider = (
  { personId, integrationId }: Jobs['removal.reconsider'],
  deps: RemovalDeps,
): Promise<void> =>
  deps.transact(async (tx) => {
    const person = await tx.people.hold(personId);
    const integration = await tx.integrations.hold(integrationId, 'shared');
    if (!person || !integration || integration.deletedAt) return;
    const last = await tx.removals.latest(personId, integrationId);
    const holds = await tx.holds.openAt(personId, integrationId);
    if (last?.state !== 'withdrawn' || holds.length > 0) return;
    if (await tx.runs.unfinished(personId, integrationId)) return;
    if (!(await mayBeThere(tx, { personId, integrationId }))) return;
    const cause = { kind: 'stopped-grant' } as const;
    await beginRemoval(tx, { person, integration, cause, actor: SYSTEM });
  });

/** Retries what is stuck at an integration at once, a page in each transaction. */
export const expedite = (
  { integrationId, afterId }: Jobs['removals.expedite'],
  deps: RemovalDeps,
): Promise<void> =>
  deps.transact(async (tx) => {
    const next = await expediteRemovals(tx, integrationId, afterId);
    if (next !== undefined)
      await tx.queue.push(
        'removals.expedite',
        { integrationId, afterId: next },
        { lane: 'background', key: `expedite:${integrationId}:${next}` },
      );
  });
