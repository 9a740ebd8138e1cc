/** By which ids and addresses rows name a person. */
import type { Knex } from 'knex';
import type { Person } from '../../engine/people/directory.ts';
import { asStored } from './erased-addresses.ts';
import { OF_SOMEONE_HERE, type PersonInRows } from './personal-data.ts';

/** Finds every id that rows may use for the person: each chat user who is this person, or was and is nobody else now. */
export async function namedBy(db: Knex, person: Person): Promise<PersonInRows> {
  const users = (table: string) =>
    db(`${table} as theirs`)
      .where({ 'theirs.person_id': person.id })
      .select<PersonInRows['chatUsers'][number][]>(
        'theirs.platform',
        'theirs.tenant',
        'theirs.user_id',
      );
  const now = await users('chat_identities');
  const former = await users('former_chat_identities')
    .leftJoin('chat_identities as now', (on) => {
      for (const column of ['platform', 'tenant', 'user_id'])
        on.on(`now.${column}`, `theirs.${column}`);
    })
    .whereNull('now.person_id');
  return { person, emails: asStored(person.email), chatUsers: [...now, ...former] };
}

/** Addresses that they had, unless someone else has them now. */
export const formerEmailsOf = (db: Knex, { id }: Person): Promise<readonly string[]> =>
  db('former_emails')
    .where({ person_id: id })
    .whereNotIn('email', db('people').select('email'))
    .pluck('email');

/**
 * Addresses under which imports have them, and found them by their employee ID. Unless someone else has that address, or has that ID,
 * too: then the row may be theirs.
 */
export async function importedEmailsOf(
  db: Knex,
  { id, employeeId }: Person,
): Promise<readonly string[]> {
  if (employeeId === undefined) return [];
  return db('sync_rows')
    .where({ employee_id: employeeId })
    .whereIn('state', [...OF_SOMEONE_HERE])
    .whereNotNull('email')
    .whereNotIn('email', db('people').select('email'))
    .whereNotExists(db('people').select('id').where({ employee_id: employeeId }).whereNot({ id }))
    .distinct()
    .pluck('email');
}
