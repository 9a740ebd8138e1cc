/** One condition of a rule: add, edit, remove. Buttons name the version of their card, since conditions have no ids. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { editedOf, editRule } from '../../../engine/rules/change-rule.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { change, putAt, unlessFailed } from '../change.ts';
import { conditionFields, readCondition } from './condition-fields.ts';
import { ruleFor, ruleTarget, showRule } from './rule-ref.ts';

const target = ruleTarget.extend({
  version: z.number().int(),
  index: z.number().int().nonnegative(),
});

/** Without an index it adds one. */
export const editCondition = formAction({
  id: 'rule.condition',
  payload: target.partial({ index: true }),
  admit: ruleFor,
  title: ({ index }) => (index === undefined ? t`Add a condition` : t`Edit the condition`),
  submitLabel: () => t`Save`,

  async fields({ version, index }, { rule, ...turn }) {
    if (index !== undefined && rule.version !== version) return { refused: changed(rule) };
    const before = index === undefined ? undefined : editedOf(rule).conditions[index];
    return {
      fields: await conditionFields(turn.stores, before),
    };
  },

  async submit(values, { ruleId, version, index }, { rule, ...turn }) {
    if (index !== undefined && rule.version !== version) return refuse(changed(rule));
    const read = readCondition(values);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const saved = await change(turn, (tx, by) =>
      editRule(tx, ruleId, {
        ...by,
        seen: index === undefined ? undefined : version,
        change: ({ conditions, ...rest }) => ({
          ...rest,
          conditions: putAt(conditions, read.condition, index),
        }),
      }),
    );
    return saved.ok ? showRule(ruleId) : { kind: 'invalid', errors: { values: saved.why } };
  },
});

export const removeCondition = buttonAction({
  id: 'rule.remove-condition',
  payload: target,
  admit: ruleFor,

  async handle({ ruleId, version, index }, { rule, ...turn }): Promise<Reply> {
    if (rule.version !== version) return refuse(changed(rule));
    const saved = await change(turn, (tx, by) =>
      editRule(tx, ruleId, {
        ...by,
        seen: version,
        change: ({ conditions, ...rest }) => ({
          ...rest,
          conditions: conditions.toSpliced(index, 1),
        }),
      }),
    );
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

const changed = ({ name }: Rule): Card =>
  note(t`${name} has just changed`, t`Its card shows the current conditions. Try again there.`);
