import type { Knex } from 'knex';
import type { RuleExceptionStore } from '../../engine/ports/rule-stores.ts';
import type { RuleException } from '../../engine/rules/rule.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  msOrNull,
  type RowOf,
  readActor,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { pageOf } from '../work/total.ts';

export function createRuleExceptionStore(db: Knex, vault: Vault): RuleExceptionStore {
  const exceptions = () => db<ExceptionRow>('rule_exceptions');
  const reasons = sealedTexts(vault, sealedColumns.ruleException);
  const inEffect = (now: Date) =>
    exceptions().where((either) => {
      either.whereNull('ends_at').orWhere('ends_at', '>', now.getTime());
    });
  const open = async (row: ExceptionRow): Promise<RuleException> => ({
    ...withoutReason(row),
    reason: await reasons.openWords(row),
  });
  return {
    async insert(exception) {
      const sealed = await reasons.seal(exception, exception.reason);
      await exceptions().insert(toRow(exception, sealed));
    },

    find: findBy('id', exceptions, open),

    async inEffect(personIds, now) {
      const rows = await inEffect(now)
        .whereIn('person_id', personIds)
        .orderBy(['person_id', 'created_at', 'id']);
      return rows.map(withoutReason);
    },

    async ofRule(ruleId, now, page) {
      const matching = () => inEffect(now).where({ rule_id: ruleId });
      const { rows, total } = await pageOf(matching, page, newestFirst());
      return { exceptions: await Promise.all(rows.map(open)), total };
    },

    async delete(id) {
      await exceptions().where({ id }).delete();
    },

    async endedSince(since, now) {
      return exceptions()
        .where('ends_at', '>', since.getTime())
        .where('ends_at', '<=', now.getTime())
        .distinct()
        .pluck('person_id');
    },

    async deleteEndedBefore(before) {
      await exceptions().where('ends_at', '<', before.getTime()).delete();
    },
  };
}

type ExceptionRow = RowOf<typeof toRow>;

const toRow = (exception: RuleException, sealed: string) => ({
  id: exception.id,
  person_id: exception.personId,
  rule_id: exception.ruleId,
  item_id: exception.itemId,
  integration_id: exception.integrationId,
  reason: sealed,
  made_by: JSON.stringify(exception.madeBy),
  created_at: exception.createdAt.getTime(),
  ends_at: msOrNull(exception.endsAt),
});

const withoutReason = (row: ExceptionRow): Omit<RuleException, 'reason'> =>
  withoutNulls({
    id: row.id,
    personId: row.person_id,
    ruleId: row.rule_id,
    itemId: row.item_id,
    integrationId: row.integration_id,
    madeBy: readActor(row.made_by, 'rule_exceptions.made_by'),
    createdAt: time(row.created_at),
    endsAt: timeOrNull(row.ends_at),
  });
