/** What Try says of a route is what a request then does: each route of the conformance cases, tried and played. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import {
  peopleIn,
  type TriedPath,
  type TriedRequest,
  type TriedStep,
  tryRoute,
} from '../../../src/engine/requests/try-route.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { play, readRoute, START } from '../../support/policies/company.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await temporaryDatabase(() => START);
});
afterAll(() => database.cleanup());

const rules = new Set(
  readFileSync(new URL('../../conformance/policies.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.includes(' :: '))
    .map((line) => line.split(' :: ')[0] ?? ''),
);

const AT = { now: START, timeZone: 'UTC' };

async function tried(tx: Transaction, route: string, who: string): Promise<TriedRequest> {
  const [person, integration] = [await tx.people.find(who), await tx.integrations.find('app')];
  if (!person || !integration) throw new Error('The company is gone');
  return tryRoute({ route: readRoute(route), person, integration }, tx, AT);
}

interface Asking {
  readonly role: string;
  readonly onCall: string;
}

const pathFor = (result: TriedRequest, { role, onCall }: Asking): TriedPath | undefined =>
  result.kind === 'paths'
    ? result.paths.find(({ when }) =>
        when.every((each) =>
          each.kind === 'answer' ? each.values.includes(role) : onCall === 'yes',
        ),
      )
    : undefined;

const idsOf = (people: readonly Person[]): string =>
  people
    .map(({ id }) => id)
    .toSorted()
    .join(' ');

type AskedStep = Extract<TriedStep, { readonly kind: 'asked' }>;
const askedIn = ({ steps }: TriedPath): readonly AskedStep[] =>
  steps.filter((step) => step.kind === 'asked');

/** Who presses, as many as the stage still needs: first those who are not asked later. */
function pressing({ approvers }: AskedStep, later: readonly AskedStep[]): readonly string[] {
  const isLater = (id: string) =>
    later.some((step) => peopleIn(step.approvers).some((each) => each.id === id));
  return approvers.seats
    .filter(({ isFilled }) => !isFilled)
    .map(({ approver }) => approver.id)
    .toSorted((a, b) => Number(isLater(a)) - Number(isLater(b)))
    .slice(0, approvers.needed - approvers.approved);
}

/** Tries it, makes the request and presses. @returns what became of each step, as it was tried and as it was */
async function compare(
  route: string,
  who: string,
  asking: Asking,
): Promise<{ readonly tried: readonly string[]; readonly done: readonly string[] }> {
  const steps = [{ does: `request by ${who} role ${asking.role} on-call ${asking.onCall}` }];
  const expected: string[] = [];
  const done = await play(
    { route: readRoute(route), steps },
    database.transact,
    async (tx, step) => {
      if (!step.does.startsWith('request')) return;
      const path = pathFor(await tried(tx, route, who), asking);
      if (path?.end !== 'approved') {
        expected.push(path?.end === 'automatic' ? 'approved' : 'refused');
        return;
      }
      const asked = askedIn(path);
      for (const [index, each] of asked.entries()) {
        const presses = pressing(each, asked.slice(index + 1));
        for (const _ of presses) expected.push(idsOf(peopleIn(each.approvers)));
        steps.push(...presses.map((id) => ({ does: `${id} approves` })));
      }
      expected.push('approved');
    },
  );
  // A check comes first, and then the request ends in place of being refused.
  return { tried: expected, done: done.map((each) => (each === 'stuck' ? 'refused' : each)) };
}

const onlyIf = (holds: boolean, ...more: readonly string[]): readonly string[] =>
  holds ? more : [];

describe.each(['ben', 'eve'])('a request of %s goes where Try says', (who) => {
  test.each([...rules])('%s', async (route) => {
    for (const role of ['viewer', ...onlyIf(route.includes('role is'), 'owner')])
      for (const onCall of ['no', ...onlyIf(route.includes('on call'), 'yes')]) {
        const { tried: says, done } = await compare(route, who, { role, onCall });
        expect(done, `role ${role}, on call ${onCall}`).toEqual(says);
      }
  });
});

/** One word for each step. */
async function wayOf(route: string, who: string): Promise<readonly string[]> {
  let way: readonly string[] = [];
  await play(
    { route: readRoute(route), steps: [{ does: `request by ${who}` }] },
    database.transact,
    async (tx) => {
      const path = pathFor(await tried(tx, route, who), { role: 'viewer', onCall: 'no' });
      way = (path?.steps ?? []).map((step) =>
        step.kind === 'passed'
          ? `${step.stage} passed by ${idsOf(step.by)}`
          : `${step.approvers.stage} asks ${idsOf(peopleIn(step.approvers))}${step.counting.length > 0 ? `, ${idsOf(step.counting)} may count` : ''}`,
      );
    },
  );
  return way;
}

test('a stage whose approver has to approve an earlier one falls away', async () => {
  expect(await wayOf('manager then cara then owners', 'ben')).toEqual([
    '1 asks cara',
    '2 passed by cara',
    '3 asks gus hana',
  ]);
});

test('a stage that falls away only if one of several approved before is asked, and says who', async () => {
  expect(await wayOf('owners then hana', 'ben')).toEqual([
    '1 asks gus hana',
    '2 asks hana, hana may count',
  ]);
});

test('who counts in an earlier stage is not asked in one that wants someone else', async () => {
  expect(await wayOf('manager then other cara or dan', 'ben')).toEqual([
    '1 asks cara',
    '2 asks dan',
  ]);
});
