/** Stages and cases of a policy's route in words: "first their manager approves, then an owner approves". */
import { listed } from '../../core/listed.ts';
import { plural, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { conditionsWords, fieldWords } from '../rules/condition-words.ts';
import type { CaseCondition, Route, Stage, StageApprovers } from '../settings/route.ts';

/** Of people and integrations, by id. */
export type NameOf = (id: string) => string;

/** How a route is said to its reader. */
export interface RouteStyle {
  readonly nameOf: NameOf;
  /** The reader is the one who would get it: their manager is "your manager". */
  readonly isForOwn?: boolean;
}

/** The people and integrations that a route names. */
export const idsIn = ({ cases, stages }: Route) => ({
  people: [...stages, ...cases.flatMap((each) => each.stages)].flatMap(({ approvers }) =>
    approvers.flatMap((each) => (each.kind === 'people' ? each.personIds : [])),
  ),
  integrations: cases.flatMap(({ when }) =>
    when.flatMap((each) => (each.kind === 'check' ? [each.integrationId] : [])),
  ),
});

/** Who approves, one stage after the other, as a part of a sentence. */
export function stagesWords(stages: readonly Stage[], style: RouteStyle): string {
  const [first = '', ...others] = stages.map((stage, index) => stageWords(stage, index, style));
  if (stages.length === 0) return t`it's approved automatically`;
  if (others.length === 0) return first;
  return [t`first ${first}`, ...others.map((stage) => t`then ${stage}`)].join(', ');
}

/** @param index its place among the stages: before the first one no one has approved */
export function stageWords(stage: Stage, index: number, style: RouteStyle): string {
  const who = whoApproves(stage, style);
  return stage.differentPerson && index > 0
    ? t`${who} (someone who hasn't approved it before)`
    : who;
}

function whoApproves({ approvers, approvals }: Stage, style: RouteStyle): string {
  const [only, ...others] = approvers;
  if (only && others.length === 0) return kindApproves(only, approvals, style);
  const who = approvers.map((each) => kindWords(each, style));
  return plural(approvals, {
    one: t`${listed(who, 'or')} approves`,
    other: t`${approvals} people approve: ${listed(who, 'or')}`,
  });
}

function kindApproves(approvers: StageApprovers, approvals: number, style: RouteStyle): string {
  switch (approvers.kind) {
    case 'manager':
    case 'managers-manager':
      return t`${kindWords(approvers, style)} approves`;
    case 'admins':
      return plural(approvals, {
        one: t`an admin approves`,
        other: t`${approvals} admins approve`,
      });
    case 'owners':
      return plural(approvals, {
        one: t`an owner approves`,
        other: t`${approvals} owners approve`,
      });
    case 'group': {
      const words = conditionsWords(approvers.group);
      return plural(approvals, {
        one: t`someone whose ${words} approves`,
        other: t`${approvals} people whose ${words} approve`,
      });
    }
    case 'people':
      return namedApprove(approvers.personIds.map(style.nameOf), approvals);
    default:
      return unreachable(approvers);
  }
}

/** @param names not empty */
export function namedApprove(names: readonly string[], approvals: number): string {
  if (names.length === 1) return t`${names[0] ?? ''} approves`;
  if (approvals === 1) return t`${listed(names, 'or')} approves`;
  return approvals >= names.length
    ? t`${listed(names, 'and')} approve`
    : t`${approvals} of ${listed(names, 'and')} approve`;
}

function kindWords(approvers: StageApprovers, { nameOf, isForOwn }: RouteStyle): string {
  switch (approvers.kind) {
    case 'manager':
      return isForOwn ? t`your manager` : t`their manager`;
    case 'managers-manager':
      return isForOwn ? t`your manager's manager` : t`their manager's manager`;
    case 'people':
      return listed(approvers.personIds.map(nameOf), 'or');
    case 'group':
      return t`someone whose ${conditionsWords(approvers.group)}`;
    case 'owners':
      return t`an owner`;
    case 'admins':
      return t`an admin`;
    default:
      return unreachable(approvers);
  }
}

/** What has to be true, as a part of a sentence. */
export const whenWords = (
  { when }: { readonly when: readonly CaseCondition[] },
  nameOf: NameOf,
): string =>
  listed(
    when.map((each) => conditionOfCase(each, nameOf)),
    'and',
  );

export function conditionOfCase(condition: CaseCondition, nameOf: NameOf): string {
  switch (condition.kind) {
    case 'person': {
      const words = conditionsWords(condition.group);
      return condition.whose === 'person' ? t`their ${words}` : t`the requester's ${words}`;
    }
    case 'answer':
      return t`${condition.label} is ${listed(condition.labels, 'or')}`;
    case 'check':
      return t`${nameOf(condition.integrationId)} says they have access`;
    default:
      return unreachable(condition);
  }
}

const DECIDING_NAMED = 4;

/** What the cases look at, without what they compare it with: "Role and department". */
export function decidingWords(cases: Route['cases']): string {
  const all = [...new Set(cases.flatMap(({ when }) => when.flatMap(decidingWordsOf)))];
  const named = all.slice(0, DECIDING_NAMED);
  return listed(named.length < all.length ? [...named, t`more`] : named, 'and');
}

function decidingWordsOf(condition: CaseCondition): readonly string[] {
  switch (condition.kind) {
    case 'person':
      return condition.group.conditions.map(({ field }) => fieldWords(field));
    case 'answer':
      return [condition.label];
    case 'check':
      return [t`other access`]; // Its name is for those who may see that integration.
    default:
      return unreachable(condition);
  }
}

/** A sentence for each case, in their order, and one for all other requests; empty where there is no case. */
export function casesWords({ cases, stages }: Route, style: RouteStyle): readonly string[] {
  if (cases.length === 0) return [];
  return [
    ...cases.map((each, index) => {
      const [when, who] = [whenWords(each, style.nameOf), stagesWords(each.stages, style)];
      return index === 0 ? t`If ${when}: ${who}.` : t`Else, if ${when}: ${who}.`;
    }),
    t`Else: ${stagesWords(stages, style)}.`,
  ];
}
