/** Which stages a request has: those of the first case of the policy's route that holds for it, else the route's own. */
import { unreachable } from '../../core/unreachable.ts';
import type { Person } from '../people/directory.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isStored } from '../rules/condition.ts';
import type { CaseCondition, Route, Stage } from '../settings/route.ts';
import type { RequestContent } from './access-request.ts';
import { groupMatch } from './groups.ts';
import { forAdmins } from './needs-approval.ts';

export interface RouteFacts {
  /** Whom the request is for. */
  readonly person: Person;
  readonly requester: Person;
  /** `open`: nobody has filled it in yet. Undefined where an extension keeps answers that are no longer known. */
  readonly form: RequestContent['form'] | 'open' | undefined;
  /** What integrations said: whether the person has access there. */
  readonly checks?: ReadonlyMap<string, boolean>;
}

/** Stages that a request may have. */
export interface PossibleStages {
  /** What isn't known yet, and has to hold. */
  readonly when: readonly CaseCondition[];
  readonly stages: readonly Stage[];
  /** Of the case; undefined: the route's own. */
  readonly index?: number;
}

/**
 * In their order: the first one counts whose conditions hold. The last one is sure. Where something decides that nobody knows any
 * more, admins approve.
 */
export async function* possibleStages(
  route: Route,
  facts: RouteFacts,
  stores: Stores,
): AsyncGenerator<PossibleStages> {
  if (route.cases.some(({ when }) => when.some((each) => isUnknown(each, facts)))) {
    const all = [...route.stages, ...route.cases.flatMap(({ stages }) => stages)];
    yield { when: [], stages: forAdmins(all) };
    return;
  }
  for (const [index, { when, stages }] of route.cases.entries()) {
    let isRight = true;
    const open: CaseCondition[] = [];
    for (const each of when) {
      const answer = await holds(each, facts, stores);
      if (answer === 'open') open.push(each);
      else isRight &&= answer;
    }
    if (!isRight) continue;
    yield { when: open, stages, index };
    if (open.length === 0) return;
  }
  yield { when: [], stages: route.stages };
}

export type ChosenRoute =
  /** @property index of the case that holds; undefined: none */
  | { readonly kind: 'stages'; readonly stages: readonly Stage[]; readonly index?: number }
  /** These integrations decide whether the first case that may hold does. */
  | { readonly kind: 'ask'; readonly integrationIds: readonly string[] };

export async function chooseStages(
  route: Route,
  facts: RouteFacts & { readonly form: Exclude<RouteFacts['form'], 'open'> },
  stores: Stores,
): Promise<ChosenRoute> {
  for await (const { when, ...chosen } of possibleStages(route, facts, stores)) {
    const integrationIds = when.flatMap((each) =>
      each.kind === 'check' ? [each.integrationId] : [],
    );
    return integrationIds.length > 0
      ? { kind: 'ask', integrationIds }
      : { kind: 'stages', ...chosen };
  }
  throw new RangeError('The last stages of a route are sure');
}

/** Whether no one can say if it holds: the answers are no longer known, or what is stored about the person can't be read. */
function isUnknown(condition: CaseCondition, { person, requester, form }: RouteFacts): boolean {
  switch (condition.kind) {
    case 'person': {
      const { whose, group } = condition;
      const compares = group.conditions.some(({ field }) => isStored(field));
      return compares && !hasReadableFacts(whose === 'person' ? person : requester);
    }
    case 'answer':
      return form === undefined;
    case 'check':
      return false;
    default:
      return unreachable(condition);
  }
}

async function holds(
  condition: CaseCondition,
  { person, requester, form, checks }: RouteFacts,
  stores: Stores,
): Promise<boolean | 'open'> {
  switch (condition.kind) {
    case 'person': {
      const match = await groupMatch(stores, condition.group);
      const who = condition.whose === 'person' ? person : requester;
      return (await match([who])).length > 0;
    }
    case 'answer': {
      if (form === 'open') return 'open';
      const { fieldId, values } = condition;
      const answer = form && Object.hasOwn(form, fieldId) ? form[fieldId] : undefined;
      return [answer ?? []].flat().some((value) => values.includes(value));
    }
    case 'check':
      return checks?.get(condition.integrationId) ?? 'open';
    default:
      return unreachable(condition);
  }
}
