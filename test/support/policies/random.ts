/** Random policies in a random company, held against what no policy may break. */
import * as fc from 'fast-check';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { type AccessRequest, stuckUntil } from '../../../src/engine/requests/access-request.ts';
import { seatNow } from '../../../src/engine/requests/seat-now.ts';
import { routeFor, type Stage } from '../../../src/engine/settings/route.ts';
import { NAMES, play, readRoute } from './company.ts';

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
  { weight: 1, arbitrary: name.map((who) => `${who} is back`) },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([who, to]) => `${who} reassigns to ${to}`) },
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

/** As many different people as have to approve it at least. */
const fewest = (all: readonly Stage[]): number =>
  Math.max(
    0,
    ...all.map(({ approvals, differentPerson }, index) => {
      const before = differentPerson && index > 0 ? (all[index - 1]?.approvals ?? 0) : 0;
      return approvals + before;
    }),
  );

const ENDS = ['refused', 'approved', 'denied', 'cancelled', 'expired', 'stuck', 'nothing'];

/** Throws an error with the seed and the smallest play that breaks something. */
export const playRandomPolicies = (
  transact: UnitOfWork,
  { plays, seed }: { readonly plays: number; readonly seed: number },
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      fc.record({ route, request, happens: fc.array(happens, { maxLength: 12 }) }),
      async (drawn) => {
        const wrong = await whatIsWrong(transact, drawn);
        if (wrong.length > 0) throw new Error(wrong.join(', '));
      },
    ),
    { numRuns: plays, seed },
  );

interface Drawn {
  readonly route: string;
  readonly request: string;
  readonly happens: readonly string[];
}

/** Who can press, and nobody else, is asked and reads it among what needs their approval; and there is someone, unless it says that too few are left. */
async function whoWaits(
  tx: Transaction,
  open: AccessRequest,
  now: Date,
): Promise<readonly string[]> {
  if (open.state !== 'open') return [];
  const at = Object.create(tx, { now: { value: now } }) as Transaction;
  const wrong: string[] = [];
  let able = 0;
  for (const id of NAMES) {
    const isHere = (await tx.people.find(id))?.active === true;
    const canPress = isHere && (await seatNow(at, open.id, { id })).kind === 'seat';
    if (canPress) able += 1;
    const theirs = { state: 'open', waitsForId: id } as const;
    const { total } = await tx.requests.list(theirs, { offset: 0, limit: 1 });
    if (canPress && total === 0) wrong.push(`${id} isn't asked`);
    if (isHere && !canPress && total > 0) wrong.push(`${id} reads it and can't press`);
  }
  return able > 0 || stuckUntil(open) ? wrong : ['nobody can'];
}

async function whatIsWrong(transact: UnitOfWork, drawn: Drawn): Promise<readonly string[]> {
  // Day after day would be half of what ten thousand plays take.
  const steps = [drawn.request, ...drawn.happens, '++ 8', '++ 8'].map((does) => ({ does }));
  let asked: readonly string[] = [];
  const wrong: string[] = [];
  const said = await play({ route: readRoute(drawn.route), steps }, transact, async (tx, step) => {
    const { requests } = await tx.requests.list({}, { offset: 0, limit: 1 });
    const [one] = requests;
    if (!one || step.became === 'refused') return;
    const by = (await tx.requests.verdicts(one.id)).map(({ personId }) => personId);
    const [who = '', press] = step.does.split(' ');
    const isTaken = press === 'approves' && !step.became.includes(',') && asked.length > 0;
    const counted = routeFor(one);
    const isApproved = one.state === 'approved' && counted?.kind === 'stages';
    const stagesOfIt = isApproved ? counted.stages : [];
    const isLeaver = isTaken && !(await tx.people.find(who))?.active;
    wrong.push(
      ...(by.includes(one.personId) || by.includes(one.requestedById) ? ['own'] : []),
      ...(new Set(by).size < by.length ? ['twice'] : []),
      ...(isLeaver || (isTaken && !asked.includes(who)) ? ['no right'] : []),
      ...(by.length < fewest(stagesOfIt) ? ['too few'] : []),
    );
    wrong.push(...(await whoWaits(tx, one, step.now)));
    asked = one.state === 'open' ? await tx.requests.approvers(one.id) : [];
  });
  const end = said.at(-1) ?? '';
  return ENDS.includes(end) ? wrong : [...wrong, `it ended as ${end}`];
}
