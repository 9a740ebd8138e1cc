/** What the worker's jobs for removals do. */
import { judgeAfterWithdrawal } from '../../findings/judge.ts';
import { finishDeletingOf } from '../../integrations/delete-integration.ts';
import { finishOffboardingOf } from '../../offboarding/offboard.ts';
import { SYSTEM } from '../../people/directory.ts';
import type { Jobs } from '../../ports/jobs.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { queueReevaluation } from '../../requests/queue-reevaluation.ts';
import { followPerson } from '../../transitions/follow.ts';
import type { RemovalDeps } from './advance-removal.ts';
import { beginRemoval, mayBeThere, type Removing } from './begin-removal.ts';
import { expediteRemovals } from './removals.ts';

/** After a removal has ended: its offboarding, their transition, its findings and the deletion of its integration go on. */
export const afterRemoval = (
  { removalId }: Jobs['removal.ended'],
  deps: RemovalDeps,
): Promise<void> =>
  deps.transact(async (tx) => {
    const removal = await tx.removals.find(removalId);
    if (!removal) return;
    if (removal.state === 'gone')
      await queueReevaluation(tx.queue, { personId: removal.personId, sameStanding: true });
    await finishOffboardingOf(tx, removal.personId);
    await followPerson(tx, removal.personId);
    await finishDeletingOf(tx, removal.integrationId, { actor: SYSTEM });
    // Last, since a decision locks a finding after its person and integration.
    if (removal.state === 'withdrawn') await judgeAfterWithdrawal(tx, removal);
  });

/** A grant granted nothing. Where its hold was the last one, access that was there before is removed, if there is a cause for that. */
export const reconsider = (
  { personId, integrationId }: Jobs['removal.reconsider'],
  deps: RemovalDeps,
): Promise<void> =>
  deps.transact(async (tx) => {
    const person = await tx.people.hold(personId);
    const integration = await tx.integrations.hold(integrationId, 'shared');
    if (!person || !integration || integration.deletedAt) return;
    const holds = await tx.holds.openAt(personId, integrationId);
    if (holds.length > 0 || (await tx.runs.unfinished(personId, integrationId))) return;
    if (!(await mayBeThere(tx, { personId, integrationId }))) return;
    const cause = await causeLeft(tx, { personId, integrationId });
    if (cause) await beginRemoval(tx, { person, integration, cause, actor: SYSTEM });
  });

/**
 * Its removal was withdrawn for that grant, or another hold expired beside the hold of that grant. Undefined: nobody granted here
 * what is there, or its removal goes on.
 */
async function causeLeft(
  tx: Transaction,
  { personId, integrationId }: Jobs['removal.reconsider'],
): Promise<Removing['cause'] | undefined> {
  const last = await tx.removals.latest(personId, integrationId);
  if (last?.state === 'withdrawn') return { kind: 'stopped-grant' };
  if (last && last.state !== 'gone') return undefined;
  const since = last?.endedAt ?? new Date(0);
  const expired = (await tx.holds.endedSince(personId, integrationId, since)).find(
    ({ ended }) => ended?.why === 'expired' && ended.at > since,
  );
  return expired && { kind: 'expired', id: expired.id };
}

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
