/** The fields of a form that ask for one condition. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { conditionProblem } from '../../../engine/rules/change-rule.ts';
import {
  type Comparison,
  type Condition,
  directoryFields,
  type RuleField,
} from '../../../engine/rules/condition.ts';
import { fieldWords } from '../../../engine/rules/condition-words.ts';
import { importedNames } from '../../../engine/rules/load-rules.ts';
import { LONGEST_VALUE, MAX_VALUES } from '../../../engine/rules/rule.ts';
import type { Fields, Option, OrErrors } from '../../view/form.ts';
import { comparisonWords } from './rule-words.ts';

/** Of the values with their commas. */
const MAX_TYPED = MAX_VALUES * (LONGEST_VALUE + 2);

export async function conditionFields(
  stores: Pick<Stores, 'storedNames' | 'integrations'>,
  before?: Condition,
) {
  const stored = [...(await importedNames(stores)).keys()].toSorted();
  const fields: readonly RuleField[] = compact([
    ...directoryFields,
    ...stored.map((name) => `stored:${name}` as const),
    before && isStoredElsewhere(before.field, stored) && before.field,
  ]);
  return {
    field: {
      kind: 'choice',
      label: t`Field`,
      hint: t`From the directory, or a value that an import brings.`,
      options: fields.map((value): Option<RuleField> => ({ value, label: fieldWords(value) })),
      initial: before?.field ?? 'department',
    },
    comparison: {
      kind: 'choice',
      label: t`Comparison`,
      options: comparisonWords().map(({ comparison, not, label }) => ({
        value: choiceOf(comparison, not),
        label,
      })),
      initial: choiceOf(before?.comparison ?? 'is', before?.not ?? false),
    },
    values: {
      kind: 'text',
      label: t`Value`,
      hint: t`Upper and lower case don't matter. For "is one of", separate the values with commas.`,
      initial: before?.values.join(', ') ?? '',
    },
  } as const satisfies Fields;
}

/** No import brings it any more; the condition keeps it until someone chooses another field. */
const isStoredElsewhere = (field: RuleField, stored: readonly string[]): boolean =>
  field.startsWith('stored:') && !stored.includes(field.slice('stored:'.length));

type Choice = Comparison | `not-${Comparison}`;

const choiceOf = (comparison: Comparison, not: boolean): Choice =>
  not ? `not-${comparison}` : comparison;

type ReadCondition = OrErrors<{ readonly condition: Condition }, { readonly values: string }>;

export function readCondition(typed: {
  readonly field: RuleField;
  readonly comparison: Choice;
  readonly values: string;
}): ReadCondition {
  const chosen = comparisonWords().find(
    ({ comparison, not }) => choiceOf(comparison, not) === typed.comparison,
  );
  const { comparison = 'is', not = false } = chosen ?? {};
  const text = typed.values.trim();
  if (text.length > MAX_TYPED)
    return { ok: false, errors: { values: t`At most ${MAX_TYPED} characters.` } };
  const values = (comparison === 'one-of' ? text.split(',') : [text])
    .map((value) => value.replaceAll(/\s+/g, ' ').trim())
    .filter(Boolean);
  const condition: Condition = {
    field: typed.field,
    comparison,
    not,
    values: [...new Set(values)],
  };
  const problem = conditionProblem(condition);
  return problem === undefined
    ? { ok: true, condition }
    : { ok: false, errors: { values: problem } };
}
