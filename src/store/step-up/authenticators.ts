import type { Knex } from 'knex';
import { z } from 'zod';
import type { AuthenticatorStore } from '../../engine/ports/step-up-stores.ts';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { type Authenticator, authenticatorStates } from '../../engine/step-up/authenticator.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import type { RowOf } from '../work/columns.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { versionedRows } from '../work/versioned-rows.ts';

const content = z.object({ key: z.string(), recovery: z.array(z.string()) });

export function createAuthenticatorStore(db: Knex, vault: Vault): AuthenticatorStore {
  const authenticators = () => db<AuthenticatorRow>('authenticators');
  const contents = sealedTexts(vault, sealedColumns.authenticator);

  const toRow = async (authenticator: Authenticator) => ({
    ...toColumns(authenticator),
    // What can't be read stays as it is.
    ...(authenticator.secrets !== 'unread' && {
      content: await contents.sealJson(authenticator, authenticator.secrets),
    }),
  });
  type AuthenticatorRow = RowOf<typeof toRow>;

  const toAuthenticator = async (row: AuthenticatorRow): Promise<Authenticator> => ({
    ...fromColumns(row),
    secrets: await unlessUnreadable(contents.openJson(content, row), 'unread' as const),
  });

  return {
    async of(personId) {
      const rows = await authenticators().where({ person_id: personId }).orderBy('id');
      return Promise.all(rows.map(toAuthenticator));
    },

    async delete(id) {
      await authenticators().where({ id }).delete();
    },

    ...versionedRows(authenticators, 'authenticator', { toRow, fromRow: toAuthenticator }),
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('authenticators', {
  id: text,
  version: number,
  personId: text,
  state: word(authenticatorStates),
  usedStep: optional(number),
  wrong: number,
  createdAt: date,
});
