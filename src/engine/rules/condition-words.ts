/** Conditions on the directory, and what a rule says, in words. */
import { listed } from '../../core/listed.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import { type Condition, type RuleField, storedName } from './condition.ts';
import type { RuleDefinition } from './rule.ts';

export function fieldWords(field: RuleField): string {
  switch (field) {
    case 'department':
      return t`department`;
    case 'position':
      return t`position`;
    case 'manager':
      return t`manager's email`;
    case 'email':
      return t`email`;
    case 'role':
      return t`role`;
    case 'time-zone':
      return t`time zone`;
    default:
      return storedName(field);
  }
}

/** All of it: `department is Engineering`, `office is none of Berlin, Paris`. */
export function conditionWords({ field, comparison, not, values }: Condition): string {
  const [name, value] = [fieldWords(field), values.join(', ')];
  switch (comparison) {
    case 'is':
      return not ? t`${name} is not ${value}` : t`${name} is ${value}`;
    case 'one-of':
      return not ? t`${name} is none of ${value}` : t`${name} is one of ${value}`;
    case 'contains':
      return not ? t`${name} doesn't contain ${value}` : t`${name} contains ${value}`;
    case 'starts-with':
      return not ? t`${name} doesn't start with ${value}` : t`${name} starts with ${value}`;
    default:
      return unreachable(comparison);
  }
}

/** Of the 500 values that a rule may compare. A card names the rule once for each app that it gives. */
const CONDITIONS_NAMED = 3;
const VALUES_NAMED = 4;

/** In a sentence: `department is Engineering and office is one of Berlin, Paris, Rome, Oslo and 12 more`. */
export function conditionsWords({
  matching,
  conditions,
}: Pick<RuleDefinition, 'matching' | 'conditions'>): string {
  const named = conditions
    .slice(0, CONDITIONS_NAMED)
    .map((each) => conditionWords({ ...each, values: withMore(each.values, VALUES_NAMED) }));
  const more = conditions.length - named.length;
  return more > 0
    ? t`${named.join(', ')} and ${more} more`
    : listed(named, matching === 'all' ? 'and' : 'or');
}

/** The first ones, and how many others. */
function withMore(values: readonly string[], most: number): readonly string[] {
  const more = values.length - most;
  return more > 0 ? [t`${values.slice(0, most).join(', ')} and ${more} more`] : values;
}

type Details = NonNullable<AuditNote['detail']>;

/** For the audit log. @param other an app that is in both with other answers says so; the answers are no one's to read here */
export async function definitionWords(
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

export const changeWords = async (
  tx: Transaction,
  before: RuleDefinition,
  after: RuleDefinition,
): Promise<Details> =>
  changeOf(
    await definitionWords(tx, before, { items: [] }),
    await definitionWords(tx, after, before),
  );
