import type { Knex } from 'knex';
import { HOUR_MS } from '../../core/hours.ts';
import type { FormSessionStore } from '../../engine/ports/chat-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { time } from '../work/columns.ts';

interface FormSessionRow {
  readonly id: string;
  /** Sealed, since options and first values become form values. */
  readonly form: string;
  readonly person_id: string;
  readonly created_at: number;
  readonly used_at: number | null;
}

/** An older form must be opened again, since its options may have changed. */
const LIFE_MS = HOUR_MS;

export function createFormSessionStore(db: Knex, vault: Vault): FormSessionStore {
  const sessions = () => db<FormSessionRow>('form_sessions');
  const forms = sealedTexts(vault, sealedColumns.form);
  const oldest = (at: Date) => at.getTime() - LIFE_MS;
  const answerable = (id: string, at: Date) =>
    sessions().where({ id }).whereNull('used_at').where('created_at', '>=', oldest(at));

  return {
    async insert(session) {
      // An index finds the expired rows, usually none, so the table needs no clean-up job.
      await sessions().where('created_at', '<', oldest(session.createdAt)).delete();
      await sessions().insert({
        id: session.id,
        form: await forms.seal(session, session.form),
        person_id: session.personId,
        created_at: session.createdAt.getTime(),
        used_at: null,
      });
    },

    async find(id, at) {
      const row = await answerable(id, at).first();
      if (row === undefined) {
        return undefined;
      }
      return {
        id,
        form: await forms.open(row),
        personId: row.person_id,
        createdAt: time(row.created_at),
      };
    },

    async isUsed(id, personId) {
      const used = sessions().where({ id, person_id: personId }).whereNotNull('used_at');
      return (await used.first('id')) !== undefined;
    },

    async use(id, at) {
      return (await answerable(id, at).update({ used_at: at.getTime() })) === 1;
    },

    async reopen(id) {
      await sessions().where({ id }).update({ used_at: null });
    },

    async deleteOf(personId) {
      await sessions().where({ person_id: personId }).delete();
    },
  };
}
