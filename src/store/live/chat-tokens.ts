import type { Knex } from 'knex';
import { z } from 'zod';
import type { ChatToken, ChatTokenStore } from '../../engine/ports/chat-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { msOrNull, time } from '../work/columns.ts';

interface TokenRow {
  readonly platform: string;
  readonly version: number;
  /** Sealed JSON. */
  readonly content: string;
  readonly expires_at: number;
  readonly leased_until: number | null;
  readonly lost_at: number | null;
}

const content = z.object({
  token: z.string(),
  refreshToken: z.string(),
  origins: z.array(z.string()).readonly(),
  failure: z.string().optional(),
});

export function createChatTokenStore(db: Knex, vault: Vault): ChatTokenStore {
  const tokens = () => db<TokenRow>('chat_tokens');
  const contents = sealedTexts(vault, sealedColumns.chatToken);

  async function columnsOf({ platform, expiresAt, leasedUntil, lostAt, ...rest }: ChatToken) {
    const { token, refreshToken, origins, failure } = rest;
    return {
      platform,
      content: await contents.sealJson({ platform }, {
        token,
        refreshToken,
        origins,
        failure,
      } satisfies z.input<typeof content>),
      expires_at: expiresAt.getTime(),
      leased_until: msOrNull(leasedUntil),
      lost_at: msOrNull(lostAt),
    };
  }

  return {
    async find(platform) {
      const row = await tokens().where({ platform }).first();
      if (!row) return undefined;
      return {
        platform,
        version: row.version,
        ...(await contents.openJson(content, row)),
        expiresAt: time(row.expires_at),
        ...(row.leased_until !== null && { leasedUntil: time(row.leased_until) }),
        ...(row.lost_at !== null && { lostAt: time(row.lost_at) }),
      };
    },

    async insert(token) {
      const row = { ...(await columnsOf(token)), version: token.version };
      // PostgreSQL counts what was inserted; SQLite's driver returns the row's id, which tells nothing.
      const inserted = await tokens()
        .insert(row)
        .onConflict('platform')
        .ignore()
        .returning('version');
      return inserted.length > 0;
    },

    async save(token) {
      const { platform, version } = token;
      const columns = await columnsOf(token);
      const changed = await tokens()
        .where({ platform, version })
        .update({ ...columns, version: version + 1 });
      return changed === 0 ? undefined : { ...token, version: version + 1 };
    },
  };
}
