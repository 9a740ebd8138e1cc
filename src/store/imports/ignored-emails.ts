/** Addresses that imports leave out, since an admin ignores them or their person was erased. */
import type { Knex } from 'knex';
import type { IgnoredEmail, IgnoredEmailStore } from '../../engine/ports/import-stores.ts';
import { erasedAmong } from '../people/erased-addresses.ts';
import type { Vault } from '../vault/vault.ts';
import { likeWord, readActor, time } from '../work/columns.ts';
import { pageOf } from '../work/total.ts';
import { addressesAmong } from './sync-rows.ts';

interface IgnoredRow {
  readonly email: string;
  readonly ignored_by: string;
  readonly at: number;
}

export function createIgnoredEmailStore(db: Knex, vault: Vault): IgnoredEmailStore {
  const ignored = () => db<IgnoredRow>('ignored_emails');
  return {
    async addMany(many) {
      if (many.length === 0) return;
      await ignored()
        .insert(
          many.map(({ email, by, at }) => ({
            email,
            ignored_by: JSON.stringify(by),
            at: at.getTime(),
          })),
        )
        .onConflict('email')
        .ignore();
    },

    async among(emails) {
      const found = await addressesAmong(db, { table: 'ignored_emails' }, emails);
      const erased = await erasedAmong(db, vault, emails);
      return new Map([
        ...[...found].map((email) => [email, 'ignored'] as const),
        ...erased.map((email) => [email, 'erased'] as const),
      ]);
    },

    async list(search, page) {
      const matching = () => {
        const query = ignored();
        if (search.trim() !== '')
          query.whereRaw(String.raw`email like ? escape '\'`, [
            likeWord(search.trim().toLowerCase()),
          ]);
        return query;
      };
      const { rows, total } = await pageOf(matching, page, [
        { column: 'at', order: 'desc' },
        { column: 'email' },
      ]);
      return { ignored: rows.map(toIgnored), total };
    },

    async delete(email) {
      await ignored().where({ email }).delete();
    },
  };
}

const toIgnored = (row: IgnoredRow): IgnoredEmail => ({
  email: row.email,
  by: readActor(row.ignored_by, 'ignored_emails.ignored_by'),
  at: time(row.at),
});
