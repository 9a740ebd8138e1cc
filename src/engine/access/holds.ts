/** Opens, extends and ends holds. What happens when the last one ends is in `removals/begin-removal.ts`. */
import { addHours } from '../../core/hours.ts';
import type { AccessIds, Actor, Integration, PersonAtApp } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { AccessRequest } from '../requests/access-request.ts';
import { isUnfinished, type Run } from '../runs/run.ts';
import { policyOf } from '../settings/settings.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import {
  endOfHolds,
  type Hold,
  type HoldEnd,
  type HoldSource,
  isOfRule,
  isOpen,
  startingAt,
} from './hold.ts';
import { reconsiderRemoval } from './removals/wake-removal.ts';
import { warningAt } from './warning-time.ts';

export interface Holding {
  readonly source: HoldSource;
  readonly actor: Actor;
  /** From now on; undefined: no end date. */
  readonly hours?: number;
  readonly requestId?: string;
  /** The bundle that it comes with. */
  readonly bundleId?: string;
  /** The item of a rule that gives it. */
  readonly rule?: { readonly id: string; readonly itemId: string };
}

/**
 * Opens a hold for access that is being granted. Two clicks of one person for the same run make one hold. Grants by two people
 * make two, since one of them may have lost the right when the run starts. An item of a rule has one hold, which follows its
 * last grant.
 * @param by the run or the task that grants it
 */
export async function openHold(
  tx: Transaction,
  about: PersonAtApp & Holding,
  by: { readonly runId?: string; readonly taskId?: string },
): Promise<Hold> {
  const { person, integration, source, actor, hours, requestId, bundleId, rule } = about;
  const endsAt = hours === undefined ? undefined : addHours(tx.now, hours);
  const open = await tx.holds.openAt(person.id, integration.id);
  const same = open.find(
    (each) =>
      by.runId !== undefined &&
      each.runId === by.runId &&
      each.source === source &&
      each.requestId === requestId &&
      each.bundleId === bundleId &&
      each.ruleItemId === rule?.itemId &&
      isSameActor(each.givenBy, actor) &&
      each.endsAt?.getTime() === endsAt?.getTime(),
  );
  if (same) return same;
  const ofRule = rule && open.find(({ ruleItemId }) => ruleItemId === rule.itemId);
  if (ofRule) {
    const { runId: _, taskId: __, ...rest } = ofRule;
    await invalidate(tx, personTopic(person.id));
    return tx.holds.save({ ...rest, ...by });
  }
  const hold: Hold = {
    id: tx.newId(),
    version: 1,
    personId: person.id,
    integrationId: integration.id,
    source,
    givenBy: actor,
    startedAt: tx.now,
    endsAt,
    requestId,
    bundleId,
    ruleId: rule?.id,
    ruleItemId: rule?.itemId,
    ...by,
  };
  await tx.holds.insert(hold);
  await invalidate(tx, personTopic(person.id));
  return hold;
}

/** The chat or web that they clicked in doesn't count. */
const isSameActor = (a: Actor, b: Actor): boolean =>
  a.kind === 'person' && b.kind === 'person' ? a.personId === b.personId : a.kind === b.kind;

/** Ends all open holds of that access. @returns how many there were */
export async function endHolds(
  tx: Transaction,
  whose: AccessIds,
  ended: { readonly at: Date; readonly why: HoldEnd },
): Promise<number> {
  const open = await tx.holds.openAt(whose.personId, whose.integrationId);
  for (const hold of open) await tx.holds.save({ ...hold, ended });
  await invalidate(tx, personTopic(whose.personId));
  return open.length;
}

/** The run ended before it sent a write: its holds end. */
export const endHoldsOfRun = (tx: Transaction, run: Run): Promise<void> =>
  endNotGranted(tx, run, ({ runId }) => runId === run.id);

/** The task to grant it by hand was cancelled: what waited for it ends. */
export const endHoldsOfTask = (tx: Transaction, whose: AccessIds, taskId: string): Promise<void> =>
  endNotGranted(tx, whose, (hold) => hold.taskId === taskId);

async function endNotGranted(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
  isOfIt: (hold: Hold) => boolean,
): Promise<void> {
  for (const hold of (await tx.holds.openAt(personId, integrationId)).filter(isOfIt)) {
    if (await mayHaveGranted(tx, hold)) continue;
    await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'not-granted' } });
    await invalidate(tx, personTopic(personId));
    await reconsiderRemoval(tx, { personId, integrationId });
  }
}

/** A rule's hold follows its last grant: an earlier one of it may have granted what the last one did not. */
async function mayHaveGranted(tx: Transaction, hold: Hold): Promise<boolean> {
  if (!isOfRule(hold)) return false;
  for (const account of await tx.accounts.openAt(hold.personId, hold.integrationId)) {
    const { runId, writtenAt } = account;
    if (!writtenAt || writtenAt < hold.startedAt || runId === hold.runId) continue;
    const run = runId === undefined ? undefined : await tx.runs.find(runId);
    if (run?.startedBy.kind === 'system') return true;
  }
  return false;
}

/**
 * A deferred run starts: the time of its holds begins now, so their end dates move. Not that of a rule's hold: it is the day on
 * which the rule lets go.
 */
export async function startHoldsOfRun(
  tx: Transaction,
  { id, personId, integrationId }: Run,
): Promise<void> {
  const startedAt = tx.now;
  for (const hold of await tx.holds.openAt(personId, integrationId)) {
    if (hold.runId !== id) continue;
    await tx.holds.save(isOfRule(hold) ? { ...hold, startedAt } : startingAt(hold, startedAt));
  }
}

/**
 * The hold that an extension would move: the one that ends last. Undefined where there is nothing to extend: a hold has no end
 * date, none is open, access is gone or being removed, or its grant failed.
 */
export async function holdToExtend(
  stores: Stores,
  personId: string,
  integrationId: string,
): Promise<Hold | undefined> {
  const open = await stores.holds.openAt(personId, integrationId);
  const end = endOfHolds(open);
  const last = open.find(({ endsAt }) => endsAt && endsAt.getTime() === end?.getTime());
  if (!last || (await stores.removals.open(personId, integrationId))) return undefined;
  const access = await stores.access.find(personId, integrationId);
  if (access?.state === 'has') return last;
  const run = last.runId === undefined ? undefined : await stores.runs.find(last.runId);
  if (run && isUnfinished(run)) return last;
  if (access?.state === 'none') return undefined;
  return !run || run.state === 'succeeded' ? last : undefined;
}

export type Extended =
  | { readonly kind: 'extended'; readonly hold: Hold }
  /** A hold has no end date, or ends as late as is allowed already. */
  | { readonly kind: 'unchanged' }
  /** No hold is left to extend: it has to be granted again. */
  | { readonly kind: 'over' };

/**
 * Moves the end date of a hold by the requested hours, which count from now where it has passed while nothing ended it. The new end
 * date is at most the policy's longest time from now, so that repeated requests can't exceed it; where that is no later than the one so
 * far, nothing changes. A hold that a rule gives up keeps its end, and the request opens a hold of its own: the rule would move the end
 * of its hold when the person matches again.
 */
export async function extendHold(
  tx: Transaction,
  request: AccessRequest,
  { integration, actor }: { readonly integration: Integration; readonly actor: Actor },
): Promise<Extended> {
  const { id: requestId, personId, integrationId, hours } = request;
  const open = await tx.holds.openAt(personId, integrationId);
  const isEndless = open.some(({ endsAt }) => endsAt === undefined);
  if (isEndless && !(await tx.removals.open(personId, integrationId))) return { kind: 'unchanged' };
  const hold = await holdToExtend(tx, personId, integrationId);
  if (!hold?.endsAt) return { kind: 'over' };
  const { longestHours } = policyOf(integration);
  const { endsAt, warnedAt, ...rest } = hold;
  const isOver = endsAt < tx.now && !(await isEndMoving(tx, hold));
  const wanted = hours === undefined ? undefined : addHours(isOver ? tx.now : endsAt, hours);
  const latest = longestHours === null ? undefined : addHours(tx.now, longestHours);
  const next = [wanted, latest].flatMap((each) => (each ? [each.getTime()] : []));
  const extendedTo = next.length > 0 ? new Date(Math.min(...next)) : undefined;
  if (extendedTo && extendedTo <= endsAt) return { kind: 'unchanged' };
  await invalidate(tx, personTopic(personId));
  if (isOfRule(hold)) {
    const { ruleId: _, ruleItemId: __, bundleId: ___, ...granted } = rest;
    const own: Hold = {
      ...granted,
      id: tx.newId(),
      version: 1,
      source: 'request',
      givenBy: actor,
      startedAt: tx.now,
      endsAt: extendedTo,
      requestId,
    };
    await tx.holds.insert(own);
    return { kind: 'extended', hold: own };
  }
  const reminder = extendedTo && warningAt(hold.startedAt, extendedTo);
  const saved = await tx.holds.save({
    ...rest,
    endsAt: extendedTo,
    // A few hours more: the reminder that they answered was the one for these, too.
    ...(reminder && reminder <= tx.now && { warnedAt }),
  });
  return { kind: 'extended', hold: saved };
}

/** Whether its end moves until its grant, which waits, begins. A rule's hold ends on its day all the same. */
export const isEndMoving = async ({ runs }: Pick<Stores, 'runs'>, hold: Hold): Promise<boolean> =>
  !isOfRule(hold) &&
  hold.runId !== undefined &&
  (await runs.find(hold.runId))?.state === 'deferred';

/** Whether no other hold is open. */
export async function isLastHold(stores: Stores, hold: Hold): Promise<boolean> {
  const open = await stores.holds.openAt(hold.personId, hold.integrationId);
  return open.filter(isOpen).every(({ id }) => id === hold.id);
}
