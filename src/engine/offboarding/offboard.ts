/**
 * Plans, cancels, begins and finishes an offboarding. Its source of the tick is here, too. Words and states are in
 * `offboarding.ts`.
 */
import { addDays, dayIn, endOfDay } from '../../core/days.ts';
import { t } from '../../core/translate.ts';
import { keepForStaying } from '../access/removals/keep-paused.ts';
import { endExceptionsOfLeaving } from '../access/removals/pause-removals.ts';
import { isOpenRemoval } from '../access/removals/removal.ts';
import { removeAll } from '../access/removals/remove-all.ts';
import { deactivate } from '../people/change-person.ts';
import { type ChangedBy, fullName, type Person, SYSTEM } from '../people/directory.ts';
import { endDelegations } from '../people/former-duties.ts';
import { personChanged } from '../people/person-changed.ts';
import type { AuditedAct, Stores, Transaction } from '../ports/unit-of-work.ts';
import { cancelOffboardingItems } from '../sequences/cancel-planned.ts';
import { planRevokesAgain } from '../sequences/plan-again.ts';
import type { Source, Zoned } from '../work/due.ts';
import { invalidate, invalidatePlannedEnd, offboardingTopic, personTopic } from '../work/topics.ts';
import { markCancelled } from './end-offboarding.ts';
import type { Offboarding } from './offboarding.ts';

export type Planned =
  | { readonly kind: 'planned'; readonly offboarding: Offboarding }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Plans a person's last day, or moves it while the offboarding has not begun.
 * @param endDate ISO date; where that day is over, the offboarding begins at the next tick
 */
export async function planOffboarding(
  tx: Transaction,
  wanted: ChangedBy & { readonly person: Person; readonly endDate: string },
): Promise<Planned> {
  const { endDate, actor, source } = wanted;
  const person = await tx.people.hold(wanted.person.id);
  if (!person) return { kind: 'refused', why: t`They are no longer in the directory.` };
  if (await isOnlyAdmin(tx, person))
    return {
      kind: 'refused',
      why: t`${fullName(person)} is the only admin. Make someone else an admin first.`,
    };
  const current = await tx.offboardings.current(person.id);
  if (current?.state === 'running')
    return { kind: 'refused', why: t`${fullName(person)} is already being offboarded.` };
  const offboarding: Offboarding = current
    ? await tx.offboardings.save({ ...current, endDate })
    : {
        id: tx.newId(),
        version: 1,
        personId: person.id,
        ...(actor.kind === 'person' && !source && { startedById: actor.personId }),
        state: 'planned',
        endDate,
        createdAt: tx.now,
      };
  if (!current) await tx.offboardings.insert(offboarding);
  const saved = await tx.people.save({ ...person, endDate });
  const from = source && { from: source.name };
  await audit(tx, offboarding, {
    what: 'offboarding.planned',
    actor,
    detail: { endDate, ...from },
  });
  if (current && current.endDate < endDate) await undoEarly(tx, saved, { actor, source });
  await invalidatePlannedEnd(tx, offboarding);
  await personChanged(tx, { before: person, person: saved }, { actor, source });
  return { kind: 'planned', offboarding };
}

/** They stay, also where their last day is over: no one else could set anything up. */
export async function isOnlyAdmin(
  { people }: Pick<Stores, 'people'>,
  { id: personId, role }: Person,
): Promise<boolean> {
  return role === 'admin' && (await people.admins()).every(({ id }) => id === personId);
}

/** The last day is later: what sequences have revoked for the day of before is kept, and revoked when its time comes. */
async function undoEarly(
  tx: Transaction,
  person: Person,
  { actor, source }: ChangedBy,
): Promise<void> {
  const items = await planRevokesAgain(tx, person);
  if (items.size === 0) return;
  await keepForStaying(tx, person, { actor, items });
  await endExceptionsOfLeaving(tx, person.id, { actor, source, items });
}

/** @returns undefined where it has begun or ended: access that is gone stays gone. */
export async function cancelOffboarding(
  tx: Transaction,
  id: string,
  { actor, source }: ChangedBy,
): Promise<Offboarding | undefined> {
  const offboarding = await tx.offboardings.find(id);
  const person = offboarding && (await tx.people.hold(offboarding.personId));
  if (offboarding?.state !== 'planned' || !person) return undefined;
  const cancelled = await markCancelled(tx, offboarding, actor);
  const { endDate: _, ...staying } = person;
  const saved = await tx.people.save(staying);
  const why = () => t`The offboarding was cancelled.`;
  await cancelOffboardingItems(tx, staying.id, { why, actor });
  await keepForStaying(tx, saved, { actor });
  await endExceptionsOfLeaving(tx, saved.id, { actor, source });
  await personChanged(tx, { before: person, person: saved }, { actor, source });
  return cancelled;
}

/** After the id and version of one that is kept: once it isn't any more, it begins under its own name. */
const KEPT = ':kept';

/** @param mayMove whether something may move last days that ended then, and is about to: their offboardings wait for it */
export const offboardingSource = (
  { timeZone }: Zoned,
  mayMove: (stores: Stores, now: Date) => Promise<(endedAt: Date) => boolean> = async () => () =>
    false,
): Source => ({
  name: 'offboarding-start',
  /** Planned ones whose day is over. The only admin's is kept. */
  async *due(stores, now) {
    const { offboardings, people } = stores;
    const isAwaited = await mayMove(stores, now);
    // In the earliest time zone (UTC+14) a day is over at 10:00 UTC: later days can't be over anywhere.
    const tomorrow = addDays(dayIn('UTC', now), 1);
    for (let after: string | undefined; ; ) {
      const planned = await offboardings.plannedBefore(tomorrow, after);
      for (const each of planned) {
        const zone = (await people.timeZoneOf(each.personId)) ?? timeZone;
        const at = endOfDay(each.endDate, zone);
        if (at > now || isAwaited(at)) continue;
        // With its version: a day that is moved, and moved back, is due once more.
        yield {
          subject: `${each.id}:${each.version}${(await isKept(stores, each)) ? KEPT : ''}`,
          at,
        };
      }
      after = planned.at(-1)?.id;
      if (after === undefined) return;
    }
  },
  async fire(tx, { subject }) {
    const offboarding = await tx.offboardings.find(subject.split(':')[0] ?? '');
    if (offboarding?.state !== 'planned') return;
    if (subject.endsWith(KEPT)) {
      if (await isKept(tx, offboarding)) await tx.emit({ kind: 'offboarding-kept', offboarding });
      return;
    }
    if (await isOver(tx, offboarding)) return begin(tx, offboarding);
    // Its day or the time zone has changed since. The next version is due again, also where that is changed back.
    await tx.offboardings.save(offboarding);
  },
});

/** Whether they are the only admin, who stays. */
async function isKept(
  stores: Pick<Stores, 'people'>,
  { personId }: Pick<Offboarding, 'personId'>,
): Promise<boolean> {
  const person = await stores.people.find(personId);
  return person?.active === true && (await isOnlyAdmin(stores, person));
}

/** Begins it now, not at the next tick, if it is planned and its day is over. */
export async function beginIfOver(tx: Transaction, offboarding: Offboarding): Promise<void> {
  if (offboarding.state === 'planned' && (await isOver(tx, offboarding)))
    await begin(tx, offboarding);
}

/** Whether an offboarding is about to begin. */
export async function isLastDayOver(tx: Transaction, personId: string): Promise<boolean> {
  const current = await tx.offboardings.current(personId);
  return current?.state === 'planned' && isOver(tx, current);
}

async function isOver(tx: Transaction, { personId, endDate }: Offboarding): Promise<boolean> {
  const zone = (await tx.people.timeZoneOf(personId)) ?? tx.timeZone;
  return endOfDay(endDate, zone) <= tx.now;
}

/** At this moment they became the only admin: the next tick sees it. */
class CannotBegin extends Error {
  readonly code = 'cannot-begin-offboarding';
}

/** The last day is over: the person is deactivated, their duties end, and removals of all their access begin. */
async function begin(tx: Transaction, offboarding: Offboarding): Promise<void> {
  const person = await tx.people.hold(offboarding.personId);
  if (!person) return;
  const running = await tx.offboardings.save({ ...offboarding, state: 'running' });
  const cause = { kind: 'offboarding', id: running.id } as const;
  const left = await deactivate(tx, person, { actor: SYSTEM, cause });
  if (!left.ok) throw new CannotBegin(left.why); // Rolled back; the next tick retries.
  await endDelegations(tx, person.id, { actor: SYSTEM }); // Also where the person had been deactivated before.
  // Deactivating ended all access, unless the person had been deactivated before: then it ends now.
  const removed = left.removed ?? (await removeAll(tx, left.person, { cause, actor: SYSTEM }));
  await tx.offboardings.insertItems(
    removed.map((each) => ({ offboardingId: running.id, ...each })),
  );
  await audit(tx, running, { what: 'offboarding.started', actor: SYSTEM });
  await tx.emit({ kind: 'offboarding-started', offboarding: running });
  await invalidatePlannedEnd(tx, running);
  await finishWhenOver(tx, running);
}

/** A removal of this person has ended: the offboarding is done when all of its removals have. */
export async function finishOffboardingOf(tx: Transaction, personId: string): Promise<void> {
  await tx.people.hold(personId); // Locked: of two last removals that end at the same moment, one sees the other.
  const running = await tx.offboardings.current(personId);
  if (running?.state === 'running') await finishWhenOver(tx, running);
}

async function finishWhenOver(tx: Transaction, offboarding: Offboarding): Promise<void> {
  const items = await tx.offboardings.items(offboarding.id);
  const ids = items.flatMap(({ removalId }) => removalId ?? []);
  const isDone = !(await tx.removals.findMany(ids)).some(isOpenRemoval);
  await invalidate(tx, offboardingTopic(offboarding.id), personTopic(offboarding.personId));
  if (!isDone) return;
  const done = await tx.offboardings.save({
    ...offboarding,
    state: 'done',
    endedAt: tx.now,
  });
  await audit(tx, done, { what: 'offboarding.done', actor: SYSTEM });
  await tx.emit({ kind: 'offboarding-ended', offboarding: done });
}

const audit = (
  tx: Transaction,
  { id, personId }: Offboarding,
  { what, actor, detail = {} }: AuditedAct,
): Promise<void> => tx.audit(what, { actor, personId, detail: { offboardingId: id, ...detail } });
