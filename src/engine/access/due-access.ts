/**
 * What becomes due: a reminder before a hold ends, the end of a hold, a removal whose wake-up was lost, and what a wrong clock has put
 * off. Each occurrence reads its row again, so it does nothing where the row was moved or has ended.
 */
import { MINUTE_MS } from '../../core/hours.ts';
import { SYSTEM } from '../people/directory.ts';
import { areMany } from '../people/many-people.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { evaluatePeople } from '../rules/evaluate.ts';
import { isAwaitedByHand } from '../tasks/manual.ts';
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { accountKeySource } from './account-keys.ts';
import { deferredRunOf, letGoOfGrants } from './deferred-grants.ts';
import { type Hold, isOfRule, isOpen, startingAt } from './hold.ts';
import { isLastHold } from './holds.ts';
import { beginRemoval } from './removals/begin-removal.ts';
import { bringForward, PAUSE_MS } from './removals/pause-removals.ts';
import { isOpenRemoval } from './removals/removal.ts';
import { wakeRemoval } from './removals/wake-removal.ts';
import { warningAt } from './warning-time.ts';

/** A removal that has been due for longer has lost its wake-up. */
const OVERDUE_MS = MINUTE_MS;
/** One that stays overdue, since its row is damaged for instance, is woken no more often: others get their turn. */
const WOKEN_EVERY_MS = 10 * MINUTE_MS;
/** A removal that is due later than this, or a hold that begins later, comes from a clock that was ahead. */
const MAX_AHEAD_MS = 2 * PAUSE_MS;

/** Of an occurrence whose subject has a version: its effect makes the next one. */
const ANY_TIME = new Date(0);

const idOf = ({ id }: { readonly id: string }): string => id;

export const accessSources: readonly Source[] = [
  accountKeySource,
  {
    name: 'hold-warning',
    async *due({ holds }, now) {
      for await (const hold of everyDue((offset) => holds.toWarn(now, offset), idOf)) {
        const at = hold.endsAt && warningAt(hold.startedAt, hold.endsAt);
        if (at && at <= now) yield { subject: hold.id, at };
      }
    },
    async fire(tx, occurrence, now) {
      const hold = await tx.holds.find(occurrence.subject);
      if (!hold?.endsAt || !isOpen(hold) || hold.warnedAt) return;
      const at = warningAt(hold.startedAt, hold.endsAt);
      if (at?.getTime() !== occurrence.at.getTime()) return;
      if (await deferredRunOf(tx, hold)) return;
      // Also where nobody is reminded: else the hold would be due again at each tick.
      const warned = await tx.holds.save({ ...hold, warnedAt: now });
      if (await isWorthAReminder(tx, hold, now))
        await tx.emit({ kind: 'hold-expiring', hold: warned });
    },
  },
  {
    name: 'hold-end',
    async *due({ holds }, now) {
      for await (const hold of everyDue((offset) => holds.ending(now, offset), idOf))
        if (hold.endsAt) yield { subject: hold.id, at: hold.endsAt };
    },
    async fire(tx, occurrence, now) {
      const found = await tx.holds.find(occurrence.subject);
      if (!found || !isOpen(found)) return;
      const { personId } = found;
      const person = await tx.people.hold(personId);
      // They may match a rule by now, and no one has looked yet. Where no one can look, it ends all the same.
      if (person && hasReadableFacts(person) && (await tx.ruleWork.isAwaited(personId, now)))
        await evaluatePeople(tx, [personId]);
      const hold = await tx.holds.find(occurrence.subject); // Read again, now that the person is locked.
      if (!hold?.endsAt || !isOpen(hold) || hold.endsAt.getTime() !== occurrence.at.getTime())
        return;
      // The end of a grant that has not started moves with its start. Only the end of a rule's hold stays.
      if (!isOfRule(hold) && (await deferredRunOf(tx, hold))) return;
      const isAlone = !isOfRule(hold) && (await isLastReason(tx, hold)); // Its removal stops the grant.
      const [left] = isAlone ? [hold] : await letGoOfGrants(tx, [hold]);
      if (left) await endHold(tx, left, now);
    },
  },
  {
    name: 'hold-put-off',
    async *due(stores, now) {
      const found = await putOff(stores, now);
      for (const { id, version } of found) yield { subject: `${id}:${version}`, at: ANY_TIME };
    },
    async fire(tx, { subject }, now) {
      const hold = await tx.holds.find(subject.split(':')[0] ?? '');
      if (hold && isPutOff(hold, now)) await startNow(tx, hold);
    },
  },
  {
    name: 'removal-overdue',
    async *due({ removals }, now) {
      const before = new Date(now.getTime() - OVERDUE_MS);
      const at = new Date(now.getTime() - (now.getTime() % WOKEN_EVERY_MS));
      for await (const removal of everyDue((offset) => removals.dueBefore(before, offset), idOf))
        yield { subject: `${removal.id}:${removal.version}`, at };
    },
    async fire(tx, { subject }, now) {
      await wakeRemoval(tx, { id: subject.split(':')[0] ?? '' }, { dueAt: now });
    },
  },
  {
    name: 'removal-put-off',
    async *due({ removals }, now) {
      const after = new Date(now.getTime() + MAX_AHEAD_MS);
      for await (const removal of everyDue((offset) => removals.openDueAfter(after, offset), idOf))
        yield { subject: `${removal.id}:${removal.version}`, at: ANY_TIME };
    },
    async fire(tx, { subject }) {
      const removal = await tx.removals.find(subject.split(':')[0] ?? '');
      if (removal && isOpenRemoval(removal)) await bringForward(tx, removal);
    },
  },
];

/** As `startedAfter` finds them. */
const isPutOff = (hold: Hold, now: Date): boolean =>
  isOpen(hold) &&
  !isOfRule(hold) &&
  hold.startedAt.getTime() > now.getTime() + MAX_AHEAD_MS &&
  hold.endsAt !== undefined &&
  hold.endsAt > hold.startedAt;

/**
 * Those of a clock that was ahead, so that they end as much too late. Where they are very many, rather the clock of now is wrong, and
 * `latchkey doctor` tells of them.
 */
async function putOff({ holds, people }: Stores, now: Date): Promise<readonly Hold[]> {
  const found = await holds.startedAfter(new Date(now.getTime() + MAX_AHEAD_MS));
  if (found.holds.length === 0) return [];
  const { total: active } = await people.search('', { offset: 0, limit: 1 });
  return areMany(found.people, active) ? [] : found.holds;
}

/** It lasts as long as it was granted for. */
async function startNow(tx: Transaction, hold: Hold): Promise<void> {
  const { personId, integrationId } = hold;
  const { warnedAt: _, ...moved } = startingAt(hold, tx.now);
  await tx.holds.save(moved);
  const detail = { until: moved.endsAt?.toISOString() ?? '' };
  await tx.audit('access.moved', { actor: SYSTEM, personId, integrationId, detail });
  await invalidate(tx, personTopic(personId));
}

/** No reminder where there is no access, the hold has ended, or another hold stays longer. Of two that end at once, one is enough. */
async function isWorthAReminder(tx: Transaction, hold: Hold, now: Date): Promise<boolean> {
  const { id, endsAt } = hold;
  if (!endsAt || endsAt <= now) return false;
  const open = await tx.holds.openAt(hold.personId, hold.integrationId);
  const outlasts = (other: Hold): boolean =>
    !other.endsAt ||
    other.endsAt > endsAt ||
    (other.endsAt.getTime() === endsAt.getTime() && other.id > id);
  if (open.some(outlasts)) return false;
  const access = await tx.access.find(hold.personId, hold.integrationId);
  const integration = await tx.integrations.find(hold.integrationId);
  return access?.state !== 'none' && integration !== undefined && !integration.deletedAt;
}

const isLastReason = async (tx: Transaction, hold: Hold): Promise<boolean> =>
  (await isLastHold(tx, hold)) && !(await isAwaitedByHand(tx, hold));

/** The hold expires. While there is another reason, nothing is removed. */
async function endHold(tx: Transaction, hold: Hold, now: Date): Promise<void> {
  const [person, integration] = [
    await tx.people.find(hold.personId),
    await tx.integrations.find(hold.integrationId),
  ];
  if (person && integration && !integration.deletedAt && (await isLastReason(tx, hold))) {
    const cause = { kind: 'expired', id: hold.id } as const;
    await beginRemoval(tx, { person, integration, cause, actor: SYSTEM });
  } else await tx.holds.save({ ...hold, ended: { at: now, why: 'expired' } });
  await invalidate(tx, personTopic(hold.personId));
}
