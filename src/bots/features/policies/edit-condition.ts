/** The conditions of a group that approves: one of them is added or edited; and Remove for one of several, of a group or of a case. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { editedRoute } from '../../../engine/integrations/change-route.ts';
import type { Group, Route, Stage } from '../../../engine/settings/route.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Fields } from '../../view/form.ts';
import { putAt, unlessFailed } from '../change.ts';
import { conditionFields, readCondition } from '../rules/condition-fields.ts';
import { groupIn, stagesIn, withStages } from './edit-stage.ts';
import { changeRoute, integrationFor, showPolicy, stageTarget } from './policy-ref.ts';

const place = z.number().int().nonnegative();

/** Without `at` it adds one. */
export const editGroupCondition = formAction({
  id: 'policy.condition',
  payload: stageTarget.extend({ index: place, at: place.optional() }),
  admit: integrationFor,
  title: ({ at }) => (at === undefined ? t`Add a condition` : t`Edit the condition`),
  submitLabel: () => t`Save`,

  async fields({ inCase, index, at }, { integration, ...turn }) {
    const stage = stagesIn(editedRoute(integration), inCase)[index];
    const group = stage && groupIn(stage);
    return {
      intro: [t`Everyone in the directory who matches can approve.`],
      fields: {
        ...(await conditionFields(
          turn.stores,
          at === undefined ? undefined : group?.conditions[at],
        )),
        matching: {
          kind: 'choice',
          label: t`If there are several conditions`,
          options: [
            { value: 'all', label: t`All conditions must match` },
            { value: 'any', label: t`One condition is enough` },
          ],
          initial: group?.matching ?? 'all',
        },
      } as const satisfies Fields,
    };
  },

  async submit(values, { inCase, index, at, ...target }, turn) {
    const read = readCondition(values);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const condition = { ...read.condition, values: [...read.condition.values] };
    const { matching } = values;
    const saved = await changeRoute(target, turn, (route) =>
      withGroup(route, { inCase, index }, ({ conditions }) => ({
        matching,
        conditions: putAt(conditions, condition, at),
      })),
    );
    return unlessFailed(saved, t`Nothing changed`, showPolicy(target.integrationId));
  },
});

/** Of a group with an `index`, else of the case. The last one stays: its stage or case can be removed. */
export const removePolicyCondition = buttonAction({
  id: 'policy.remove-condition',
  payload: stageTarget.extend({ at: place }),
  admit: integrationFor,

  async handle({ inCase, index, at, ...target }, turn): Promise<Reply> {
    const saved = await changeRoute(target, turn, (route) =>
      index === undefined
        ? withoutWhen(route, inCase, at)
        : withGroup(route, { inCase, index }, (group) => ({
            ...group,
            conditions: without(group.conditions, at),
          })),
    );
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

const without = <T>(all: readonly T[], at: number): T[] =>
  all.length > 1 ? all.toSpliced(at, 1) : [...all];

const withoutWhen = (route: Route, inCase: number | undefined, at: number): Route => ({
  ...route,
  cases: route.cases.map((each, other) =>
    other === inCase ? { ...each, when: without(each.when, at) } : each,
  ),
});

interface Place {
  readonly inCase: number | undefined;
  readonly index: number;
}

const withGroup = (route: Route, { inCase, index }: Place, to: (group: Group) => Group): Route =>
  withStages(route, inCase, (stages) =>
    stages.map((stage, other) => (other === index ? inStage(stage, to) : stage)),
  );

const inStage = (stage: Stage, to: (group: Group) => Group): Stage => ({
  ...stage,
  approvers: stage.approvers.map((each) =>
    each.kind === 'group' ? { ...each, group: to(each.group) } : each,
  ),
});
