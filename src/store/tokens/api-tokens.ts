import type { Knex } from 'knex';
import { withSpellings } from '../../core/fold.ts';
import type { ApiTokenStore, TokenFilter } from '../../engine/ports/token-stores.ts';
import {
  type ApiToken,
  SCOPES,
  type Scope,
  tokenEnds,
  tokenKinds,
} from '../../engine/tokens/token.ts';
import { type RowOf, timeOrNull, withoutNulls, withWords } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { totalOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';

type TokenRow = RowOf<typeof changing> & {
  readonly id: string;
  readonly hash: string;
  readonly last_used_at: number | null;
  readonly last_refused_at: number | null;
};

/** A page of those to warn. */
const DUE_AT_ONCE = 100;

export function createApiTokenStore(db: Knex): ApiTokenStore {
  const tokens = () => db<TokenRow>('api_tokens');
  const live = (now: Date) =>
    tokens().whereNull('revoked_at').where('expires_at', '>', now.getTime());

  const matching = ({ ownerId, text: searched = '' }: TokenFilter) =>
    withWords(
      ownerId === undefined ? tokens() : tokens().where({ owner_id: ownerId }),
      'search_text',
      searched,
    );

  return {
    async insert(token, hash) {
      await tokens().insert({ id: token.id, ...changing(token), hash });
    },

    async findWithHash(id) {
      const row = await tokens().where({ id }).first();
      return (
        row && {
          token: toToken(row),
          hash: row.hash,
          lastRefusedAt: timeOrNull(row.last_refused_at) ?? undefined,
        }
      );
    },

    liveOf: async (ownerId, now) =>
      (await live(now).where({ owner_id: ownerId }).orderBy('id')).map(toToken),

    livePersonal: async (now) =>
      (await live(now).where({ kind: 'personal' }).orderBy('id')).map(toToken),

    async list(filter, page) {
      const rows = await matching(filter)
        .orderByRaw('case when revoked_at is null and expires_at > ? then 0 else 1 end', [
          page.now.getTime(),
        ])
        .orderBy(newestFirst())
        .offset(page.offset)
        .limit(page.limit);
      const total = await totalOf(page, rows.length, () => matching(filter));
      return { tokens: rows.map(toToken), total };
    },

    toWarn: async (now, until, offset) =>
      (
        await live(now)
          .where('expires_at', '<=', until.getTime())
          .whereNull('warned_at')
          .orderBy(['expires_at', 'id'])
          .offset(offset)
          .limit(DUE_AT_ONCE)
      ).map(toToken),

    async noteUse(id, what, { now, before }) {
      const column = what === 'used' ? 'last_used_at' : 'last_refused_at';
      const changed: number = await tokens()
        .where({ id })
        .where((either) => either.whereNull(column).orWhere(column, '<=', before.getTime()))
        .update({ [column]: now.getTime() });
      return changed > 0;
    },

    ...savedRows(tokens, 'API token', { toRow: changing, fromRow: toToken }),
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('api_tokens', {
  version: number,
  name: text,
  kind: word(tokenKinds),
  ownerId: text,
  createdAt: date,
  expiresAt: date,
  warnedAt: optional(date),
  revokedAt: optional(date),
  ended: optional(word(tokenEnds)),
});

/** All but what `noteUse` writes. */
const changing = (token: ApiToken) => ({
  ...toColumns(token),
  search_text: withSpellings(token.name),
  scopes: token.scopes.join(','),
});

const toToken = (row: TokenRow): ApiToken => ({
  ...fromColumns(row),
  id: row.id,
  scopes: row.scopes.split(',').filter(isScope),
  ...withoutNulls({ lastUsedAt: timeOrNull(row.last_used_at) }),
});

/** A scope of a newer version gives nothing here. */
const isScope = (stored: string): stored is Scope => SCOPES.some((each) => each === stored);
