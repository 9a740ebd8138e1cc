/** Changing people: their fields and role, their leaving and their return. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { NEVER } from '../access/accounts.ts';
import { endExceptionsOfLeaving, pauseRemovals } from '../access/removals/pause-removals.ts';
import type { Cause } from '../access/removals/removal.ts';
import { type RemovedAt, removeAll } from '../access/removals/remove-all.ts';
import { wakeRemovalsOf } from '../access/removals/wake-removal.ts';
import { markCancelled } from '../offboarding/end-offboarding.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { cancelRequests } from '../requests/create-request.ts';
import { endException } from '../rules/exceptions.ts';
import { cancelOffboardingItems, cancelStopped } from '../sequences/cancel-planned.ts';
import { recordPeople } from '../sequences/events/record-event.ts';
import { endAuthenticators, rememberCodes } from '../step-up/note-authenticator.ts';
import { cancelGrantTasks } from '../tasks/end-task.ts';
import { leaveTasks } from '../tasks/manual.ts';
import { endTokensOf } from '../tokens/end-tokens.ts';
import { beginChatAgain, endChat, endUnsureLinks } from './chat-links.ts';
import type { Access, ChangedBy, Person } from './directory.ts';
import { gettingFormer } from './exchanged-address.ts';
import { endDelegations, endFormerDuties } from './former-duties.ts';
import { invalidateJoinOf } from './joins.ts';
import { inWorkspaceLocale } from './locales.ts';
import { givesRights, isAdmin } from './permission.ts';
import { aboutPerson, auditFields, type PersonChange, personChanged } from './person-changed.ts';
import {
  applyDetails,
  changedFields,
  checkDetails,
  employeeIdTaken,
  findRelated,
  type PersonDetails,
  type PersonErrors,
  type PersonField,
  problemsOf,
  type Related,
  readEmail,
} from './person-details.ts';
import { knownFacts } from './stored-values.ts';

export type ChangeResult =
  | { readonly ok: true; readonly person: Person; readonly changed: readonly PersonField[] }
  | {
      readonly ok: false;
      /** Sentences that name the field and the cure, all of them. */
      readonly problems: readonly string[];
      readonly errors: PersonErrors;
    };

/**
 * Changes the fields that the details name. The audit log gets the names of the fields, never their values.
 * @param person as it was read in this transaction
 */
export async function changePerson(
  tx: Transaction,
  person: Person,
  { details, ...deps }: ChangedBy & { readonly details: PersonDetails },
): Promise<ChangeResult> {
  const { related, errors: unrelated } = await findRelated(tx, details, person);
  const email = details.email === undefined ? undefined : readEmail(details.email);
  const other = email === undefined ? undefined : await tx.people.findByEmail(email);
  const taken = other && other.id !== person.id;
  const role = details.role ?? person.role;
  const lastAdmin = role !== 'admin' && (await isLastAdmin(tx, person));
  const idTaken = await employeeIdTaken(tx, details, person);
  const errors: PersonErrors = {
    ...unrelated,
    ...(idTaken !== undefined && { employeeId: idTaken }),
    ...checkDetails(details),
    ...(taken && {
      email: other.active
        ? t`${other.email} is the address of someone else in the directory`
        : t`${other.email} is the address of someone else in the directory, who has left`,
    }),
    ...(lastAdmin && { role: lastAdminText() }),
  };
  const problems = problemsOf(errors);
  if (problems.length > 0) return { ok: false, problems, errors };

  const next = applyDetails(person, details, related);
  const changed = changedFields(person, next);
  if (changed.length === 0) return { ok: true, person, changed };
  if (changed.includes('role')) await rememberCodes(tx, person);
  const saved = await tx.people.save(
    changed.includes('email') ? await withExchange(tx, next, deps) : next,
  );
  const fields = changed.filter((field) => field !== 'role');
  if (fields.length > 0) await auditFields(tx, saved, { ...deps, fields });
  if (changed.includes('role')) {
    await tx.audit('person.role', aboutPerson(saved, deps, roles(person, saved)));
    if (givesRights(saved)) await endUnsureLinks(tx, saved.id, deps);
    if (person.role === 'admin') await endTokensOf(tx, saved.id, deps);
  }
  await afterChange(tx, { before: person, person: saved }, deps);
  return { ok: true, person: saved, changed };
}

/** With the time of an import that passed the address on. An admin who gives one by hand knows whose it is, which ends the doubt. */
async function withExchange(tx: Transaction, person: Person, { source }: ChangedBy) {
  const { exchangedAt: _, ...known } = person;
  if (source === undefined) return known;
  const isPassedOn = (await gettingFormer(tx, [person], tx.now)).has(person.id);
  return isPassedOn ? { ...person, exchangedAt: tx.now } : person;
}

/** What follows where fields of someone were saved. */
export async function afterChange(
  tx: Transaction,
  change: PersonChange,
  deps: ChangedBy,
): Promise<void> {
  const { before, person } = change;
  if (person.email !== before.email) await invalidateJoinOf(tx, person.email);
  await together([wakeRemovalsOf(tx, person.id), personChanged(tx, change, deps)]);
}

export type DeactivateResult =
  | {
      readonly ok: true;
      readonly person: Person;
      /** What is being removed. Undefined if they had already left. */
      readonly removed?: readonly RemovedAt[];
    }
  | { readonly ok: false; readonly why: string };

/**
 * A person leaves. They disappear from lists, and Latchkey refuses them. Their grants stop, and their access is removed. Their
 * chat links, authenticator and API tokens end too: when they come back, the chat account may belong to someone else. Tasks that were
 * theirs to do are any admin's.
 */
export async function deactivate(
  tx: Transaction,
  person: Person,
  deps: ChangedBy & { readonly cause?: Pick<Cause, 'kind' | 'id'> },
): Promise<DeactivateResult> {
  if (!person.active) return { ok: true, person };
  if (await isLastAdmin(tx, person)) return { ok: false, why: t`They stay: ${lastAdminText()}.` };
  const saved = await tx.people.save({ ...person, active: false });
  await tx.audit('person.deactivated', aboutPerson(saved, deps));
  await endChat(tx, saved.id, deps);
  await endDelegations(tx, saved.id, deps);
  await endAuthenticators(tx, saved.id, deps);
  await endTokensOf(tx, saved.id, deps);
  const { actor, cause = { kind: 'left' } } = deps;
  await cancelGrantTasks(tx, { personId: saved.id }, { actor });
  await leaveTasks(tx, saved.id);
  await cancelStopped(tx, { personId: saved.id }, { actor });
  // Now, not by a job: their address may be someone else's in a moment.
  await cancelRequests(tx, { personIds: [saved.id] });
  await cancelRequests(tx, { requestedById: saved.id });
  const removed = await removeAll(tx, saved, { cause, actor });
  await invalidateJoinOf(tx, saved.email);
  await personChanged(tx, { before: person, person: saved }, deps);
  return { ok: true, person: saved, removed };
}

/** An admin brings them back. They keep their fields, and nothing else (see `bringBack`). */
export const reactivate = async (
  tx: Transaction,
  person: Person,
  deps: ChangedBy,
): Promise<Person> =>
  person.active
    ? person
    : bringBack(tx, person, { ...deps, details: {}, related: {}, samePerson: true });

/**
 * The address of someone who left is added again. It may belong to another person now. So the former person's data and duties are
 * dropped, and only `details` apply. Nobody reports to them, so their manager can't make a circle.
 */
export async function comeBack(
  tx: Transaction,
  person: Person,
  {
    details,
    related,
    ...deps
  }: ChangedBy & { readonly details: PersonDetails; readonly related: Related },
): Promise<Person> {
  await endFormerDuties(tx, person, deps);
  // What someone decided about the former person isn't about them.
  for (const { id } of await tx.ruleExceptions.inEffect([person.id], tx.now))
    await endException(tx, id, deps);
  const theirs = { ...details, role: details.role ?? 'other' };
  return bringBack(tx, onlyAddressOf(person), {
    ...deps,
    details: theirs,
    related,
    samePerson: false,
  });
}

/** The name goes too: another person would act under it. `bringBack` drops and counts the stored values. */
const onlyAddressOf = ({ id, version, email, role, active, stored }: Person): Person => ({
  id,
  version,
  email,
  firstName: '',
  lastName: '',
  role,
  active,
  stored,
});

/**
 * Makes someone who left active. Stored values are dropped: their ids may belong to someone else now. Their access is unknown
 * until the next check. A former admin is an admin again only if `details` say so.
 */
async function bringBack(
  tx: Transaction,
  person: Person,
  {
    details,
    related,
    samePerson,
    ...deps
  }: ChangedBy & {
    readonly samePerson: boolean;
    readonly details: PersonDetails;
    readonly related: Related;
  },
): Promise<Person> {
  const role = details.role ?? (givesRights(person) ? 'other' : person.role);
  const {
    endDate: _,
    employeeId = '',
    ...before
  } = applyDetails(person, { ...details, role }, related);
  // An ID names one person. Where someone active has it by now, this person comes back without it.
  const isTaken = (await employeeIdTaken(tx, { employeeId })) !== undefined;
  const saved = await tx.people.save({
    ...before,
    employeeId: isTaken || employeeId === '' ? undefined : employeeId,
    active: true,
    stored: {},
    storedBy: {},
    ...(!samePerson && { addressSince: tx.now }),
  });
  const facts = Object.keys(knownFacts(person));
  const dropped = facts.length + (await tx.factClaims.deleteOf(saved.id));
  const how = { storedValuesDropped: dropped, samePerson };
  await tx.audit('person.reactivated', aboutPerson(saved, deps, how));
  if (isTaken) await auditFields(tx, saved, { ...deps, fields: ['employeeId'] });
  if (saved.role !== person.role)
    await tx.audit('person.role', aboutPerson(saved, deps, roles(person, saved)));
  await beginChatAgain(tx, saved.id, deps);
  // A planned offboarding is cancelled too, so that it can't remove what they get from now on.
  const leaving = await tx.offboardings.current(saved.id);
  if (leaving) await markCancelled(tx, leaving, deps.actor);
  await pauseRemovals(tx, saved.id, deps.actor);
  await endExceptionsOfLeaving(tx, saved.id, deps);
  await cancelOffboardingItems(tx, saved.id, { why: () => t`They are back.`, actor: deps.actor });
  const reason = await inWorkspaceLocale(tx, async () => t`Not checked since they came back.`);
  for (const access of await tx.access.forPerson(saved.id))
    if (access.state !== 'none' || (await wasThere(tx, access)))
      await tx.access.put({
        ...access,
        state: 'unknown',
        reason,
        since: tx.now,
        checkedAt: NEVER,
      });
  await invalidateJoinOf(tx, saved.email);
  await personChanged(tx, { before: person, person: saved }, deps); // They may be an approver again.
  await recordPeople(tx, [saved.id]);
  return saved;
}

/** Whether they ever had it, as far as Latchkey knows. When they left, every app was asked. */
async function wasThere(
  tx: Transaction,
  { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
): Promise<boolean> {
  const known = await together([
    tx.holds.of(personId, integrationId),
    tx.accounts.openAt(personId, integrationId),
    tx.accounts.goneAt(personId, integrationId),
  ]);
  return known.some((each) => each.length > 0);
}

/** Without an admin, nobody could set anything up. */
const lastAdminText = () => t`no one else is an admin; make someone else one first`;

async function isLastAdmin(tx: Transaction, person: Person): Promise<boolean> {
  if (!isAdmin(person)) return false;
  for (const { id } of await tx.people.admins()) {
    // Held: if two admins take the role from each other at the same moment, only one succeeds.
    const other = id === person.id ? undefined : await tx.people.hold(id);
    if (other && isAdmin(other)) return false;
  }
  return true;
}

const roles = (before: Person, { role }: Person) => ({ role, before: before.role });
