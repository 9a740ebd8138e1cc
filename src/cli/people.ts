import type { Role } from '../engine/directory.ts';
import { fullName } from '../engine/directory.ts';
import { addPerson, type NewPerson } from '../engine/people.ts';
import { CommandError, inSession } from './session.ts';

export const ROLES: readonly Role[] = ['admin', 'manager', 'new_hire', 'other'];

/** As commander hands them over. */
export interface AddPersonOptions {
  readonly email: string;
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

/** `latchkey people add --email …` */
export const addPersonCommand = (options: AddPersonOptions): Promise<void> =>
  inSession(async ({ transact, now, newId, actor, output }) => {
    const { manager, buddy, start, ...rest } = options;
    const person: NewPerson = {
      ...rest,
      ...(manager !== undefined && { managerEmail: manager }),
      ...(buddy !== undefined && { buddyEmail: buddy }),
      ...(start !== undefined && { startDate: start }),
    };
    const added = await transact((tx) => addPerson(tx, person, { now, newId, actor }));
    if (!added.ok)
      throw new CommandError(['the person was not added', ...added.problems].join('\n  '));
    output.line(`Added ${fullName(added.person)} <${added.person.email}>.`);
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
    output.table(
      ['NAME', 'EMAIL', 'ROLE', 'MANAGER', 'START'],
      people.map((person) => [
        fullName(person),
        person.email,
        person.role,
        managers.find(({ id }) => id === person.managerId)?.email ?? '',
        person.startDate ?? '',
      ]),
      total === 0 ? 'Nobody matches.' : 'There is no such page.',
    );
    const pages = Math.ceil(total / PAGE);
    if (pages > 1)
      output.note(`Page ${options.page} of ${pages}, ${total} people; see more with --page.`);
  });

const PAGE = 50;
