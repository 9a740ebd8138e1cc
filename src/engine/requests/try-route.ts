/** A route tried with a person before it counts: to whom their request would go, and who would be notified. */
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { CaseCondition, Route, Stage } from '../settings/route.ts';
import { type Approvers, type At, approversNow } from './approvers.ts';
import { groupMatch, MAX_MEMBERS, membersOf } from './groups.ts';

export interface TriedPath {
  /** What a form's answer or another integration decides; empty where it is sure. */
  readonly when: readonly CaseCondition[];
  /** One for each stage, in order; empty: approved automatically. */
  readonly stages: readonly Approvers[];
}

/** The paths that a request by this person for themselves may take, the first that holds counts; the last one is sure. */
export async function tryRoute(
  {
    route,
    person,
    integration,
  }: { readonly route: Route; readonly person: Person; readonly integration: Integration },
  stores: Stores,
  at: At,
): Promise<readonly TriedPath[]> {
  const request = { personId: person.id, requestedById: person.id };
  const pathOf = async (
    when: readonly CaseCondition[],
    stages: readonly Stage[],
  ): Promise<TriedPath> => {
    const tried: Approvers[] = [];
    for (const stage of stages)
      tried.push(await approversNow({ request, integration, stages: [stage] }, stores, at));
    return { when, stages: tried };
  };
  const paths: TriedPath[] = [];
  for (const { when, stages } of route.cases) {
    const unsure = when.filter(({ kind }) => kind !== 'person');
    let isRight = true;
    for (const each of when) {
      if (each.kind !== 'person') continue;
      const match = await groupMatch(stores, each.group);
      isRight &&= (await match([person])).length > 0;
    }
    if (!isRight) continue;
    paths.push(await pathOf(unsure, stages));
    if (unsure.length === 0) return paths;
  }
  return [...paths, await pathOf([], route.stages)];
}

/** Whether one of its groups has more members than can be asked. */
export async function hasLargeGroup(route: Route, stores: Stores): Promise<boolean> {
  const stages = [...route.stages, ...route.cases.flatMap((each) => each.stages)];
  for (const approvers of stages.flatMap((stage) => stage.approvers))
    if (
      approvers.kind === 'group' &&
      (await membersOf(stores, approvers.group)).length > MAX_MEMBERS
    )
      return true;
  return false;
}
