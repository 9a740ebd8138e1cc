import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import type { FormerEmail, FormerEmailStore } from '../../engine/ports/finding-stores.ts';
import { time } from '../work/columns.ts';
import { whereAmong } from '../work/look-up.ts';

interface FormerRow {
  readonly person_id: string;
  readonly email: string;
  readonly until: number;
}

/** Ids in one statement, since databases limit the number of parameters. */
const IDS_AT_ONCE = 500;

export const createFormerEmailStore = (db: Knex): FormerEmailStore => ({
  async add(personId, email, until) {
    await db('former_emails')
      .insert({ person_id: personId, email, until: until.getTime() })
      .onConflict(['person_id', 'email'])
      .merge(['until']);
  },

  async whose(emails) {
    const having = whereAmong(db, db<FormerRow>('former_emails'), {
      column: 'email',
      texts: emails,
    });
    const rows = await having.orderBy(['until', 'person_id']).select('email', 'person_id');
    // Of several people the last one counts: later rows replace earlier ones.
    return new Map(rows.map(({ email, person_id: personId }) => [email, personId]));
  },

  hadSince: (email, since) =>
    db<FormerRow>('former_emails')
      .where({ email })
      .where('until', '>=', since.getTime())
      .orderBy('person_id')
      .pluck('person_id'),

  async ofPeople(personIds) {
    const found = new Map<string, FormerEmail[]>();
    for (const some of chunksOf(personIds, IDS_AT_ONCE)) {
      const rows: readonly FormerRow[] = await db<FormerRow>('former_emails')
        .whereIn('person_id', some)
        .orderBy([{ column: 'until', order: 'desc' }, 'email']);
      for (const { person_id: personId, email, until } of rows)
        found.set(personId, [...(found.get(personId) ?? []), { email, until: time(until) }]);
    }
    return found;
  },
});
