/** Adding people to the directory. */
import { nextTurn } from '../../core/next-turn.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import { recordPeople } from '../sequences/events/record-event.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';
import { comeBack } from './change-person.ts';
import { endUnsureLinks } from './chat-links.ts';
import { type ChangedBy, type Person, SYSTEM } from './directory.ts';
import { invalidateJoinOf } from './joins.ts';
import { personChanged } from './person-changed.ts';
import {
  applyDetails,
  checkDetails,
  employeeIdTaken,
  findRelated,
  type PersonDetails,
  type PersonErrors,
  problemsOf,
  readEmail,
} from './person-details.ts';
import type { PersonWithFacts } from './stored-values.ts';

/** What is typed about a new person; emails in any case. */
export interface NewPerson extends PersonDetails {
  readonly email: string;
}

export type AddResult =
  /** `returned`: they had left, and came back without what they had. */
  | { readonly ok: true; readonly person: Person; readonly returned: boolean }
  | {
      readonly ok: false;
      /** Sentences that name the field and the cure, all of them. */
      readonly problems: readonly string[];
      readonly errors: PersonErrors;
    };

/** Adds a person. If the address belongs to someone who left, they come back. */
export async function addPerson(
  tx: Transaction,
  wanted: NewPerson,
  deps: ChangedBy,
): Promise<AddResult> {
  const email = readEmail(wanted.email);
  const known = email === undefined ? undefined : await tx.people.findByEmail(email);
  const { related, errors: unrelated } = await findRelated(tx, wanted, known);
  const idTaken = await employeeIdTaken(tx, wanted, known);
  const errors: PersonErrors = {
    ...unrelated,
    ...(idTaken !== undefined && { employeeId: idTaken }),
    ...checkDetails(wanted),
    ...(known?.active && { email: t`${known.email} is already in the directory` }),
  };
  const problems = problemsOf(errors);
  if (email === undefined || problems.length > 0) return { ok: false, problems, errors };
  await invalidate(tx, setUpTopic); // The first one is a step of setting up.
  if (known) {
    const person = await comeBack(tx, known, { ...deps, details: wanted, related });
    return { ok: true, person, returned: true };
  }
  const person = applyDetails(blank(tx.newId(), email), wanted, related);
  // Another process has just added them: the next try finds them.
  if ((await tx.people.insert(person)) === 'taken') return addPerson(tx, wanted, deps);
  await tx.audit('person.added', { actor: deps.actor, personId: person.id });
  await invalidateJoinOf(tx, email);
  await recordPeople(tx, [person.id]);
  await notePeople(tx, [person.id]);
  return { ok: true, person, returned: false };
}

/** Adds the new people of an import. */
export async function addImported(
  tx: Transaction,
  people: readonly Person[],
  {
    actor,
    importId,
    detail,
  }: ChangedBy & Required<Pick<AuditNote, 'detail'>> & { readonly importId: string },
): Promise<void> {
  if (people.length === 0) return;
  await together([
    tx.people.insertMany(people.map((person) => ({ ...person, addedByImport: importId }))),
    // Hundreds of entries are made while the database stores the people.
    nextTurn().then(() =>
      tx.auditAll(
        people.map(({ id: personId }) => ({ actor, what: 'person.added', personId, detail })),
      ),
    ),
  ]);
  const ids = people.map(({ id }) => id);
  await together([recordPeople(tx, ids), notePeople(tx, ids)]);
}

/** A person with nothing but an address. */
export const blank = (id: string, email: string): PersonWithFacts => ({
  id,
  version: 1,
  email,
  firstName: '',
  lastName: '',
  role: 'other',
  active: true,
  stored: {},
});

/**
 * Makes the people that `ADMIN_EMAILS` names admins, and adds those who are missing. The first user does not become an admin.
 * Several processes may run this at the same moment.
 */
export async function ensureAdmins(tx: Transaction, emails: readonly string[]): Promise<void> {
  for (const email of emails) {
    const known = await tx.people.findByEmail(email);
    if (!known) {
      const added = await addPerson(tx, { email, role: 'admin' }, { actor: SYSTEM });
      if (added.ok) continue;
    }
    const found = known ?? (await tx.people.findByEmail(email));
    const person = found && (await tx.people.hold(found.id)); // Another process may have changed them.
    if (!person || person.role === 'admin') continue;
    const saved = await tx.people.save({ ...person, role: 'admin' });
    await tx.audit('person.role', {
      actor: SYSTEM,
      personId: person.id,
      detail: { role: 'admin', before: person.role },
    });
    await endUnsureLinks(tx, person.id, { actor: SYSTEM });
    await personChanged(tx, { before: person, person: saved }, { actor: SYSTEM });
  }
}
