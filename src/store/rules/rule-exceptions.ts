import type { Knex } from 'knex';
import type { RuleExceptionStore } from '../../engine/ports/rule-stores.ts';
import type { RuleException } from '../../engine/rules/rule.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import type { RowOf } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { actor, date, optional, rowMapper, text } from '../work/row-mapper.ts';
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

const { toRow: toColumns, fromRow: withoutReason } = rowMapper('rule_exceptions', {
  id: text,
  personId: text,
  ruleId: text,
  itemId: text,
  integrationId: text,
  madeBy: actor,
  createdAt: date,
  endsAt: optional(date),
});

const toRow = (exception: RuleException, reason: string) => ({ ...toColumns(exception), reason });
