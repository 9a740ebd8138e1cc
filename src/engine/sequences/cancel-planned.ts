/** What sequences have planned and can't happen any more: it is kept, with the reason. */
import { say } from '../../core/say.ts';
import type { Actor } from '../directory.ts';
import { fullName } from '../directory.ts';
import { inWorkspaceLocale } from '../locales.ts';
import type { OpenItemFilter } from '../ports/sequence-stores.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { retryStale } from '../retry-stale.ts';
import { personSubject, touch } from '../subjects.ts';
import { cancelItem, isOpen, type PlannedItem } from './planned-item.ts';
import { releaseAfter } from './waiting.ts';

interface Cancelling {
  readonly now: Clock;
  readonly newId: NewId;
}

/**
 * Cancels what has not happened yet.
 * @param why a sentence for people, which is kept
 * @param but items that happen all the same
 * @returns how many
 */
export async function cancelPlanned(
  tx: Transaction,
  filter: OpenItemFilter,
  why: () => string,
  actor: Actor,
  parts: Cancelling,
  but: (planned: PlannedItem) => Promise<boolean> = async () => false,
): Promise<number> {
  const reason = await inWorkspaceLocale(tx, async () => why());
  const cancelled: PlannedItem[] = [];
  for (const { id } of await tx.plannedItems.openOf(filter)) {
    const saved = await retryStale(async () => {
      const planned = await tx.plannedItems.find(id);
      if (!planned || !isOpen(planned) || (await but(planned))) return undefined;
      return tx.plannedItems.save(cancelItem(planned, reason, parts.now()));
    });
    if (!saved) continue;
    cancelled.push(saved);
    await releaseAfter(tx, saved);
    await tx.audit.add({
      id: parts.newId(),
      at: parts.now(),
      actor,
      what: 'sequence.cancelled',
      personId: saved.personId,
      detail: { plannedItemId: saved.id, why: reason },
    });
  }
  for (const id of new Set(cancelled.map(({ assignmentId }) => assignmentId)))
    await endWhenOver(tx, id, parts);
  await touch(tx, ...new Set(cancelled.map(({ personId }) => personSubject(personId))));
  return cancelled.length;
}

/** An assignment has ended when nothing of it has yet to happen. */
export async function endWhenOver(
  tx: Transaction,
  assignmentId: string,
  { now }: Pick<Cancelling, 'now'>,
): Promise<void> {
  await retryStale(async () => {
    const assignment = await tx.assignments.find(assignmentId);
    if (!assignment || assignment.endedAt) return;
    if ((await tx.plannedItems.openOf({ assignmentId })).length > 0) return;
    await tx.assignments.save({ ...assignment, endedAt: now() });
  });
}

/**
 * Somebody has left, or an integration is turned off or deleted. Of an offboarding sequence everything but grants goes
 * on after the person has left: that is what it is for.
 */
export async function cancelStopped(
  tx: Transaction,
  whose: { readonly personId: string } | { readonly integrationId: string },
  actor: Actor,
  parts: Cancelling,
): Promise<void> {
  if ('personId' in whose) {
    const person = await tx.people.find(whose.personId);
    const why = () => say`${person ? fullName(person) : say`The person`} has left.`;
    await cancelPlanned(tx, whose, why, actor, parts, (planned) => goesOnWithoutThem(tx, planned));
    return;
  }
  const integration = await tx.integrations.find(whose.integrationId);
  const items = await tx.sequences.itemsAt(whose.integrationId);
  const why = () => say`${integration?.name ?? say`The integration`} was turned off or deleted.`;
  // What it gave can still be taken away while it is turned off.
  const itemIds = items.filter(({ does }) => does.kind === 'grant').map(({ id }) => id);
  if (itemIds.length > 0) await cancelPlanned(tx, { itemIds }, why, actor, parts);
}

/** They stay after all, or are back: what was planned around their last day happens no more. */
export const cancelOffboardingItems = (
  tx: Transaction,
  personId: string,
  why: () => string,
  actor: Actor,
  parts: Cancelling,
): Promise<number> =>
  cancelPlanned(
    tx,
    { personId },
    why,
    actor,
    parts,
    async (planned) => (await sequenceOf(tx, planned))?.anchor !== 'end-date',
  );

async function sequenceOf(tx: Transaction, planned: PlannedItem) {
  const assignment = await tx.assignments.find(planned.assignmentId);
  return assignment && tx.sequences.find(assignment.sequenceId);
}

async function goesOnWithoutThem(tx: Transaction, planned: PlannedItem): Promise<boolean> {
  const sequence = await sequenceOf(tx, planned);
  const item = await tx.sequences.findItem(planned.itemId);
  return sequence?.anchor === 'end-date' && item?.does.kind !== 'grant';
}
