/** Conditions on the directory, in words. */
import { listed } from '../../core/listed.ts';
import { t } from '../../core/translate.ts';
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
  return {
    is: () => (not ? t`${name} is not ${value}` : t`${name} is ${value}`),
    'one-of': () => (not ? t`${name} is none of ${value}` : t`${name} is one of ${value}`),
    contains: () => (not ? t`${name} doesn't contain ${value}` : t`${name} contains ${value}`),
    'starts-with': () =>
      not ? t`${name} doesn't start with ${value}` : t`${name} starts with ${value}`,
  }[comparison]();
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
