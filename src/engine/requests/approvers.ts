/**
 * Who may approve a request now: roles, managers, groups and absences change while it is open. Its stages don't: they are those of
 * the policy that it was made under (`stagesFor`).
 * A press counts in every stage that admits its person, unless that stage wants someone else than the stages before.
 */
import { heldToExtend, needsApprovalToKeep } from '../access/held-answers.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { routeFor, type Stage } from '../settings/route.ts';
import { policyOf, routeOf } from '../settings/settings.ts';
import type { AccessRequest, RequestContent, Verdict } from './access-request.ts';
import {
  type CountedStages,
  chosenForApprovalAt,
  countedStages,
  forAdmins,
} from './needs-approval.ts';
import { readableContent } from './readable-content.ts';
import type { StageInput } from './seats/named.ts';
import type { At } from './seats/seat.ts';
import {
  type AboutStage,
  type ReadContext,
  type SeatMove,
  type StageContext,
  type StageSeats,
  stageNow,
} from './seats/stage-now.ts';

/** Of the stage that it waits for; of the last one where every stage has its approvals. */
export interface Approvers extends StageSeats {
  /** Its number, from 1, and how many there are. */
  readonly stage: number;
  readonly stages: number;
  /**
   * `checking`: integrations are being asked who approves it. `stuck`: too few people are left to approve it; whether that is so in
   * later stages is only looked at with `isThorough`.
   */
  readonly state: 'checking' | 'waiting' | 'stuck' | 'approved';
}

/** The stages that decide it; empty where nobody has to. A request of 0.2.0 follows the policy of now. */
export function stagesFor(
  request: Pick<AccessRequest, 'route'>,
  integration: Pick<Integration, 'settings'>,
): readonly Stage[] {
  const route = routeFor(request) ?? { kind: 'checking', route: routeOf(policyOf(integration)) };
  return route.kind === 'checking' ? route.route.stages : route.stages;
}

/**
 * Where managers alone could approve, those whom the stages name beside them approve options that need approval, else admins: a
 * manager can't grant those alone.
 * A person who made the request, whom it is for, or who has left gets no seat. Where seats are missing, admins get them.
 * @param isThorough looks at the whole directory for groups, and at later stages; else at those who were asked, as long as they are
 * enough
 * @param verdicts left out: those so far
 */
export async function approversOf(
  {
    request,
    integration,
    isThorough = false,
    verdicts,
    reassignments,
  }: {
    readonly request: Pick<
      AccessRequest,
      'id' | 'kind' | 'personId' | 'requestedById' | 'escalatedAt' | 'route'
    >;
    readonly integration: Integration;
    readonly isThorough?: boolean;
    readonly verdicts?: readonly Verdict[];
    /** Left out: those of the request. */
    readonly reassignments?: readonly SeatMove[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const said = verdicts ?? (await stores.requests.verdicts(request.id));
  if (routeFor(request)?.kind === 'checking') return CHECKING;
  const moves = reassignments ?? (await stores.reassignments.of(request.id));
  const { stages, needsAdmins } = await countedStages(stagesFor(request, integration), async () => {
    const content = await readableContent(stores, request.id);
    // Where it can't be read it is never granted, and whom it waits for denies it.
    return content !== undefined && needsApproval({ ...request, content }, integration, stores);
  });
  const candidateIds = isThorough
    ? undefined
    : [
        ...(await stores.requests.approvers(request.id)),
        ...said.flatMap(({ personId, forPersonId }) => [personId, forPersonId ?? personId]),
        ...moves.flatMap(({ fromId, toId }) => [fromId, toId]),
      ];
  const about = { request, integration, verdicts: said, moves, candidateIds, needsAdmins };
  return approversIn(stages, about, { stores, at });
}

const CHECKING: Approvers = {
  seats: [],
  named: [],
  needed: 1,
  approved: 0,
  stage: 1,
  stages: 1,
  state: 'checking',
};

/**
 * As `approversOf`, for a request that isn't made yet.
 * @param counted left out: the policy's stages, where none of its cases holds and nothing needs approval
 */
export async function approversNow(
  {
    request,
    integration,
    counted = { stages: routeOf(policyOf(integration)).stages, needsAdmins: false },
    verdicts = [],
  }: {
    readonly request: StageInput['request'];
    readonly integration: Integration;
    readonly counted?: CountedStages;
    readonly verdicts?: readonly Verdict[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const { stages, needsAdmins } = counted;
  const about = { request, integration, verdicts, moves: [], candidateIds: undefined, needsAdmins };
  return approversIn(stages, about, { stores, at });
}

async function approversIn(
  given: readonly Stage[],
  about: StageContext,
  context: ReadContext,
): Promise<Approvers> {
  // What is approved automatically waits only where something needs approval, or can't be granted now.
  const stages = given.length === 0 ? forAdmins([]) : given;
  const counted = new Set<string>();
  let last: Approvers | undefined;
  for (const [index, stage] of stages.entries()) {
    const {
      countedIds,
      open,
      isShort: _,
      ...at
    } = await stageNow(stage, { ...about, counted }, context);
    last = { ...at, stage: index + 1, stages: stages.length, state: 'approved' };
    if (at.approved < at.needed) {
      const rest = about.candidateIds === undefined ? stages.slice(index + 1) : [];
      const isStuck =
        at.approved + open < at.needed ||
        (await areStuck(rest, { ...about, counted }, context)) ||
        (rest.length > 0 && (await areTooMany(stages, about, context)));
      return { ...last, state: isStuck ? 'stuck' : 'waiting' };
    }
    for (const id of countedIds) counted.add(id);
  }
  if (!last) throw new RangeError('A request has at least one stage');
  return last;
}

/** Whether one of the later stages has too few people. */
async function areStuck(
  stages: readonly Stage[],
  about: AboutStage,
  context: ReadContext,
): Promise<boolean> {
  for (const stage of stages) {
    const { approved, open, needed } = await stageNow(stage, about, context);
    if (approved + open < needed) return true;
  }
  return false;
}

/**
 * Whether the stages need more different people than there are: each stage that wants someone else needs its own. Where this says no,
 * the people may still be too few.
 */
async function areTooMany(
  stages: readonly Stage[],
  about: StageContext,
  context: ReadContext,
): Promise<boolean> {
  if (stages.every(({ differentPerson }) => !differentPerson)) return false;
  const { requestedById, personId } = about.request;
  const admins = (await context.stores.people.admins()).map(({ id }) => id);
  const able = new Set(admins.filter((id) => id !== requestedById && id !== personId));
  let fewest = 0;
  for (const stage of stages) {
    const { seats } = await stageNow(stage, { ...about, counted: new Set() }, context);
    for (const { people } of seats) for (const { id } of people) able.add(id);
    fewest = stage.differentPerson ? fewest + stage.approvals : Math.max(fewest, stage.approvals);
    if (able.size < fewest) return true;
  }
  return false;
}

/** By what an approval would grant: what the person has, for an extension; else the answers of the form. */
export async function needsApproval(
  {
    kind,
    personId,
    content,
  }: Pick<AccessRequest, 'kind' | 'personId'> & { readonly content: RequestContent },
  integration: Integration,
  stores: Stores,
): Promise<boolean> {
  const held = kind === 'extend' ? await heldToExtend(stores, personId, integration) : undefined;
  if (held) return needsApprovalToKeep(held);
  return (await chosenForApprovalAt(stores, integration, content.form)).length > 0;
}
