import type { Knex } from 'knex';
import { z } from 'zod';
import type { AuthenticatorStore } from '../../engine/ports/step-up-stores.ts';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { type Authenticator, authenticatorStates } from '../../engine/step-up/authenticator.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, type RowOf, time } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { saveVersioned } from '../work/save-versioned.ts';

export const states = authenticatorStates;

const content = z.object({ key: z.string(), recovery: z.array(z.string()) });

export function createAuthenticatorStore(db: Knex, vault: Vault): AuthenticatorStore {
  const authenticators = () => db<AuthenticatorRow>('authenticators');
  const contents = sealedTexts(vault, sealedColumns.authenticator);

  const toRow = async (authenticator: Authenticator) => ({
    id: authenticator.id,
    version: authenticator.version,
    person_id: authenticator.personId,
    state: authenticator.state,
    // What can't be read stays as it is.
    ...(authenticator.secrets !== 'unread' && {
      content: await contents.sealJson(authenticator, authenticator.secrets),
    }),
    used_step: authenticator.usedStep ?? null,
    wrong: authenticator.wrong,
    created_at: authenticator.createdAt.getTime(),
  });
  type AuthenticatorRow = RowOf<typeof toRow>;

  const toAuthenticator = async (row: AuthenticatorRow): Promise<Authenticator> => ({
    id: row.id,
    version: row.version,
    personId: row.person_id,
    state: oneOf(states, row.state, 'authenticators.state'),
    secrets: await unlessUnreadable(contents.openJson(content, row), 'unread' as const),
    usedStep: row.used_step ?? undefined,
    wrong: row.wrong,
    createdAt: time(row.created_at),
  });

  return {
    async insert(authenticator) {
      await authenticators().insert(await toRow(authenticator));
    },

    find: findBy('id', authenticators, toAuthenticator),

    async of(personId) {
      const rows = await authenticators().where({ person_id: personId }).orderBy('id');
      return Promise.all(rows.map(toAuthenticator));
    },

    save: (authenticator) => saveVersioned(authenticators(), 'authenticator', authenticator, toRow),

    async delete(id) {
      await authenticators().where({ id }).delete();
    },
  };
}
