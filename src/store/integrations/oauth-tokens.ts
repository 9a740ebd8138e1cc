import type { Knex } from 'knex';
import { stringifyJson } from '../../core/json.ts';
import type { OAuthStore, OAuthToken } from '../../engine/ports/integration-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { msOrNull, type RowOf, readJsonObject, time } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { readable } from '../work/readable.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';

export const states: Record<OAuthToken['state'], true> = { connected: true, reconnect: true };

export function createOAuthStore(db: Knex, vault: Vault): OAuthStore {
  const tokens = () => db<TokenRow>('oauth_tokens');
  const answers = sealedTexts(vault, sealedColumns.oauthToken);
  const apps = sealedTexts(vault, sealedColumns.oauthApp);
  const failures = sealedTexts(vault, sealedColumns.oauthFailure);

  async function columnsOf(token: OAuthToken) {
    const key = { integration_id: token.integrationId };
    return {
      ...toColumns(token),
      answer: await answers.seal(key, stringifyJson(token.answer)),
      /** Sealed, since an admin may have entered parts of it as secrets. */
      app: await apps.seal(key, token.app),
      failed_at: msOrNull(token.failure?.at),
      /** Sealed, since it quotes the app's answer. */
      failure: await failures.seal(key, token.failure?.why),
    };
  }
  type TokenRow = RowOf<typeof columnsOf> & { readonly version: number };

  async function open(row: TokenRow): Promise<OAuthToken> {
    const why = (await failures.open(row)) ?? '';
    return {
      ...fromColumns(row),
      version: row.version,
      answer: readJsonObject(await answers.open(row), 'oauth_tokens.answer'),
      app: (await apps.open(row)) ?? undefined,
      ...(row.failed_at !== null && { failure: { at: time(row.failed_at), why } }),
    };
  }

  return {
    find: findBy('integration_id', tokens, open),

    async findMany(integrationIds) {
      return readable(await tokens().whereIn('integration_id', integrationIds), open);
    },

    async failures() {
      const rows = await tokens().whereNotNull('failed_at');
      return new Map(rows.map((row) => [row.integration_id, time(row.failed_at ?? 0)]));
    },

    async put(token) {
      const columns = await columnsOf(token);
      await tokens()
        .insert({ ...columns, version: 1 })
        .onConflict('integration_id')
        .merge({ ...columns, version: db.raw('?? + 1', ['oauth_tokens.version']) });
    },

    async save(token) {
      const { integrationId, version } = token;
      const changed = await tokens()
        .where({ integration_id: integrationId, version })
        .update({ ...(await columnsOf(token)), version: version + 1 });
      if (changed === 0) throw new StaleWrite('OAuth token', integrationId, version);
      return { ...token, version: version + 1 };
    },

    async forgetFailure(integrationId) {
      await tokens()
        .where({ integration_id: integrationId })
        .update({
          state: 'connected',
          failed_at: null,
          failure: null,
          version: db.raw('version + 1'),
        });
    },

    async delete(integrationId) {
      return (await tokens().where({ integration_id: integrationId }).delete()) > 0;
    },
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('oauth_tokens', {
  integrationId: text,
  generation: number,
  state: word(states),
  refreshedAt: date,
  expiresAt: optional(date),
  leasedUntil: optional(date),
});
