/** What a rule says, and what a change of it changes, for the audit log. */
import { listed } from '../../core/listed.ts';
import { t } from '../../core/translate.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import { conditionWords } from './condition-words.ts';
import type { RuleDefinition } from './rule.ts';

type Details = NonNullable<AuditNote['detail']>;

/** @param other an app that is in both with other answers says so; the answers are no one's to read here */
export async function auditedDefinition(
  tx: Transaction,
  { matching, conditions, daysBefore, overlapDays, items }: RuleDefinition,
  other: Pick<RuleDefinition, 'items'>,
): Promise<Details> {
  const integrations = await tx.integrations.findMany(items.map((each) => each.integrationId));
  return inWorkspaceLocale(tx, async () => {
    const apps = items.map(({ id, integrationId }) => {
      const name = integrations.find((each) => each.id === integrationId)?.name ?? integrationId;
      const same = other.items.find((each) => each.integrationId === integrationId);
      return same && same.id !== id ? t`${name} with other answers` : name;
    });
    return {
      conditions:
        listed(conditions.map(conditionWords), matching === 'all' ? 'and' : 'or') || t`none`,
      leadDays: daysBefore,
      overlapDays,
      apps: apps.join(', ') || t`none`,
    };
  });
}

export const auditedChange = async (
  tx: Transaction,
  before: RuleDefinition,
  after: RuleDefinition,
): Promise<Details> =>
  changeOf(
    await auditedDefinition(tx, before, { items: [] }),
    await auditedDefinition(tx, after, before),
  );
