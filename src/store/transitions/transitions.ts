import type { Knex } from 'knex';
import { z } from 'zod';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import type { TransitionStore } from '../../engine/ports/transition-stores.ts';
import type { RuleField } from '../../engine/rules/condition.ts';
import {
  type ChangedField,
  itemParts,
  type TransitionItem,
  transitionKinds,
  transitionStates,
} from '../../engine/transitions/transition.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  present,
  type RowOf,
  stateIs,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { eachReadable } from '../work/readable.ts';
import { date, json, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { savedRows } from '../work/versioned-rows.ts';

type TransitionRow = RowOf<typeof toRow>;

interface ItemRow {
  readonly transition_id: string;
  readonly integration_id: string;
  readonly part: string;
  readonly removal_id: string | null;
  readonly kept_hold_id: string | null;
  readonly kept_by_id: string | null;
  /** Sealed. */
  readonly kept_reason: string | null;
  readonly settled_at: number | null;
}

const MAX_PAGE = 250;

const ids = z.array(z.string());
const changedFields: z.ZodType<readonly ChangedField[]> = z.array(
  z.object({
    field: z.custom<RuleField>((value) => typeof value === 'string'),
    from: z.string().optional(),
    to: z.string().optional(),
  }),
);

/** They say who hears of it and what it says. Without them it goes on: what someone keeps or loses is in its items. */
export const columns = {
  fields: jsonColumn('transitions.fields', changedFields),
  heldBefore: jsonColumn('transitions.held_before', ids),
  formerManagerIds: jsonColumn('transitions.former_manager_ids', ids),
  notifiedIds: jsonColumn('transitions.notified_ids', ids),
};

const IS_CURRENT = stateIs('noted', 'open');

export function createTransitionStore(db: Knex, vault: Vault): TransitionStore {
  const transitions = () => db<TransitionRow>('transitions');
  const items = () => db<ItemRow>('transition_items');
  const reasons = sealedTexts(vault, sealedColumns.transitionItem);

  const toItem = async (row: ItemRow): Promise<TransitionItem> => {
    const { kept_hold_id: holdId, kept_by_id: byId } = row;
    const reason = await unlessUnreadable(reasons.open(row), undefined);
    return withoutNulls({
      transitionId: row.transition_id,
      integrationId: row.integration_id,
      part: oneOf(itemParts, row.part, 'transition_items.part'),
      removalId: row.removal_id,
      kept:
        holdId === null
          ? null
          : {
              holdId,
              byId: present(byId, 'transition_items.kept_by_id'),
              reason:
                reason === undefined
                  ? cannotBeRead()
                  : present(reason, 'transition_items.kept_reason'),
              ...(reason === undefined && { isUnread: true as const }),
            },
      settledAt: timeOrNull(row.settled_at),
    });
  };

  return {
    insert: (transition) =>
      insertUnlessTaken(
        transitions(),
        toRow(transition),
        db.raw(`(person_id) where ${IS_CURRENT}`),
      ),

    async delete(id) {
      await transitions().where({ id }).delete();
    },

    async currentOf(personIds) {
      const rows = await transitions().whereIn('person_id', personIds).whereRaw(IS_CURRENT);
      return rows.map(toTransition);
    },

    async notFollowedSince(before, offset = 0) {
      const rows = await transitions()
        .whereRaw(stateIs('open'))
        .where('followed_at', '<', before.getTime())
        .orderBy(['followed_at', 'id'])
        .offset(offset)
        .limit(MAX_PAGE);
      return eachReadable(rows, toTransition);
    },

    async items(transitionId) {
      const rows = await items().where({ transition_id: transitionId }).orderBy('integration_id');
      return Promise.all(rows.map(toItem));
    },

    async putItem({ transitionId, integrationId, part, removalId, kept, settledAt }) {
      const key = { transition_id: transitionId, integration_id: integrationId };
      const changed = {
        part,
        removal_id: removalId ?? null,
        kept_hold_id: kept?.holdId ?? null,
        kept_by_id: kept?.byId ?? null,
        settled_at: msOrNull(settledAt),
      };
      const reason = { kept_reason: await reasons.seal(key, kept?.reason) };
      await items()
        .insert({ ...key, ...changed, ...reason })
        .onConflict(['transition_id', 'integration_id'])
        .merge({ ...changed, ...(!kept?.isUnread && reason) }); // What can't be read stays as it is.
    },

    ...savedRows(transitions, 'transition', { toRow, fromRow: toTransition }),
  };
}

const { toRow, fromRow: toTransition } = rowMapper('transitions', {
  id: text,
  version: number,
  personId: text,
  kind: word(transitionKinds),
  state: word(transitionStates),
  fields: json(columns.fields, []),
  heldBefore: json<readonly string[]>(columns.heldBefore, []),
  formerManagerIds: json<readonly string[]>(columns.formerManagerIds, []),
  notifiedIds: json<readonly string[]>(columns.notifiedIds, []),
  beganAt: date,
  followedAt: date,
  endedAt: optional(date),
});
