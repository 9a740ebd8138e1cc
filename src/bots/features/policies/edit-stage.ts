/** One stage of a route: add, edit, move, remove. */
import { t } from '../../../core/translate.ts';
import { editedRoute } from '../../../engine/integrations/change-route.ts';
import {
  type Group,
  MAX_APPROVALS,
  type Route,
  type Stage,
  type StageApprovers,
} from '../../../engine/settings/route.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Fields, Option } from '../../view/form.ts';
import { unlessFailed } from '../change.ts';
import { PEOPLE, peopleAnswered, peopleFields } from '../people/person-fields.ts';
import { conditionFields, readCondition } from '../rules/condition-fields.ts';
import { changeRoute, integrationFor, showPolicy, stageTarget } from './policy-ref.ts';

type Kind = StageApprovers['kind'];

const kinds = (): readonly Option<Kind>[] => [
  { value: 'manager', label: t`Their manager` },
  { value: 'managers-manager', label: t`Their manager's manager` },
  { value: 'owners', label: t`The owners of this integration` },
  { value: 'people', label: t`These people` },
  { value: 'group', label: t`Everyone who matches a condition` },
  { value: 'admins', label: t`Admins` },
];

export const stagesIn = (route: Route, inCase: number | undefined): readonly Stage[] =>
  inCase === undefined ? route.stages : (route.cases[inCase]?.stages ?? []);

export const withStages = (
  route: Route,
  inCase: number | undefined,
  to: (stages: Stage[]) => Stage[],
): Route =>
  inCase === undefined
    ? { ...route, stages: to(route.stages) }
    : {
        ...route,
        cases: route.cases.map((each, index) =>
          index === inCase ? { ...each, stages: to(each.stages) } : each,
        ),
      };

/** Someone who matches its conditions, where these approve. */
export function groupIn({ approvers }: Stage): Group | undefined {
  const found = approvers.find(({ kind }) => kind === 'group');
  return found?.kind === 'group' ? found.group : undefined;
}

/** No fields where they aren't shown: their values are undefined then. */
const onlyIf = <F extends Fields>(isShown: boolean, fields: F): F => (isShown ? fields : ({} as F));

const onlyIfGroup = () => t`Only used if you choose "Everyone who matches a condition".`;

/** Without an index it adds one at the end. */
export const editStage = formAction({
  id: 'policy.stage',
  payload: stageTarget,
  admit: integrationFor,
  title: ({ index }) => (index === undefined ? t`Add a stage` : t`Edit the stage`),
  submitLabel: () => t`Save`,

  async fields({ inCase, index }, { integration, ...turn }) {
    const stages = stagesIn(editedRoute(integration), inCase);
    const before = index === undefined ? undefined : stages[index];
    const usual: Kind[] = stages.length === 0 ? ['manager'] : [];
    const people = before?.approvers.find(({ kind }) => kind === 'people');
    const named = people?.kind === 'people' ? people.personIds : [];
    const hint = t`Only used if you choose "These people".`;
    const { picked, emails } = await peopleFields(
      { label: t`These people`, emailLabel: t`These people (email addresses)`, hint },
      await turn.stores.people.findMany(named),
      turn,
    );
    const conditions = (before && groupIn(before)?.conditions) ?? [];
    const condition = await conditionFields(turn.stores, conditions[0]);
    const optional = { optional: true, hint: onlyIfGroup() } as const;
    // Several conditions have rows of their own on the card.
    const oneCondition = { ...condition, values: { ...condition.values, ...optional } };
    return {
      intro: [
        t`Any of these can approve. If too few of them can, Latchkey admins approve as well.`,
      ],
      fields: {
        kinds: {
          kind: 'choices',
          label: t`Who approves`,
          options: kinds(),
          initial: before?.approvers.map(({ kind }) => kind) ?? usual,
        },
        approvals: {
          kind: 'choice',
          label: t`How many of them must approve`,
          options: Array.from({ length: MAX_APPROVALS }, (_, n) => ({
            value: String(n + 1),
            label: String(n + 1),
          })),
          initial: String(before?.approvals ?? 1),
        },
        ...onlyIf((index ?? stages.length) > 0, {
          different: {
            kind: 'choice',
            label: t`Does an approval of an earlier stage count here?`,
            options: [
              { value: 'counts', label: t`Yes, one press counts in each stage` },
              { value: 'different', label: t`No, someone else has to approve` },
            ],
            initial: before?.differentPerson ? 'different' : 'counts',
          },
        } as const),
        people: picked,
        peopleEmails: emails,
        ...onlyIf(conditions.length < 2, oneCondition),
      } as const satisfies Fields,
    };
  },

  async submit(values, { inCase, index, ...target }, { integration, ...turn }) {
    const before =
      index === undefined ? undefined : stagesIn(editedRoute(integration), inCase)[index];
    const approvers: StageApprovers[] = [];
    for (const kind of values.kinds) {
      if (kind === 'people') {
        const { people: picked, peopleEmails: emails } = values;
        const asked = { picked, emails, isNeeded: true, names: PEOPLE };
        const read = await peopleAnswered(asked, turn);
        if (!read.ok) return { kind: 'invalid', errors: read.errors };
        approvers.push({ kind, personIds: read.people.map(({ id }) => id) });
      } else if (kind === 'group') {
        const group = before && groupIn(before);
        if (group && group.conditions.length > 1) {
          approvers.push({ kind, group });
          continue;
        }
        const read = readCondition({ ...values, values: values.values ?? '' });
        if (!read.ok) return { kind: 'invalid', errors: read.errors };
        const { condition } = read;
        const conditions = [{ ...condition, values: [...condition.values] }];
        approvers.push({ kind, group: { matching: 'all', conditions } });
      } else approvers.push({ kind });
    }
    if (approvers.length === 0)
      return { kind: 'invalid', errors: { kinds: t`Choose at least one.` } };
    const approvals = Number(values.approvals);
    const stage: Stage = {
      approvers,
      approvals,
      differentPerson: isDifferent(values.different, before),
    };
    const saved = await changeRoute(target, turn, (route) =>
      withStages(route, inCase, (stages) =>
        index === undefined
          ? [...stages, stage]
          : stages[index]
            ? stages.with(index, stage)
            : stages,
      ),
    );
    return unlessFailed(saved, t`Nothing changed`, showPolicy(target.integrationId));
  },
});

/** The form of a first stage doesn't ask: a stage that was moved there is as it was when it is moved down again. */
const isDifferent = (answer: string | undefined, before: Stage | undefined): boolean =>
  answer === undefined ? (before?.differentPerson ?? false) : answer === 'different';

export const removeStage = buttonAction({
  id: 'policy.remove-stage',
  payload: stageTarget,
  admit: integrationFor,

  async handle({ inCase, index = 0, ...target }, turn): Promise<Reply> {
    const saved = await changeRoute(target, turn, (route) =>
      withStages(route, inCase, (stages) => stages.toSpliced(index, 1)),
    );
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

/** Stages follow each other in their order. */
export const moveStageUp = buttonAction({
  id: 'policy.move-stage',
  payload: stageTarget,
  admit: integrationFor,

  async handle({ inCase, index = 0, ...target }, { integration, ...turn }): Promise<Reply> {
    const moved = stagesIn(editedRoute(integration), inCase)[index];
    if (!moved || index === 0) return { kind: 'nothing' };
    const saved = await changeRoute(target, turn, (route) =>
      withStages(route, inCase, (stages) =>
        stages.toSpliced(index, 1).toSpliced(index - 1, 0, moved),
      ),
    );
    return unlessFailed(saved, t`Nothing changed`);
  },
});
