/** What follows from every change of a person in the directory: the event, and the cards that show them or their manager. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { queueReevaluation } from '../requests/queue-reevaluation.ts';
import { personFields } from '../rules/condition.ts';
import { queueReplan } from '../sequences/queue-replan.ts';
import {
  holdTopic,
  homeTopic,
  invalidate,
  offboardingTopic,
  personTopic,
  requestTopic,
  taskTopic,
} from '../work/topics.ts';
import type { ChangedBy, DirectoryField, Person } from './directory.ts';
import { inWorkspaceLocale } from './locales.ts';
import { fieldNames, type PersonField } from './person-details.ts';

export interface PersonChange {
  readonly before: Person;
  /** As they were saved. */
  readonly person: Person;
  /** Names of values in `stored` that an import changed. */
  readonly stored?: readonly string[];
}

/** Call it in the transaction that saves the person. Does nothing where no field differs. */
export async function personChanged(
  tx: Transaction,
  { before, person, stored = [] }: PersonChange,
  { actor: by }: ChangedBy,
): Promise<void> {
  const fields = changedBetween(before, person);
  if (fields.length === 0 && stored.length === 0) return;
  // Apps may know them by the address that they had.
  if (fields.includes('email')) await tx.formerEmails.add(person.id, before.email, tx.now);
  const has = (field: DirectoryField) => fields.includes(field);
  // Open requests may have other approvers now: their own, those that they approve, and those of groups that they join or leave.
  if (has('active') || stored.length > 0 || Object.values(personFields).some(has)) {
    // Days of an absence are those of their time zone.
    const isAwayElse = has('timeZone') && (await tx.delegations.of(person.id)) !== undefined;
    const sameStanding = !has('role') && !has('active') && !isAwayElse;
    await queueReevaluation(tx.queue, {
      personId: person.id,
      ...(sameStanding && { sameStanding }),
    });
  }
  if (has('startDate') || has('endDate') || has('timeZone'))
    await queueReplan(tx.queue, { personId: person.id });
  await invalidate(tx, personTopic(person.id), homeTopic(person.id));
  if (SHOWN.some(has)) await invalidateCards(tx, before, person);
  await tx.emit({ kind: 'person-changed', before, person, fields, stored, by });
}

const directoryFields: Readonly<Record<DirectoryField, true>> = {
  email: true,
  firstName: true,
  lastName: true,
  phone: true,
  position: true,
  department: true,
  managerId: true,
  buddyId: true,
  startDate: true,
  endDate: true,
  timeZone: true,
  employeeId: true,
  role: true,
  active: true,
};

const changedBetween = (before: Person, person: Person): readonly DirectoryField[] =>
  // The record's keys are the fields.
  (Object.keys(directoryFields) as DirectoryField[]).filter(
    (field) => before[field] !== person[field],
  );

/** What open cards name of a person, or what decides who may see them. */
const SHOWN: readonly DirectoryField[] = [
  'email',
  'firstName',
  'lastName',
  'position',
  'department',
  'managerId',
];
/** Of each kind. Someone with more is rare, and those are right again when they are opened. */
const MAX_CARDS = { offset: 0, limit: 100 };

/** The cards of what is open about the person, their last offboarding, and the homes of both managers. */
async function invalidateCards(tx: Transaction, before: Person, person: Person): Promise<void> {
  const [{ requests }, { tasks }, holds, leaving] = await together([
    tx.requests.list({ state: 'open', personIds: [person.id] }, MAX_CARDS),
    tx.tasks.list({ state: 'open', personId: person.id }, MAX_CARDS),
    tx.holds.openOf(person.id),
    tx.offboardings.last(person.id),
  ]);
  const managers = [before.managerId, person.managerId].flatMap((id) => id ?? []);
  await invalidate(
    tx,
    ...requests.map(({ id }) => requestTopic(id)),
    ...tasks.map(({ id }) => taskTopic(id)),
    ...holds.map(({ id }) => holdTopic(id)),
    ...(leaving ? [offboardingTopic(leaving.id)] : []),
    ...managers.map(homeTopic),
  );
}

/** The audit log gets the names of the fields, never their values. */
export async function auditFields(
  tx: Transaction,
  person: Person,
  { fields, ...by }: ChangedBy & { readonly fields: readonly PersonField[] },
): Promise<void> {
  const names = await inWorkspaceLocale(tx, async () => fieldNames(fields));
  await tx.audit('person.changed', aboutPerson(person, by, { fields: names }));
}

/** @param names of values that an import keeps with people, as its manifest names them */
export const auditStored = (
  tx: Transaction,
  person: Person,
  { names, ...by }: ChangedBy & { readonly names: readonly string[] },
): Promise<void> =>
  tx.audit('person.changed', aboutPerson(person, by, { fields: names.join(', ') }));

/** For someone who has left: no offboarding is planned or cancelled then. */
export const auditEndDate = async (
  tx: Transaction,
  person: Person,
  by: ChangedBy,
): Promise<void> => {
  const fields = await inWorkspaceLocale(tx, async () => t`last day`);
  await tx.audit('person.changed', aboutPerson(person, by, { fields }));
};

/** `from`: the import or the file that the change was read from. */
export const aboutPerson = (
  { id: personId }: Person,
  { actor, source }: ChangedBy,
  detail?: NonNullable<AuditNote['detail']>,
): Omit<AuditNote, 'what'> => ({
  actor,
  personId,
  ...(source?.kind === 'sync' && { integrationId: source.integrationId }),
  detail: source ? { ...detail, from: source.name } : detail,
});
