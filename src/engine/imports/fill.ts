/** Fills empty fields of a person from an app. It never overwrites a value. */
import type { Person } from '../people/directory.ts';
import type { PersonDetails } from '../people/person-details.ts';
import { namesManagerOfAdmin } from './managers-of-admins.ts';
import type { RowDetails } from './row-details.ts';

/**
 * @param manager the person that the row names; undefined if nobody has that address
 * @returns the fields to fill; undefined if there are none
 */
export function detailsThatFill(
  person: Person,
  details: RowDetails,
  manager: Person | undefined,
): PersonDetails | undefined {
  const { phone, position, department, startDate, managerEmail } = details;
  const takesManager =
    person.managerId === undefined &&
    manager?.active === true &&
    manager.id !== person.id &&
    !namesManagerOfAdmin(person, details);
  const lacked: PersonDetails = {
    ...(phone !== undefined && !person.phone && { phone }),
    ...(position !== undefined && !person.position && { position }),
    ...(department !== undefined && !person.department && { department }),
    ...(startDate !== undefined && !person.startDate && { startDate }),
    ...(managerEmail !== undefined && takesManager && { managerEmail }),
  };
  return Object.keys(lacked).length > 0 ? lacked : undefined;
}
