import type { Knex } from 'knex';
import { z } from 'zod';
import type { AuthenticatorStore } from '../../engine/ports/step-up-stores.ts';
import { type Authenticator, authenticatorStates } from '../../engine/step-up/authenticator.ts';
import { identityOf, sealedColumns } from '../vault/sealed-columns.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, readJson, time } from '../work/columns.ts';
import { saveVersioned } from '../work/save-versioned.ts';

interface AuthenticatorRow {
  readonly id: string;
  readonly version: number;
  readonly person_id: string;
  readonly state: string;
  /** Sealed. */
  readonly content: string;
  readonly used_step: number | null;
  readonly wrong: number;
  readonly created_at: number;
}

export const states = authenticatorStates;

const content = z.object({ key: z.string(), recovery: z.array(z.string()) });

export function createAuthenticatorStore(db: Knex, vault: Vault): AuthenticatorStore {
  const authenticators = () => db<AuthenticatorRow>('authenticators');

  const toRow = async ({
    id,
    version,
    personId,
    state,
    key,
    recovery,
    usedStep,
    wrong,
    createdAt,
  }: Authenticator): Promise<AuthenticatorRow> => ({
    id,
    version,
    person_id: personId,
    state,
    content: await vault.seal(
      identityOf(sealedColumns.authenticator, id),
      JSON.stringify({ key, recovery }),
    ),
    used_step: usedStep ?? null,
    wrong,
    created_at: createdAt.getTime(),
  });

  const toAuthenticator = async (row: AuthenticatorRow): Promise<Authenticator> => {
    const text = await vault.open(identityOf(sealedColumns.authenticator, row.id), row.content);
    return {
      id: row.id,
      version: row.version,
      personId: row.person_id,
      state: oneOf(states, row.state, 'authenticators.state'),
      ...readJson(content, text, 'authenticators.content'),
      usedStep: row.used_step ?? undefined,
      wrong: row.wrong,
      createdAt: time(row.created_at),
    };
  };

  return {
    async insert(authenticator) {
      await authenticators().insert(await toRow(authenticator));
    },

    async find(id) {
      const row = await authenticators().where({ id }).first();
      return row && toAuthenticator(row);
    },

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
