import type { Knex } from 'knex';
import type { BreakGlassStore } from '../../engine/ports/access-stores.ts';
import { type BreakGlass, breakGlassStates } from '../../engine/requests/break-glass-record.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, type RowOf } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { eachReadable } from '../work/readable.ts';
import { date, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { countOf } from '../work/total.ts';

/** The next tick finds the rest. */
const AT_ONCE = 100;

export function createBreakGlassStore(db: Knex, vault: Vault): BreakGlassStore {
  const breakGlasses = () => db<BreakGlassRow>('break_glasses');
  const comments = sealedTexts(vault, sealedColumns.breakGlass);

  const toRow = async (breakGlass: BreakGlass) => {
    const row = toColumns(breakGlass);
    return { ...row, comment: await comments.seal(row, breakGlass.comment) };
  };
  type BreakGlassRow = RowOf<typeof toRow>;

  const toBreakGlass = async (row: BreakGlassRow): Promise<BreakGlass> => ({
    ...withoutComment(row),
    comment: (await comments.open(row)) ?? undefined,
  });

  /** The requests by which this person took or got it there. */
  const theirs = (personId: string, integrationId: string) =>
    db('access_requests')
      .where({ person_id: personId, integration_id: integrationId })
      .select('id');

  /** What an app approved has a route: nobody took that. */
  const unreviewed = (personId: string, integrationId: string) =>
    breakGlasses()
      .where({ state: 'open' })
      .whereIn('request_id', theirs(personId, integrationId).whereNull('route'));

  return {
    async insert(breakGlass) {
      await breakGlasses().insert(await toRow(breakGlass));
    },

    find: findBy('request_id', breakGlasses, toBreakGlass),

    async statesOf(requestIds) {
      if (requestIds.length === 0) return new Map();
      const rows = await breakGlasses()
        .whereIn('request_id', requestIds)
        .select('request_id', 'state');
      return new Map(
        rows.map((row) => [
          row.request_id,
          oneOf(breakGlassStates, row.state, 'break_glasses.state'),
        ]),
      );
    },

    async save(breakGlass, before) {
      const { request_id, ...row } = await toRow(breakGlass);
      const changed = await breakGlasses().where({ request_id, state: before }).update(row);
      return changed === 1 ? 'saved' : 'taken';
    },

    async toReview(now, offset = 0) {
      const rows = await breakGlasses()
        .where('review_at', '<=', now.getTime())
        .orderBy(['review_at', 'request_id'])
        .offset(offset)
        .limit(AT_ONCE);
      return eachReadable(rows, toBreakGlass);
    },

    async isLookedInto(personId, integrationId) {
      const row = await breakGlasses()
        .where({ state: 'looking' })
        .whereIn('request_id', theirs(personId, integrationId))
        .first('request_id');
      return row !== undefined;
    },

    async waiting(personId, integrationId) {
      const rows = await unreviewed(personId, integrationId)
        .whereNotNull('review_at')
        .orderBy(['at', 'request_id'])
        .limit(AT_ONCE);
      return Promise.all(rows.map(toBreakGlass));
    },

    unreviewedBefore: (at, personId, integrationId) =>
      countOf(unreviewed(personId, integrationId).where('at', '<', at.getTime())),
  };
}

const { toRow: toColumns, fromRow: withoutComment } = rowMapper('break_glasses', {
  requestId: text,
  at: date,
  state: word(breakGlassStates),
  reviewAt: optional(date),
  reviewedById: optional(text),
  reviewedAt: optional(date),
});
