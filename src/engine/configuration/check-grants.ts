/** Whether bundles and rules can be as their files say, and whether forms have the fields that are answered. */
import { compact } from '../../core/compact.ts';
import { didYouMean } from '../../core/did-you-mean.ts';
import { fold } from '../../core/fold.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { conditionProblem, problemOf as definitionProblem } from '../rules/change-rule.ts';
import type { RunInputs } from '../runs/run.ts';
import type { Documents, FileProblem } from './document.ts';
import { type Change, isEmptyBundle, type Plan, thingsAfter } from './plan.ts';
import { isBundle } from './things.ts';

export type GrantProblem = Omit<FileProblem, 'file'>;
/** Ids of the form's fields by integration, as they will be. Undefined where its manifest can't be read. */
export type Forms = (integration: string) => readonly string[] | undefined;

export function bundleProblems(
  { apps, tags }: Documents['bundle'],
  forms: Forms,
): readonly GrantProblem[] {
  const names = apps.map(({ integrationId }) => fold(integrationId));
  return [
    ...tags.flatMap((tag, at) =>
      tag.includes(',') || tag === ''
        ? [{ place: `tags[${at}]`, message: 'is empty or has a comma; write one tag' }]
        : [],
    ),
    ...apps.flatMap(({ integrationId, form }, at) =>
      compact([
        names.indexOf(fold(integrationId)) < at && {
          place: `apps[${at}].integration`,
          message: `${integrationId} is in the bundle already; keep one`,
        },
        ...formProblems(form, forms(integrationId), `apps[${at}].form`),
      ]),
    ),
  ];
}

/** A bundle that loses its last app while rules grant it, which the plan leaves as they are. */
export async function grantedProblems(
  { rules }: Pick<Stores, 'rules'>,
  { thing, stored }: Change,
  { changes }: Plan,
): Promise<readonly GrantProblem[]> {
  if (!stored || !isEmptyBundle(thing)) return [];
  const granting = await rules.giving(stored.id);
  const names = granting
    .filter(({ id }) => !changes.some((each) => each.stored?.id === id))
    .map(({ name }) => name);
  return names.length === 0
    ? []
    : [
        {
          place: 'apps',
          message: `has none, and the bundle is still granted by ${names.join(', ')}; keep an app, or take the bundle out of the rule`,
        },
      ];
}

export function ruleProblems(
  { turnedOn, conditions, grants, ...rest }: Documents['rule'],
  { forms, plan }: { readonly forms: Forms; readonly plan: Plan },
): readonly GrantProblem[] {
  const wrongConditions = conditions.flatMap((condition, at) => {
    const message = conditionProblem(condition);
    return message === undefined ? [] : [{ place: `conditions[${at}]`, message }];
  });
  const items = grants.map((_, at) => ({ id: `${at}`, integrationId: '' }));
  const whole =
    wrongConditions.length === 0 ? definitionProblem({ ...rest, conditions, items }) : undefined;
  return compact([
    turnedOn &&
      conditions.length === 0 && {
        place: 'conditions',
        message: 'has none, so no one would match; add one, or turn the rule off',
      },
    turnedOn &&
      grants.length === 0 && {
        place: 'grants',
        message: 'has none; add an app, or turn the rule off',
      },
    ...wrongConditions,
    whole !== undefined && { place: '', message: whole },
    ...grants.flatMap((grant, at) =>
      isBundle(grant)
        ? emptyProblems(plan, grant.bundleId, `grants[${at}].bundle`)
        : formProblems(grant.form, forms(grant.integrationId), `grants[${at}].form`),
    ),
  ]);
}

/** @param name of a bundle, as the plan has it */
const emptyProblems = (plan: Plan, name: string, place: string): readonly GrantProblem[] =>
  thingsAfter(plan).some((thing) => thing.name === name && isEmptyBundle(thing))
    ? [{ place, message: `${name} has no apps to grant; add one to the bundle, or remove it here` }]
    : [];

/** Options that an app lists aren't fetched: what chat would offer isn't known here. */
export function formProblems(
  form: RunInputs['form'],
  known: readonly string[] | undefined,
  place: string,
): readonly GrantProblem[] {
  if (!known) return [];
  return Object.keys(form).flatMap((id) => {
    if (known.includes(id)) return [];
    const near = didYouMean(id, known);
    const cure = near === undefined ? 'remove it' : `did you mean "${near}"?`;
    return [
      { place: `${place}.${id}`, message: `the integration's form has no such field; ${cure}` },
    ];
  });
}
