/** A rule as a whole: create and edit it, turn it on and off, apply or discard its changes, delete it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import {
  deleteRule as deleteIt,
  discardDraft as discardIt,
  editedOf,
  editRule as editIt,
  LONGEST_NAME,
  makeRule as makeIt,
  optionsToApprove,
  turnOff as turnItOff,
  turnOn as turnItOn,
} from '../../../engine/rules/change-rule.ts';
import {
  DEFAULT_OVERLAP_DAYS,
  definitionOf,
  MAX_DAYS_BEFORE,
  MAX_OVERLAP_DAYS,
  type Rule,
  type RuleDefinition,
} from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { note, type Text } from '../../view/card.ts';
import type { FieldErrors, Fields, Option, OrErrors } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { adminsTo, refuse } from '../admins.ts';
import { change, changedFrom, unlessFailed } from '../change.ts';
import { confirmField, unlessConfirmed } from '../confirm-name.ts';
import { wholeNumber, wholeNumberError } from '../typed-text.ts';
import { conditionFields, readCondition } from './condition-fields.ts';
import { outcomeWords } from './outcome-words.ts';
import { ruleFor, ruleTarget, showRule, toChangeRules } from './rule-ref.ts';

const matchings = (): readonly Option<RuleDefinition['matching']>[] => [
  { value: 'all', label: t`All conditions must match` },
  { value: 'any', label: t`One condition is enough` },
];

const nameField = (initial = '') =>
  ({
    kind: 'text',
    label: t`Name`,
    hint: t`At most ${LONGEST_NAME} characters.`,
    initial,
  }) as const;

const daysFields = ({
  daysBefore,
  overlapDays,
}: Pick<RuleDefinition, 'daysBefore' | 'overlapDays'>) =>
  ({
    before: {
      kind: 'text',
      label: t`Days before the first day`,
      hint: t`People already match this many days before their first day: 0 to ${MAX_DAYS_BEFORE}.`,
      initial: String(daysBefore),
    },
    overlap: {
      kind: 'text',
      label: t`Days that access stays`,
      hint: t`After someone no longer matches: 0 to ${MAX_OVERLAP_DAYS}.`,
      initial: String(overlapDays),
    },
  }) as const satisfies Fields;

type ReadDays = OrErrors<
  { readonly days: Pick<RuleDefinition, 'daysBefore' | 'overlapDays'> },
  FieldErrors<ReturnType<typeof daysFields>>
>;

function readDays(typed: { readonly before: string; readonly overlap: string }): ReadDays {
  const days = {
    daysBefore: wholeNumber(typed.before, { most: MAX_DAYS_BEFORE }),
    overlapDays: wholeNumber(typed.overlap, { most: MAX_OVERLAP_DAYS }),
  };
  const { daysBefore, overlapDays } = days;
  if (daysBefore !== undefined && overlapDays !== undefined)
    return { ok: true, days: { daysBefore, overlapDays } };
  return {
    ok: false,
    errors: {
      before: wholeNumberError(daysBefore, MAX_DAYS_BEFORE),
      overlap: wholeNumberError(overlapDays, MAX_OVERLAP_DAYS),
    },
  };
}

export const makeRule = formAction({
  id: 'rule.make',
  payload: z.object({}),
  admit: adminsTo(toChangeRules),
  title: () => t`New rule`,
  submitLabel: () => t`Create`,

  fields: async (_payload, turn) => ({
    intro: [
      t`Who matches? You can add more conditions later. The rule grants nothing until you have chosen apps and turned it on.`,
    ],
    fields: {
      name: nameField(),
      ...(await conditionFields(turn.stores)),
      ...daysFields({ daysBefore: 0, overlapDays: DEFAULT_OVERLAP_DAYS }),
    } satisfies Fields,
  }),

  async submit(values, _payload, turn) {
    const condition = readCondition(values);
    if (!condition.ok) return { kind: 'invalid', errors: condition.errors };
    const days = readDays(values);
    if (!days.ok) return { kind: 'invalid', errors: days.errors };
    const definition = {
      matching: 'all',
      conditions: [condition.condition],
      ...days.days,
    } as const;
    const made = await change(turn, (tx, by) => makeIt(tx, { name: values.name, definition }, by));
    return made.ok ? showRule(made.value.id) : { kind: 'invalid', errors: { name: made.why } };
  },
});

export const editRule = formAction({
  id: 'rule.edit',
  payload: ruleTarget,
  admit: ruleFor,
  title: () => t`Edit the rule`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { rule }) => ({ fields: fieldsOf(rule) }),

  async submit(sent, { ruleId }, { rule, shown, ...turn }) {
    const { name, matching, ...typed } = asOfNow(sent, shown, fieldsOf(rule));
    const days = readDays(typed);
    if (!days.ok) return { kind: 'invalid', errors: days.errors };
    const changed = changedFrom(editedOf(rule), { matching, ...days.days });
    const edited = await change(turn, (tx, by) =>
      editIt(tx, ruleId, {
        ...by,
        ...changedFrom(rule, { name }),
        change: (definition) => ({ ...definition, ...changed }),
      }),
    );
    return edited.ok ? showRule(ruleId) : { kind: 'invalid', errors: { name: edited.why } };
  },
});

function fieldsOf(rule: Rule) {
  const edited = editedOf(rule);
  return {
    name: nameField(rule.name),
    matching: {
      kind: 'choice',
      label: t`Conditions`,
      options: matchings(),
      initial: edited.matching,
    },
    ...daysFields(edited),
  } as const satisfies Fields;
}

/** Turns it on, or applies its draft: after the dry run, for the version that the dry run was about. */
export const turnRuleOn = formAction({
  id: 'rule.turn-on',
  payload: ruleTarget.extend({ version: z.number().int() }),
  admit: ruleFor,
  title: () => t`What this rule will do`,
  submitLabel: () => t`Turn on`,

  fields: async (_payload, { rule, ...turn }) => ({
    submitLabel: rule.isOn ? t`Apply` : undefined,
    intro: await outcomeOf(rule, editedOf(rule), turn),
  }),

  async submit(_values, { ruleId, version: seen }, turn) {
    const on = await change(turn, (tx, by) => turnItOn(tx, ruleId, { ...by, seen }));
    return unlessFailed(on, t`Nothing changed`, showRule(ruleId));
  },
});

export const turnRuleOff = formAction({
  id: 'rule.turn-off',
  payload: ruleTarget,
  admit: ruleFor,
  title: () => t`Turn the rule off`,
  submitLabel: () => t`Turn off`,
  tone: 'danger',

  fields: async (_payload, { rule, ...turn }) => ({
    intro: await outcomeOf(rule, undefined, turn),
  }),

  async submit(_values, { ruleId }, turn) {
    const off = await change(turn, (tx, by) => turnItOff(tx, ruleId, by));
    return unlessFailed(off, t`Nothing changed`, showRule(ruleId));
  },
});

/** Who gains and loses, as paragraphs of a form. */
async function outcomeOf(
  rule: Rule,
  next: RuleDefinition | undefined,
  turn: Turn,
): Promise<readonly Text[]> {
  const { stores, dryRuns } = turn;
  const impact = await dryRuns.fresh([{ rule, next }]);
  const { overlapDays } = next ?? definitionOf(rule);
  const approved = next ? await optionsToApprove(stores, next) : [];
  return outcomeWords(impact, { overlapDays, approved }, stores);
}

export const discardRuleDraft = buttonAction({
  id: 'rule.discard',
  payload: ruleTarget,
  admit: ruleFor,

  async handle({ ruleId }, turn): Promise<Reply> {
    const discarded = await change(turn, (tx, by) => discardIt(tx, ruleId, by));
    return unlessFailed(discarded, t`Nothing changed`);
  },
});

export const deleteRule = formAction({
  id: 'rule.delete',
  payload: ruleTarget,
  admit: ruleFor,
  title: () => t`Delete a rule`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  fields: async (_payload, { rule, ...turn }) => ({
    intro: await outcomeOf(rule, undefined, turn),
    fields: {
      name: confirmField(t`Name of the rule`, rule.name),
    },
  }),

  async submit({ name }, { ruleId }, { rule, ...turn }) {
    const wrong = unlessConfirmed(name, rule.name);
    if (wrong) return wrong;
    const deleted = await change(turn, (tx, by) => deleteIt(tx, ruleId, by));
    if (!deleted.ok) return refuse(note(t`Nothing was deleted`, deleted.why));
    return sayToPerson(
      note(
        t`${rule.name} is deleted`,
        t`Access that only this rule granted ends after the days set in the rule.`,
      ),
    );
  },
});
