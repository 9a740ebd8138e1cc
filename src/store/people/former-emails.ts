import type { Knex } from 'knex';
import type { FormerEmailStore } from '../../engine/ports/finding-stores.ts';

export const createFormerEmailStore = (db: Knex): FormerEmailStore => ({
  async add(personId, email, until) {
    await db('former_emails')
      .insert({ person_id: personId, email, until: until.getTime() })
      .onConflict(['person_id', 'email'])
      .merge(['until']);
  },

  async whose(emails) {
    const rows: readonly { readonly email: string; readonly person_id: string }[] = await db(
      'former_emails',
    )
      .whereIn('email', [...emails])
      .orderBy(['until', 'person_id'])
      .select('email', 'person_id');
    // Of several people the last one counts: later rows replace earlier ones.
    return new Map(rows.map(({ email, person_id: personId }) => [email, personId]));
  },
});
