/** One case of a route: a condition that gives a request other stages. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { editedRoute } from '../../../engine/integrations/change-route.ts';
import { answerLine, staticOptions } from '../../../engine/integrations/form.ts';
import { isAskable, manifestOf, manifestsOf } from '../../../engine/integrations/manifest-of.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { CaseCondition } from '../../../engine/settings/route.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Fields, Option } from '../../view/form.ts';
import { putAt, unlessFailed } from '../change.ts';
import { conditionFields, readCondition } from '../rules/condition-fields.ts';
import { changeRoute, integrationFor, policyTarget, showPolicy } from './policy-ref.ts';

type Kind = 'person' | 'requester' | 'answer' | 'check';

const kinds = (): readonly Option<Kind>[] => [
  { value: 'person', label: t`The person who gets access, in the directory` },
  { value: 'requester', label: t`The person who requests it, in the directory` },
  { value: 'answer', label: t`An answer in the form` },
  { value: 'check', label: t`Whether they have access to another integration` },
];

interface OfferedAnswer extends Extract<CaseCondition, { readonly kind: 'answer' }> {
  readonly name: string;
}

/** Every option that the form's own choices have. */
async function answersOf(
  integration: Integration,
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly OfferedAnswer[]> {
  const form = (await manifestOf(stores, integration))?.form ?? [];
  return form.flatMap((field) => {
    const known = staticOptions(field);
    const options = known?.kind === 'options' ? known.options : [];
    return options.map(({ value, label }) => ({
      kind: 'answer' as const,
      fieldId: field.id,
      values: [value],
      label: field.name,
      labels: [label],
      name: answerLine({ label: field.name, value: label }),
    }));
  });
}

/** Integrations that can say whether a person has access there. */
async function checksOf(
  { id }: Integration,
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly Integration[]> {
  const others = (await stores.integrations.list()).filter((each) => each.id !== id);
  const manifests = await manifestsOf(stores, others);
  return others.filter((each) => isAskable(manifests.get(each.id)));
}

/** Adds a case that is approved automatically until it has a stage; with an index, a condition to that case; with `at`, edits that one. */
export const editCase = formAction({
  id: 'policy.case',
  payload: policyTarget.extend({
    index: z.number().int().nonnegative().optional(),
    at: z.number().int().nonnegative().optional(),
  }),
  admit: integrationFor,
  title: ({ index, at }) =>
    index === undefined
      ? t`Add a case`
      : at === undefined
        ? t`Add a condition`
        : t`Edit the condition`,
  submitLabel: () => t`Save`,

  async fields({ index, at }, { integration, ...turn }) {
    const [answers, checks] = [
      await answersOf(integration, turn.stores),
      await checksOf(integration, turn.stores),
    ];
    const isOffered = (kind: Kind) =>
      (kind !== 'answer' || answers.length > 0) && (kind !== 'check' || checks.length > 0);
    const when = index === undefined ? [] : (editedRoute(integration).cases[index]?.when ?? []);
    const before = at === undefined ? undefined : when[at];
    const condition = await conditionFields(
      turn.stores,
      before?.kind === 'person' ? before.group.conditions[0] : undefined,
    );
    const hint = t`Only used if you choose the directory.`;
    return {
      intro: [
        index === undefined
          ? t`Requests for which this is true go through the case's own stages. A case without a stage approves automatically. If several cases are true, the first one counts.`
          : t`The case counts when all its conditions are true.`,
      ],
      fields: {
        kind: {
          kind: 'choice',
          label: t`What to look at`,
          options: kinds().filter(({ value }) => isOffered(value)),
          initial: before?.kind === 'person' ? before.whose : (before?.kind ?? 'person'),
        },
        ...condition,
        values: { ...condition.values, optional: true, hint },
        ...choiceField('answer', {
          label: t`Answer in the form`,
          options: answers.map(({ name }, place) => ({ value: String(place), label: name })),
          initial: placeOf(before, answers),
        }),
        ...choiceField('check', {
          label: t`Integration`,
          options: checks.map(({ id, name }) => ({ value: id, label: name })),
          initial:
            before?.kind === 'check' && checks.some(({ id }) => id === before.integrationId)
              ? before.integrationId
              : undefined,
        }),
      } as const satisfies Fields,
    };
  },

  async submit(values, { index, at, ...target }, { integration, ...turn }) {
    const { kind } = values;
    let condition: CaseCondition | undefined;
    if (kind === 'answer') {
      const offered = await answersOf(integration, turn.stores);
      const { name: _name, ...answer } = offered[Number(values.answer)] ?? { name: '' };
      if (!('kind' in answer)) return { kind: 'invalid', errors: { answer: t`Choose one.` } };
      condition = answer;
    } else if (kind === 'check') {
      const offered = await checksOf(integration, turn.stores);
      const chosen = offered.find(({ id }) => id === values.check);
      if (!chosen) return { kind: 'invalid', errors: { check: t`Choose one.` } };
      condition = { kind, integrationId: chosen.id };
    } else {
      const read = readCondition({ ...values, values: values.values ?? '' });
      if (!read.ok) return { kind: 'invalid', errors: read.errors };
      const conditions = [{ ...read.condition, values: [...read.condition.values] }];
      condition = { kind: 'person', whose: kind, group: { matching: 'all', conditions } };
    }
    const added = condition;
    const saved = await changeRoute(target, turn, (route) => ({
      ...route,
      cases:
        index === undefined
          ? [...route.cases, { when: [added], stages: [] }]
          : route.cases.map((each, place) =>
              place === index ? { ...each, when: putAt(each.when, added, at) } : each,
            ),
    }));
    return unlessFailed(saved, t`Nothing changed`, showPolicy(target.integrationId));
  },
});

/** Which of these answers it is about, as its option; undefined where the form has it no more. */
function placeOf(
  before: CaseCondition | undefined,
  answers: readonly OfferedAnswer[],
): string | undefined {
  if (before?.kind !== 'answer') return undefined;
  const place = answers.findIndex(
    ({ fieldId, values: [value = ''] }) =>
      fieldId === before.fieldId && before.values.includes(value),
  );
  return place < 0 ? undefined : String(place);
}

/** No field where there is nothing to choose. */
function choiceField<const Name extends string>(
  name: Name,
  {
    label,
    options,
    initial,
  }: {
    readonly label: string;
    readonly options: readonly Option[];
    readonly initial: string | undefined;
  },
) {
  const field = { kind: 'choice', label, optional: true, options, initial } as const;
  return (options.length > 0 ? { [name]: field } : {}) as { readonly [N in Name]: typeof field };
}

const caseTarget = policyTarget.extend({ index: z.number().int().nonnegative() });

export const removeCase = buttonAction({
  id: 'policy.remove-case',
  payload: caseTarget,
  admit: integrationFor,

  async handle({ index, ...target }, turn): Promise<Reply> {
    const saved = await changeRoute(target, turn, (route) => ({
      ...route,
      cases: route.cases.toSpliced(index, 1),
    }));
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

/** Cases are asked in their order. */
export const moveCaseUp = buttonAction({
  id: 'policy.move-case',
  payload: caseTarget,
  admit: integrationFor,

  async handle({ index, ...target }, { integration, ...turn }): Promise<Reply> {
    const moved = editedRoute(integration).cases[index];
    if (!moved || index === 0) return { kind: 'nothing' };
    const saved = await changeRoute(target, turn, (route) => ({
      ...route,
      cases: route.cases.toSpliced(index, 1).toSpliced(index - 1, 0, moved),
    }));
    return unlessFailed(saved, t`Nothing changed`);
  },
});
