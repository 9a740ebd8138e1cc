/** Cancels planned items that can't happen any more. They stay stored, with the reason. */
import { t } from '../../core/translate.ts';
import { type Actor, fullName, SYSTEM } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { OpenItemFilter } from '../ports/sequence-stores.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { endTask } from '../tasks/end-task.ts';
import { invalidate, invalidateItem, offboardingTopic } from '../work/topics.ts';
import { cancelItem, isOpen, type PlannedItem } from './planned-item.ts';
import { queueReplan } from './queue-replan.ts';
import type { Sequence } from './sequence.ts';
import { releaseAfter } from './waiting.ts';

interface Cancelling {
  readonly actor: Actor;
  /** A sentence for people, which is stored. */
  readonly why: () => string;
  /** How many at most; undefined: all. */
  readonly limit?: number;
  /** Items that stay planned. */
  readonly except?: (planned: PlannedItem) => Promise<boolean>;
}

/**
 * Cancels open items.
 * @returns how many
 */
export async function cancelPlanned(
  tx: Transaction,
  filter: OpenItemFilter,
  { actor, why, limit, except = async () => false }: Cancelling,
): Promise<number> {
  const reason = await inWorkspaceLocale(tx, async () => why());
  const cancelled: PlannedItem[] = [];
  for (const { id } of (await tx.plannedItems.openOf(filter)).slice(0, limit)) {
    const planned = await tx.plannedItems.find(id);
    if (!planned || !isOpen(planned) || (await except(planned))) continue;
    const saved = await tx.plannedItems.save(cancelItem(planned, reason, tx.now));
    cancelled.push(saved);
    await invalidateItem(tx, planned, saved);
    await releaseAfter(tx, saved);
    await tx.audit('sequence.cancelled', {
      actor,
      personId: saved.personId,
      detail: { plannedItemId: saved.id, why: reason },
    });
  }
  for (const id of new Set(cancelled.map(({ assignmentId }) => assignmentId)))
    await endWhenOver(tx, id);
  return cancelled.length;
}

/** Ends an assignment that has no open item. */
export async function endWhenOver(tx: Transaction, assignmentId: string): Promise<void> {
  const assignment = await tx.assignments.hold(assignmentId); // Of its two last items, one sees the other.
  if (!assignment || assignment.endedAt) return;
  if ((await tx.plannedItems.openOf({ assignmentId })).length > 0) return;
  await tx.assignments.save({ ...assignment, endedAt: tx.now });
  const last = await tx.offboardings.last(assignment.personId); // Its card names their open sequences around the last day.
  if (last) await invalidate(tx, offboardingTopic(last.id));
}

/**
 * Someone has left, or an integration is turned off or deleted. Offboarding sequences are for people who leave, so only their
 * grants are cancelled.
 * @returns how many items
 */
export async function cancelStopped(
  tx: Transaction,
  whose: { readonly personId: string } | { readonly integrationId: string },
  { actor, limit }: Pick<Cancelling, 'actor' | 'limit'>,
): Promise<number> {
  if ('personId' in whose) {
    const person = await tx.people.find(whose.personId);
    const why = () => t`${person ? fullName(person) : t`The person`} has left.`;
    return cancelPlanned(tx, whose, {
      why,
      actor,
      limit,
      except: (planned) => goesOnWithoutThem(tx, planned),
    });
  }
  const integration = await tx.integrations.find(whose.integrationId);
  const items = await tx.sequences.itemsAt(whose.integrationId);
  const why = () => t`${integration?.name ?? t`The integration`} was turned off or deleted.`;
  // Revokes stay: they still work while it is turned off.
  const itemIds = items.filter(({ does }) => does.kind === 'grant').map(({ id }) => id);
  return itemIds.length > 0 ? cancelPlanned(tx, { itemIds }, { why, actor, limit }) : 0;
}

/** For someone who stays after all, or is back: cancels what was planned around their last day, and tasks that came of it. */
export async function cancelOffboardingItems(
  tx: Transaction,
  personId: string,
  { actor, why }: Pick<Cancelling, 'actor' | 'why'>,
): Promise<void> {
  const isOfLastDay = async (planned: PlannedItem): Promise<boolean> =>
    (await sequenceOf(tx, planned))?.anchor === 'end-date';
  const except = async (planned: PlannedItem): Promise<boolean> => !(await isOfLastDay(planned));
  await cancelPlanned(tx, { personId }, { why, actor, except });
  const { tasks } = await tx.tasks.list({ state: 'open', kind: 'other', personId }, MANY);
  for (const task of tasks) {
    const planned = await tx.plannedItems.startedBy({ taskId: task.id });
    if (task.state === 'open' && planned && (await isOfLastDay(planned)))
      await endTask(tx, task, { state: 'cancelled', actor });
  }
}

/** One person has only a few open tasks. */
const MANY = { offset: 0, limit: 100 };

async function sequenceOf(tx: Transaction, planned: PlannedItem) {
  const assignment = await tx.assignments.find(planned.assignmentId);
  return assignment && tx.sequences.find(assignment.sequenceId);
}

async function goesOnWithoutThem(tx: Transaction, planned: PlannedItem): Promise<boolean> {
  const sequence = await sequenceOf(tx, planned);
  const item = await tx.sequences.findItem(planned.itemId);
  return sequence?.anchor === 'end-date' && item?.does.kind !== 'grant';
}

/** Items in one transaction. A click waits for it. */
const CANCELLED_AT_ONCE = 100;
/** Between two transactions, so that others can write. */
const PAUSE_MS = 5;

/** The first items of a sequence that was deleted, and a job for the rest. @returns how many there are in all */
export async function cancelDeleted(
  tx: Transaction,
  { id, name }: Sequence,
  actor: Actor,
): Promise<number> {
  const all = await tx.plannedItems.openOf({ sequenceId: id });
  await cancelSome(tx, { id, name }, actor);
  if (all.length > CANCELLED_AT_ONCE) await queueReplan(tx.queue, { deletedSequenceId: id });
  return all.length;
}

const cancelSome = (
  tx: Transaction,
  { id, name }: Pick<Sequence, 'id' | 'name'>,
  actor: Actor,
): Promise<number> =>
  cancelPlanned(
    tx,
    { sequenceId: id },
    { why: () => t`The sequence ${name} was deleted.`, actor, limit: CANCELLED_AT_ONCE },
  );

/** The job: cancels the rest in small transactions. If it is stopped half-way, the next try continues. */
export async function cancelRest(
  sequenceId: string,
  deps: {
    readonly stores: Stores;
    readonly transact: UnitOfWork;
    readonly pause: (ms: number) => Promise<void>;
  },
): Promise<void> {
  const sequence = await deps.stores.sequences.find(sequenceId);
  if (!sequence?.deletedAt) return;
  const some = () => deps.transact((tx) => cancelSome(tx, sequence, SYSTEM));
  while ((await some()) > 0) await deps.pause(PAUSE_MS);
}
