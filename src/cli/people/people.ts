import { changePerson, deactivate, reactivate } from '../../engine/people/change-person.ts';
import type { Role } from '../../engine/people/directory.ts';
import { fullName } from '../../engine/people/directory.ts';
import { addPerson } from '../../engine/people/people.ts';
import { fieldNames, type PersonDetails } from '../../engine/people/person-details.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { CommandError } from '../command-error.ts';
import { noSuchPage, whichPage } from '../counted.ts';
import { inSession, withPerson } from '../session.ts';

/** As commander parses them. */
export interface PersonOptions {
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  readonly manager?: string;
  readonly buddy?: string;
  readonly start?: string;
  readonly timeZone?: string;
  readonly role?: Role;
}

export interface AddPersonOptions extends PersonOptions {
  readonly email: string;
}

function detailsIn({ manager, buddy, start, ...rest }: PersonOptions): PersonDetails {
  return {
    ...rest,
    ...(manager !== undefined && { managerEmail: manager }),
    ...(buddy !== undefined && { buddyEmail: buddy }),
    ...(start !== undefined && { startDate: start }),
  };
}

/** `latchkey people add --email …` */
export const addPersonCommand = (options: AddPersonOptions): Promise<void> =>
  inSession(async ({ transact, actor, output }) => {
    const person = { ...detailsIn(options), email: options.email };
    const added = await transact((tx) => addPerson(tx, person, { actor }));
    if (!added.ok) throw new CommandError('the person was not added', added.problems);
    output.line(`Added ${fullName(added.person)} <${added.person.email}>.`);
    if (added.returned) output.note(CAME_BACK);
  });

const CAME_BACK =
  'They had left before. What integrations had stored with them was deleted, and their access is not confirmed until Latchkey checks it.';

/** `latchkey people change PERSON --…`. An empty value removes the old one. */
export const changePersonCommand = (name: string, options: PersonOptions): Promise<void> =>
  withPerson(name, async (person, session) => {
    const changed = await session.transact(async (tx) =>
      changePerson(tx, (await tx.people.hold(person.id)) ?? person, {
        actor: session.actor,
        details: detailsIn(options),
      }),
    );
    if (!changed.ok) throw new CommandError('nothing was changed', changed.problems);
    const { output } = session;
    if (changed.changed.length === 0)
      output.line('Nothing changed: these values were set already.');
    else output.line(`Changed ${fieldNames(changed.changed)} of ${fullName(changed.person)}.`);
  });

/** `latchkey people deactivate PERSON` */
export const deactivatePersonCommand = (name: string): Promise<void> =>
  withPerson(name, async (person, session) => {
    const left = await session.transact(async (tx) =>
      deactivate(tx, (await tx.people.hold(person.id)) ?? person, session),
    );
    if (!left.ok) throw new CommandError(left.why);
    session.output.line(`${fullName(left.person)} <${left.person.email}> has left.`);
    session.output.note(
      `Latchkey removes their access while it runs: see "latchkey removals ${left.person.email}". To remove it now: "latchkey revoke ${left.person.email} --all".`,
    );
  });

/** `latchkey people reactivate EMAIL` */
export const reactivatePersonCommand = (email: string): Promise<void> =>
  inSession(async (session) => {
    const person = await session.stores.people.findByEmail(email);
    if (!person)
      throw new CommandError(
        `no one in the directory has or had the address ${email}; add them with "latchkey people add"`,
      );
    if (person.active) throw new CommandError(`${fullName(person)} is active already`);
    const comeBack = async (tx: Transaction) =>
      reactivate(tx, (await tx.people.hold(person.id)) ?? person, session);
    await session.transact(comeBack); // In a transaction, since their offboarding may continue at this moment.
    session.output.line(`${fullName(person)} <${person.email}> is active again.`);
    session.output.note(CAME_BACK);
    const paused = (await session.stores.removals.openOf(person.id)).length;
    if (paused > 0)
      session.output.note(
        `Some of their access was being removed. Those removals wait three days: see "latchkey removals ${person.email}", and grant what they keep.`,
      );
  });

/** `latchkey people list [--search TEXT] [--page N]` */
export const listPeopleCommand = (options: {
  readonly search: string;
  readonly page: number;
}): Promise<void> =>
  inSession(async ({ stores, output }) => {
    const offset = (options.page - 1) * PAGE;
    const { people, total } = await stores.people.search(options.search, { offset, limit: PAGE });
    const managers = await stores.people.findMany(
      people.flatMap(({ managerId }) => (managerId ? [managerId] : [])),
    );
    const pages = Math.ceil(total / PAGE);
    const nobody =
      options.search === ''
        ? 'The directory is empty. Add someone with: latchkey people add'
        : 'No one matches.';
    output.table(
      ['NAME', 'EMAIL', 'ROLE', 'MANAGER', 'START'],
      people.map((person) => [
        fullName(person),
        person.email,
        person.role,
        managers.find(({ id }) => id === person.managerId)?.email ?? '',
        person.startDate ?? '',
      ]),
      total === 0 ? nobody : noSuchPage(options.page, pages),
    );
    const which = whichPage(options.page, pages, `${total} people`);
    if (which) output.note(which);
  });

const PAGE = 50;
