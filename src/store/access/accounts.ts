import type { Knex } from 'knex';
import { isJsonObject, stringifyJson } from '../../core/json.ts';
import type { Account } from '../../engine/access/account.ts';
import type { AccessState } from '../../engine/people/directory.ts';
import type { AccountStore } from '../../engine/ports/removal-stores.ts';
import { Unreadable } from '../../engine/ports/store.ts';
import { formValues } from '../../engine/runs/run.ts';
import { holdLockOf } from '../advisory-locks.ts';
import { identityIn, sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { unreadable } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import {
  CorruptRow,
  msOrNull,
  oneOf,
  type RowOf,
  readJsonObject,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { savedRows } from '../work/versioned-rows.ts';

interface Content {
  readonly facts: Account['facts'];
  readonly form: Account['form'];
  readonly reason: string;
  readonly wasThere: boolean;
}

export const states: Record<AccessState, true> = { has: true, none: true, unknown: true };

const MAX_GONE = 10;
const MAX_PEOPLE = 250;
const MAX_SAME = 20;

export function createAccountStore(db: Knex, vault: Vault): AccountStore {
  const accounts = () => db<AccountRow>('accounts');
  const contents = sealedTexts(vault, sealedColumns.account);

  /** Without whose it is and where, which is written once: an update that names them would check two indexes. */
  const toChanges = async (account: Account) => {
    const { facts, form: answers, answer, wasThere = false } = account;
    const reason = answer?.reason ?? '';
    const content = { facts, form: answers, reason, wasThere } satisfies Content;
    return {
      id: account.id,
      version: account.version,
      run_id: account.runId ?? null,
      written_at: msOrNull(account.writtenAt),
      revoked_at: msOrNull(account.revokedAt),
      state: answer?.state ?? null,
      checked_at: msOrNull(answer?.checkedAt),
      by_status: answer?.byStatus ?? false,
      gone_at: msOrNull(account.goneAt),
      checked_as: account.checkedAs ?? null,
      revoked_as: account.revokedAs ?? null,
      // One that can't be read stays as it is.
      ...('facts' in account && {
        /** Sealed JSON of `Content`. */
        content: await contents.seal(account, stringifyJson(content)),
      }),
    };
  };
  const toRow = async (account: Account) => ({
    person_id: account.personId,
    integration_id: account.integrationId,
    ...(await toChanges(account)),
  });
  type AccountRow = RowOf<typeof toRow>;

  /** Facts and answers that can't be read fail where someone needs them, so that a damaged row stops nothing else. */
  const contentOf = async (row: AccountRow) => {
    try {
      const { reason, wasThere, ...named } = readContent(await contents.open(row));
      return { named, reason, wasThere };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const get = () => {
        throw new CorruptRow(`accounts.content of ${row.id}`, { cause: error });
      };
      const named = Object.defineProperties({} as Pick<Content, 'facts' | 'form'>, {
        facts: { get },
        form: { get },
      });
      return {
        named,
        reason: unreadable(identityIn(sealedColumns.account, row), error),
        wasThere: true,
      };
    }
  };

  const read = async (row: AccountRow): Promise<Account> => {
    const { named, reason, wasThere } = await contentOf(row);
    const account = {
      ...withoutNulls({
        id: row.id,
        version: row.version,
        personId: row.person_id,
        integrationId: row.integration_id,
        runId: row.run_id,
        writtenAt: timeOrNull(row.written_at),
        revokedAt: timeOrNull(row.revoked_at),
        goneAt: timeOrNull(row.gone_at),
        checkedAs: row.checked_as,
        revokedAs: row.revoked_as,
      }),
      ...(wasThere && { wasThere }),
      ...(row.state !== null &&
        row.checked_at !== null && {
          answer: {
            state: oneOf(states, row.state, 'accounts.state'),
            reason,
            checkedAt: time(row.checked_at),
            ...(Boolean(row.by_status) && { byStatus: true as const }),
          },
        }),
    };
    const descriptors = Object.getOwnPropertyDescriptors(named);
    return Object.defineProperties(account as typeof account & typeof named, descriptors);
  };
  const readAll = (rows: readonly AccountRow[]): Promise<readonly Account[]> =>
    Promise.all(rows.map(read));

  return {
    async insert(account) {
      await accounts().insert(await toRow(account));
    },

    async openAt(personId, integrationId) {
      return readAll(
        await accounts()
          .where({ person_id: personId, integration_id: integrationId, gone_at: null })
          .orderBy('id'),
      );
    },

    async openOf(personId) {
      return readAll(await accounts().where({ person_id: personId, gone_at: null }).orderBy('id'));
    },

    async withKeys(integrationId, keys) {
      const marks = keys.map(() => '?').join(', ');
      // If they were asked for either key at once, SQLite would read all accounts of the integration.
      const having = (column: 'checked_as' | 'revoked_as') =>
        `id in (select id from accounts where integration_id = ? and gone_at is null and ${column} in (${marks}))`;
      const values = [integrationId, ...keys];
      return readAll(
        await accounts()
          // In SQL: Knex would make the text of a query in a query each time.
          .whereRaw(`(${having('checked_as')} or ${having('revoked_as')})`, [...values, ...values])
          .orderBy('id')
          .limit(MAX_SAME),
      );
    },

    async withoutKeys(limit) {
      return readAll(
        await accounts().where({ checked_as: null, gone_at: null }).orderBy('id').limit(limit),
      );
    },

    async holdKeys(integrationId, keys) {
      for (const key of [...keys].toSorted()) await holdLockOf(db, ['account', integrationId, key]);
    },

    async goneAt(personId, integrationId) {
      return readAll(
        await accounts()
          .where({ person_id: personId, integration_id: integrationId })
          .whereNotNull('gone_at')
          .orderBy(newestFirst('gone_at'))
          .limit(MAX_GONE),
      );
    },

    async pageAt(integrationId, afterId) {
      return readAll(
        await accounts()
          .where({ integration_id: integrationId })
          .where('id', '>', afterId)
          .orderBy('id')
          .limit(MAX_PEOPLE),
      );
    },

    async peopleAt(integrationId, afterPersonId = '') {
      return accounts()
        .where({ integration_id: integrationId, gone_at: null })
        .whereNotNull('written_at')
        .where('person_id', '>', afterPersonId)
        .distinct('person_id')
        .orderBy('person_id')
        .limit(MAX_PEOPLE)
        .pluck('person_id');
    },

    ...savedRows(accounts, 'account', { toRow: toChanges, fromRow: read }),
  };
}

function readContent(text: string): Content {
  const place = 'accounts.content';
  const { facts, form: answered, reason, wasThere } = readJsonObject(text, place);
  const answers = formValues.safeParse(answered);
  if (!isJsonObject(facts) || !answers.success || typeof reason !== 'string')
    throw new CorruptRow(place);
  return { facts, form: answers.data, reason, wasThere: wasThere === true };
}
