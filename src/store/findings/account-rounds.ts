import type { Knex } from 'knex';
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import {
  type AccountRound,
  type ListEnd,
  type RoundFacts,
  roundPhases,
  roundStates,
} from '../../engine/findings/account-round.ts';
import type { AccountRoundStore } from '../../engine/ports/finding-stores.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  type RowOf,
  readColumnOr,
  timeOrNull,
  withoutNulls,
  wordsOf,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { dueAtOf, finishedAtOf, leaseColumns, leasedRows, leaseOf } from '../work/leased-rows.ts';
import { readPages } from '../work/read-pages.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { savedRows } from '../work/versioned-rows.ts';

const count = z.number().int().nonnegative();
const progress = z.object({
  pages: count,
  listed: count,
  skipped: count,
  unreadable: count,
  tries: count,
  askedSince: z.number().nullable(),
  acceptsAny: z.literal(true).optional(),
});
type Progress = z.input<typeof progress>;
export const progressColumn = jsonColumn('account_rounds.progress', progress);

type ReadProgress = z.output<typeof progress> & Pick<RoundFacts, 'isLost'>;

/** Where it can't be read: such a round ends as failed, since it could take what it lacks for missing. */
const NOTHING_READ: ReadProgress = {
  isLost: true,
  pages: 0,
  listed: 0,
  skipped: 0,
  unreadable: 0,
  tries: 0,
  askedSince: null,
};

export const phases = wordsOf(roundPhases);
export const lists: Record<ListEnd, true> = { complete: true, cut: true };

export function createAccountRoundStore(db: Knex, vault: Vault): AccountRoundStore {
  const rounds = () => db<RoundRow>('account_rounds');
  const whys = sealedTexts(vault, sealedColumns.accountRoundWhy);
  const cursors = sealedTexts(vault, sealedColumns.accountRoundCursor);

  const toRow = async (round: AccountRound) => ({
    ...toFacts(round),
    state: round.state,
    after_id: round.after,
    ...leaseColumns(round),
    // What can't be read stays as it is.
    ...(!round.isLost && {
      progress: JSON.stringify({
        pages: round.pages,
        listed: round.listed,
        skipped: round.skipped,
        unreadable: round.unreadable,
        tries: round.tries,
        askedSince: msOrNull(round.askedSince),
        acceptsAny: round.acceptsAny,
      } satisfies Progress),
    }),
    ...(await whys.sealWords(round, round.why)),
  });
  /** The cursor is sealed, and written apart. */
  type RoundRow = RowOf<typeof toRow> & { readonly cursor: string | null };

  const open = async (row: RoundRow): Promise<AccountRound> => {
    const read: ReadProgress = readColumnOr(progressColumn, row.progress, NOTHING_READ);
    const { askedSince, ...counts } = read;
    const facts: RoundFacts = withoutNulls({
      ...factsOf(row),
      after: row.after_id,
      ...counts,
      askedSince: timeOrNull(askedSince),
      why: await whys.openWords(row),
    });
    const state = oneOf(roundStates, row.state, 'account_rounds.state');
    switch (state) {
      case 'waiting':
        return { ...facts, state, dueAt: dueAtOf(row, 'account_rounds') };
      case 'running':
        return { ...facts, state, ...leaseOf(row, 'account_rounds') };
      case 'done':
      case 'failed':
        return { ...facts, state, finishedAt: finishedAtOf(row, 'account_rounds') };
      default:
        return unreachable(state);
    }
  };
  const openAll = (rows: readonly RoundRow[]): Promise<readonly AccountRound[]> =>
    Promise.all(rows.map(open));

  return {
    async replace(round) {
      await rounds()
        .where({ integration_id: round.integrationId })
        .whereNotNull('finished_at')
        .delete();
      return insertUnlessTaken(rounds(), await toRow(round), 'integration_id');
    },

    async delete(id) {
      await rounds().where({ id }).delete();
    },

    at: findBy('integration_id', rounds, open),

    all: async () => openAll(await rounds().select('*')),

    async cursor(id) {
      const row = await rounds().where({ id }).first('id', 'cursor');
      return (row && (await cursors.open(row))) ?? undefined;
    },

    async setCursor(id, cursor) {
      await rounds()
        .where({ id })
        .update({ cursor: await cursors.seal({ id }, cursor) });
    },

    ...leasedRows(rounds, openAll),

    ...readPages(db, { table: 'account_pages', of: 'round_id' }),

    ...savedRows(rounds, 'account round', { toRow, fromRow: open }),
  };
}

const { toRow: toFacts, fromRow: factsOf } = rowMapper('account_rounds', {
  id: text,
  version: number,
  integrationId: text,
  manifestVersionId: text,
  startedAt: date,
  phase: word(phases),
  list: optional(word(lists)),
  completeAt: optional(date),
  completeCount: number,
});
