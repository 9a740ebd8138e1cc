/** Which stages a request has: those of the first case of the policy's route that holds for it, else the route's own. */
import { unreachable } from '../../core/unreachable.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { CaseCondition, Route, Stage } from '../settings/route.ts';
import type { RequestContent } from './access-request.ts';
import { forAdmins } from './approvers.ts';
import { groupMatch } from './groups.ts';

export interface RouteFacts {
  /** Whom the request is for. */
  readonly person: Person;
  readonly requester: Person;
  /** Undefined where an extension keeps answers that are no longer known. */
  readonly form: RequestContent['form'] | undefined;
  /** What integrations said: whether the person has access there. */
  readonly checks?: ReadonlyMap<string, boolean>;
}

export type ChosenRoute =
  /** @property index of the case that holds; undefined: none */
  | { readonly kind: 'stages'; readonly stages: readonly Stage[]; readonly index?: number }
  /** These integrations decide whether the first case that may hold does. */
  | { readonly kind: 'ask'; readonly integrationIds: readonly string[] };

/** Where an answer decides, and nobody knows it any more, admins approve. */
export async function chooseStages(
  route: Route,
  facts: RouteFacts,
  stores: Stores,
): Promise<ChosenRoute> {
  const isByAnswer = route.cases.some(({ when }) => when.some(({ kind }) => kind === 'answer'));
  if (facts.form === undefined && isByAnswer)
    return {
      kind: 'stages',
      stages: forAdmins([...route.stages, ...route.cases.flatMap(({ stages }) => stages)]),
    };
  for (const [index, { when, stages }] of route.cases.entries()) {
    let isRight = true;
    const integrationIds: string[] = [];
    for (const each of when) {
      const answer = await holds(each, facts, stores);
      if (answer === 'ask' && each.kind === 'check') integrationIds.push(each.integrationId);
      else if (answer !== true) isRight = false;
    }
    if (!isRight) continue;
    return integrationIds.length > 0
      ? { kind: 'ask', integrationIds }
      : { kind: 'stages', stages, index };
  }
  return { kind: 'stages', stages: route.stages };
}

async function holds(
  condition: CaseCondition,
  { person, requester, form, checks }: RouteFacts,
  stores: Stores,
): Promise<boolean | 'ask'> {
  switch (condition.kind) {
    case 'person': {
      const match = await groupMatch(stores, condition.group);
      const who = condition.whose === 'person' ? person : requester;
      return (await match([who])).length > 0;
    }
    case 'answer': {
      const { fieldId, values } = condition;
      const answer = form && Object.hasOwn(form, fieldId) ? form[fieldId] : undefined;
      return [answer ?? []].flat().some((value) => values.includes(value));
    }
    case 'check':
      return checks?.get(condition.integrationId) ?? 'ask';
    default:
      return unreachable(condition);
  }
}
