/**
 * Random policies in a random company hold what no policy may break. `POLICY_PLAYS=10000` plays that many; a failure prints its
 * seed.
 */
import { env } from 'node:process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stage } from '../../src/engine/settings/route.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';
import { NAMES, play, readRoute, START } from './policies.ts';

const PLAYS = Number(env['POLICY_PLAYS'] ?? 30);
const MINUTE_MS = 60_000;

const name = fc.constantFrom(...NAMES);
const kind = fc.oneof(
  name,
  fc.constantFrom('manager', 'managers-manager', 'owners', 'admins', 'Legal', 'Engineering'),
);
const stage = fc
  .tuple(
    fc.constantFrom('', '', '', '2 of ', '3 of '),
    fc.boolean(),
    fc.uniqueArray(kind, { minLength: 1, maxLength: 3 }),
  )
  .map(
    ([count, other, kinds]) =>
      `${count.replace(' of ', ' ')}${other ? 'other ' : ''}of ${kinds.join(' or ')}`,
  );
const stages = fc.array(stage, { minLength: 1, maxLength: 3 }).map((all) => all.join(' then '));
const condition = fc.constantFrom(
  'department is Engineering',
  'requester is Sales',
  'role is owner',
  'on call',
  'role is owner and on call',
);
const route = fc
  .tuple(
    stages,
    fc.array(fc.tuple(condition, fc.oneof(stages, fc.constant('nobody'))), { maxLength: 2 }),
  )
  .map(([first, cases]) =>
    [first, ...cases.map(([when, then]) => `if ${when}: ${then}`)].join(' | '),
  );
/** Only an admin and a manager may request for someone. */
const request = fc
  .tuple(
    name,
    fc.constantFrom('', ' for ben', ' for cara'),
    fc.constantFrom('owner', 'viewer'),
    fc.constantFrom('yes', 'no', 'down', 'slow'),
  )
  .map(
    ([by, whom, role, call]) =>
      `request by ${whom === '' ? by : 'eve'}${whom} role ${role} on-call ${call}`,
  );
const happens = fc.oneof(
  { weight: 6, arbitrary: name.map((who) => `${who} approves`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        name,
        fc.constantFrom(
          'leaves',
          'returns',
          'becomes admin',
          'becomes other',
          'moves to Legal',
          'moves to Sales',
        ),
      )
      .map((both) => both.join(' ')),
  },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([who, to]) => `${who} is away with ${to}`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, name)
      .filter(([a, b]) => a !== b)
      .map(([who, to]) => `${who} reports to ${to}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('+ 1', '+ 3', 'owners dan', 'owners gus hana', 'policy owners'),
  },
);

let database: TestDatabase;
beforeAll(async () => {
  database = await temporaryDatabase(() => START);
});
afterAll(() => database.cleanup());

/** As many different people as have to approve it at least. */
const fewest = (all: readonly Stage[]): number =>
  Math.max(
    0,
    ...all.map(({ approvals, differentPerson }, index) => {
      const before = differentPerson && index > 0 ? (all[index - 1]?.approvals ?? 0) : 0;
      return approvals + before;
    }),
  );

test(
  `in ${PLAYS} plays nobody decides their own, nobody decides who lost the right, the count holds, and every request ends`,
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ route, request, happens: fc.array(happens, { maxLength: 12 }) }),
        async (drawn) => {
          const does = [drawn.request, ...drawn.happens, '+ 15'];
          const steps = does.map((each) => ({ does: each, becomes: '' }));
          let asked: readonly string[] = [];
          const wrong: string[] = [];
          const said = await play(
            { route: readRoute(drawn.route), steps },
            database.transact,
            async (tx, step) => {
              const { requests } = await tx.requests.list({}, { offset: 0, limit: 1 });
              const [one] = requests;
              if (!one || step.became === 'refused') return;
              const by = (await tx.requests.verdicts(one.id)).map(({ personId }) => personId);
              const [who = '', press] = step.does.split(' ');
              const isTaken =
                press === 'approves' && !step.became.includes(',') && asked.length > 0;
              const isApproved = one.state === 'approved' && one.route?.kind === 'stages';
              const stagesOfIt = isApproved && one.route?.kind === 'stages' ? one.route.stages : [];
              const isLeaver = isTaken && !(await tx.people.find(who))?.active;
              wrong.push(
                ...(by.includes(one.personId) || by.includes(one.requestedById) ? ['own'] : []),
                ...(new Set(by).size < by.length ? ['twice'] : []),
                ...(isLeaver || (isTaken && !asked.includes(who)) ? ['no right'] : []),
                ...(by.length < fewest(stagesOfIt) ? ['too few'] : []),
              );
              asked = one.state === 'open' ? await tx.requests.approvers(one.id) : [];
            },
          );
          expect(wrong).toEqual([]);
          expect([
            'refused',
            'approved',
            'denied',
            'cancelled',
            'expired',
            'stuck',
            'nothing',
          ]).toContain(said.at(-1));
        },
      ),
      { numRuns: PLAYS, seed: Number(env['POLICY_SEED'] ?? START.getTime() % 2 ** 31) },
    ),
  Math.max(MINUTE_MS, PLAYS * 5000),
);
