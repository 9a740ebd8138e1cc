/** Absences: a delegate approves for an approver who is away. */
import { addDays, dayIn, endOfDay, startOfDay } from '../../core/days.ts';
import { t } from '../../core/translate.ts';
import type { Actor, Delegation, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Source, Zoned } from '../work/due.ts';
import { paged } from '../work/paged.ts';
import { delegationTopic, invalidate } from '../work/topics.ts';
import { askApprovers } from './create-request.ts';
import { queueReevaluation } from './queue-reevaluation.ts';

/** What is wrong, by field; sentences for people. */
export type AbsenceErrors = Partial<Record<'delegate' | 'from' | 'until', string>>;

export function checkAbsence(
  { personId, delegateId, from, until }: Delegation,
  today: string,
): AbsenceErrors {
  return {
    ...(delegateId === personId && { delegate: t`Choose someone else.` }),
    ...(until < from && { until: t`The last day is before the first.` }),
    ...(until >= from && until < today && { until: t`This day is over.` }),
  };
}

/**
 * The delegate is notified that they are one; of open requests now, if the absence has begun, else on its first day.
 * @returns 'left' where one of the two has left or was erased meanwhile: nothing is stored
 */
export async function setDelegate(
  tx: Transaction,
  delegation: Delegation,
  actor: Actor,
): Promise<'set' | 'left'> {
  const { personId, delegateId, from, until } = delegation;
  // Locked: a person who leaves ends their delegations before or after this.
  const held = await tx.people.holdMany([personId, delegateId]);
  const isHere = (id: string): boolean => held.some((each) => each.id === id && each.active);
  if (!isHere(personId) || !isHere(delegateId)) return 'left';
  await tx.delegations.put(delegation);
  await tx.audit('delegation.set', { actor, personId, detail: { delegateId, from, until } });
  await askAgain(tx, personId);
  await tx.emit({ kind: 'delegate-set', personId, delegateId });
  return 'set';
}

/** The approver is back: their delegate approves no more. */
export async function endDelegation(tx: Transaction, { id }: Person, actor: Actor): Promise<void> {
  const delegation = await tx.delegations.of(id);
  if (!delegation || !(await tx.delegations.delete(delegation))) return;
  await tx.audit('delegation.ended', { actor, personId: id });
  await askAgain(tx, id);
  await tx.emit({ kind: 'back-from-absence', personId: id });
}

const MANY = { offset: 0, limit: 100 };
/** Each tick looks up the absences that began in these days: all of them would be too many. No outage is longer. */
const CAUGHT_UP_DAYS = 14;

/** The approvers of this person's requests may have changed: notifies new ones and invalidates the cards. Of very many, a job does that. */
async function askAgain(tx: Transaction, personId: string): Promise<void> {
  await invalidate(tx, delegationTopic(personId));
  const theirs = { state: 'open', approverId: personId } as const;
  const { requests, total } = await tx.requests.list(theirs, MANY);
  if (total > requests.length) return queueReevaluation(tx.queue, { personId });
  for (const request of requests) {
    const integration = await tx.integrations.find(request.integrationId);
    if (integration && request.state === 'open') await askApprovers(tx, request, integration);
  }
}

/**
 * On the first day of an absence the delegate is notified of open requests. After the last day the delegation is deleted.
 * Days are in the time zone of the person who is away. Wherever that is, their day is the one in UTC, or the one before or
 * after it; between two other zones, it may be two days apart.
 */
export const absenceSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    name: 'absence-begins',
    async *due({ delegations, people }, now) {
      const today = dayIn('UTC', now);
      const days = { from: addDays(today, -CAUGHT_UP_DAYS), until: addDays(today, 1) };
      const beginning = paged((after) => delegations.beginning(days, after), whoseIs);
      for await (const { personId, from } of beginning) {
        const at = startOfDay(from, await zoneOf(people, personId, timeZone));
        if (at <= now) yield { subject: personId, at };
      }
    },
    fire: (tx, { subject }) => askAgain(tx, subject),
  },
  {
    name: 'absence-ends',
    async *due({ delegations, people }, now) {
      const tomorrow = addDays(dayIn('UTC', now), 1);
      const ended = paged((after) => delegations.endedBefore(tomorrow, after), whoseIs);
      for await (const { personId, until } of ended) {
        const at = endOfDay(until, await zoneOf(people, personId, timeZone));
        if (at <= now) yield { subject: personId, at };
      }
    },
    async fire(tx, { subject }, now) {
      const delegation = await tx.delegations.of(subject);
      const zone = await zoneOf(tx.people, subject, tx.timeZone);
      if (!delegation || endOfDay(delegation.until, zone) > now) return;
      if (!(await tx.delegations.delete(delegation))) return;
      await askAgain(tx, subject);
      await tx.emit({ kind: 'back-from-absence', personId: subject });
    },
  },
];

const whoseIs = ({ personId }: Delegation): string => personId;

const zoneOf = async (
  people: Transaction['people'],
  personId: string,
  timeZone: string,
): Promise<string> => (await people.timeZoneOf(personId)) ?? timeZone;
