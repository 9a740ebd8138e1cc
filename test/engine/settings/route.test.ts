import { describe, expect, test } from 'vitest';
import {
  type CaseCondition,
  isMoreAutomatic,
  type Route,
  type Stage,
} from '../../../src/engine/settings/route.ts';

const stage: Stage = { approvers: [{ kind: 'manager' }], approvals: 1, differentPerson: false };
const onCall: CaseCondition = { kind: 'check', integrationId: 'pagerduty' };
const elsewhere: CaseCondition = { kind: 'check', integrationId: 'elsewhere' };
const asks: Route = { cases: [], stages: [stage] };
const automatic = (...when: CaseCondition[]): Route => ({
  cases: [{ when, stages: [] }],
  stages: [stage],
});

describe('more is approved automatically', () => {
  test.each<[string, Route, Route, boolean]>([
    ['without the last stage', asks, { cases: [], stages: [] }, true],
    ['by a new case without a stage', asks, automatic(onCall), true],
    ['by a case that lost its stages', withStages(), automatic(onCall), true],
    ['by a case whose condition is another one', automatic(onCall), automatic(elsewhere), true],
    ['by a case that lost a condition', automatic(onCall, elsewhere), automatic(onCall), true],
    ['where nothing changes', automatic(onCall), automatic(onCall), false],
    [
      'without the case that asked before the others',
      exceptFirst(),
      { ...exceptFirst(), cases: [] },
      true,
    ],
    ['by a case that now stands before the one that asked', inOrder(), reversed(), true],
    ['where the case that asks comes first', reversed(), inOrder(), false],
    ['where a case that asks gets other approvers', inOrder(), inOrder([stage, stage]), false],
    ['where a case goes', automatic(onCall), asks, false],
    ['where a stage comes', { cases: [], stages: [] }, asks, false],
    ['where it was automatic before', { cases: [], stages: [] }, { cases: [], stages: [] }, false],
  ])('%s', (_, before, after, isMore) => {
    expect(isMoreAutomatic(before, after)).toBe(isMore);
  });
});

/** Automatic, but not where that holds. */
function exceptFirst(): Route {
  return { cases: [{ when: [elsewhere], stages: [stage] }], stages: [] };
}

/** People who are elsewhere have to ask, others on call don't. */
function inOrder(asked: Stage[] = [stage]): Route {
  return {
    cases: [
      { when: [elsewhere], stages: asked },
      { when: [onCall], stages: [] },
    ],
    stages: [stage],
  };
}

function reversed(): Route {
  return { ...inOrder(), cases: inOrder().cases.toReversed() };
}

function withStages(): Route {
  return { cases: [{ when: [onCall], stages: [stage] }], stages: [stage] };
}
