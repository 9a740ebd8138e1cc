/**
 * A route tried with a person before it counts: every way that their request for themselves may go now, by the functions that real
 * requests go by. What their approvers would press is played, and nothing is stored.
 */
import { isAskedNow } from '../access/check-access.ts';
import { type HeldAnswers, heldToExtend, needsApprovalToKeep } from '../access/held-answers.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Integration, Person, PersonAtApp } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { CaseCondition, Route, Stage } from '../settings/route.ts';
import { policyOf, settingsOf } from '../settings/settings.ts';
import type { Verdict } from './access-request.ts';
import { type Approvers, approversNow } from './approvers.ts';
import { possibleStages } from './choose-stages.ts';
import { MAX_MEMBERS, membersOf } from './groups.ts';
import {
  approvalMark,
  type CountedStages,
  countedStages,
  hasMarkedOptions,
} from './needs-approval.ts';
import { formThatDecides, isUnapproved, whyNotRequest } from './requestable.ts';
import type { At } from './seats/seat.ts';

export type TriedRequest =
  /** They can't request it; `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The first one whose conditions hold counts; the last one is sure. */
  | {
      readonly kind: 'paths';
      /** They have it, and would request more time. */
      readonly isExtension: boolean;
      /** One of theirs is open, so that no other can be made before it ends. */
      readonly isOpen: boolean;
      /** Integrations that its cases name and that aren't asked about this person, by id: the case doesn't hold. */
      readonly notAsked: readonly string[];
      readonly paths: readonly TriedPath[];
    };

export interface TriedPath {
  /** What a form's answer or another integration decides; empty where it is sure. */
  readonly when: readonly CaseCondition[];
  /** Whether it is for something that needs approval; undefined where that changes nothing. */
  readonly needsApproval?: boolean | undefined;
  /**
   * `stuck`: it isn't made, since too few people could approve it. `stuck-later`: it is made, and the people who approve its first
   * stages are missing in a later one. `approved`: the last stage is through.
   */
  readonly end: 'automatic' | 'stuck' | 'stuck-later' | 'approved';
  /** Empty where it is approved automatically or not made. */
  readonly steps: readonly TriedStep[];
}

type Way = Pick<TriedPath, 'end' | 'steps'>;

export type TriedStep =
  | {
      readonly kind: 'asked';
      readonly approvers: Approvers;
      /** Who is asked in an earlier stage as well: an approval there counts here, too. */
      readonly counting: readonly Person[];
      /** Someone who approved before doesn't count here. */
      readonly differentPerson: boolean;
    }
  /** It falls away, since these people's approvals of earlier stages count. */
  | { readonly kind: 'passed'; readonly stage: number; readonly by: readonly Person[] };

export interface Tried extends PersonAtApp {
  readonly route: Route;
}

export async function tryRoute(
  { route, person, integration: saved }: Tried,
  stores: Stores,
  at: At,
): Promise<TriedRequest> {
  const policy = { ...policyOf(saved), route };
  const integration = { ...saved, settings: { ...settingsOf(saved), policy } };
  const why = whyNotRequest(person, integration);
  if (why !== undefined) return { kind: 'refused', why };
  const held = await heldToExtend(stores, person.id, integration);
  const checks = new Map<string, boolean>();
  for (const id of checksIn(route))
    if (!(await isAskedNow(person.id, id, { stores, now: () => at.now }))) checks.set(id, false);
  const facts = { person, requester: person, form: formThatDecides(held, 'open' as const), checks };
  const needs = await needsOf(held, integration, stores);
  const paths: TriedPath[] = [];
  for await (const { when, stages } of possibleStages(route, facts, stores)) {
    const about = { person, integration, stages };
    const some: TriedPath[] = [];
    for (const needsApproval of needs(when))
      some.push({ ...(await pathOf(about, needsApproval, { stores, at })), when, needsApproval });
    const [first, second] = some;
    if (first && (!second || isSame(first, second)))
      paths.push({ ...first, needsApproval: undefined });
    else paths.push(...some);
  }
  return {
    kind: 'paths',
    isExtension: held !== undefined,
    isOpen: (await stores.requests.openFor(person.id, integration.id)) !== undefined,
    notAsked: [...checks.keys()],
    paths,
  };
}

/** The integrations that its cases ask. */
const checksIn = ({ cases }: Route): ReadonlySet<string> =>
  new Set(
    cases.flatMap(({ when }) =>
      when.flatMap((each) => (each.kind === 'check' ? [each.integrationId] : [])),
    ),
  );

/** Whether it may be for something that needs approval, as far as that is known before the form is filled in. */
async function needsOf(
  held: HeldAnswers | undefined,
  integration: Integration,
  stores: Stores,
): Promise<(when: readonly CaseCondition[]) => readonly boolean[]> {
  const form = (await manifestOf(stores, integration))?.form ?? [];
  const isMarked = (each: CaseCondition): boolean =>
    each.kind === 'answer' &&
    form.some((field) => field.id === each.fieldId && each.values.every(approvalMark(field)));
  return (when) => {
    if (held) return [needsApprovalToKeep(held)];
    if (!hasMarkedOptions(form)) return [false];
    return when.some(isMarked) ? [true] : [true, false];
  };
}

/** Whether both ask the same people, as many of them, in the same order. */
const isSame = (one: TriedPath, other: TriedPath): boolean => keyOf(one) === keyOf(other);
const keyOf = ({ end, steps }: TriedPath): string =>
  JSON.stringify([
    end,
    ...steps.map((step) =>
      step.kind === 'passed'
        ? [step.stage]
        : [step.approvers.needed, step.approvers.seats.map(({ approver }) => approver.id)],
    ),
  ]);

interface RouteToTry extends PersonAtApp {
  readonly stages: readonly Stage[];
}

interface ReadContext {
  readonly stores: Stores;
  readonly at: At;
}

async function pathOf(
  { person, integration, stages }: RouteToTry,
  needsApproval: boolean,
  { stores, at }: ReadContext,
): Promise<Way> {
  const by = { kind: 'person', personId: person.id, via: 'web' } as const;
  const ofNeed = async () => needsApproval;
  if (await isUnapproved(stages, { by, needsApproval: ofNeed }, stores))
    return { end: 'automatic', steps: [] };
  const counted = await countedStages(stages, ofNeed);
  const request = { personId: person.id, requestedById: person.id };
  const now = (verdicts: readonly Verdict[], some = counted.stages): Promise<Approvers> =>
    approversNow(
      { request, integration, counted: { ...counted, stages: some }, verdicts },
      stores,
      at,
    );
  return walk(counted, { now, at: at.now });
}

interface Walking {
  /** Who approves after these verdicts. @param some left out: all stages */
  readonly now: (verdicts: readonly Verdict[], some?: readonly Stage[]) => Promise<Approvers>;
  readonly at: Date;
}

/**
 * From stage to stage. Of those who may approve a stage, the one whom no later stage names presses first: this is the longest way, so
 * that nobody who may be asked is left out.
 */
async function walk({ stages }: CountedStages, { now, at }: Walking): Promise<Way> {
  const later: (readonly Person[])[] = [];
  for (const stage of stages.slice(1)) later.push(peopleIn(await now([], [stage])));
  const verdicts: Verdict[] = [];
  const steps: TriedStep[] = [];
  for (let next = 1; ; ) {
    const approvers = await now(verdicts);
    const { state, stage } = approvers;
    if (state === 'stuck') return { end: steps.length > 0 ? 'stuck-later' : 'stuck', steps };
    for (
      const through = state === 'approved' ? stages.length : stage - 1;
      next <= through;
      next += 1
    ) {
      const alone = await now(verdicts, stages.slice(next - 1, next));
      steps.push({ kind: 'passed', stage: next, by: saidIn(alone, verdicts) });
    }
    if (state === 'approved') return { end: 'approved', steps };
    if (next === stage) {
      steps.push(askedIn(approvers, stages[stage - 1], steps));
      next += 1;
    }
    const named = new Set(later.slice(stage - 1).flatMap((people) => people.map(({ id }) => id)));
    const presses = pressesFor(approvers, { verdicts, named, at });
    if (presses.length === 0) return { end: 'stuck-later', steps };
    verdicts.push(...presses);
  }
}

/** Who may press, delegates included, each once. */
export const peopleIn = ({ seats }: Pick<Approvers, 'seats'>): readonly Person[] => [
  ...new Map(seats.flatMap(({ people }) => people.map((each) => [each.id, each]))).values(),
];

function askedIn(
  approvers: Approvers,
  stage: Stage | undefined,
  before: readonly TriedStep[],
): TriedStep {
  const differentPerson = before.length > 0 && (stage?.differentPerson ?? false);
  const earlier = before.flatMap((step) => (step.kind === 'asked' ? peopleIn(step.approvers) : []));
  const isEarlier = ({ id }: Person): boolean => earlier.some((each) => each.id === id);
  const counting = differentPerson ? [] : peopleIn(approvers).filter(isEarlier);
  return { kind: 'asked', approvers, counting, differentPerson };
}

/** Whose presses fill its seats. */
const saidIn = ({ seats }: Approvers, verdicts: readonly Verdict[]): readonly Person[] =>
  peopleIn({ seats: seats.filter(({ isFilled }) => isFilled) }).filter(({ id }) =>
    verdicts.some(({ personId }) => personId === id),
  );

/** As many as the stage still needs. */
function pressesFor(
  { seats, needed, approved }: Approvers,
  {
    verdicts,
    named,
    at,
  }: {
    readonly verdicts: readonly Verdict[];
    /** By a later stage. */
    readonly named: ReadonlySet<string>;
    readonly at: Date;
  },
): readonly Verdict[] {
  const hasSaid = ({ id }: Person): boolean => verdicts.some(({ personId }) => personId === id);
  const presses = new Map<string, Verdict>();
  const empty = seats.filter(({ isFilled }) => !isFilled);
  for (const { approver, people } of empty) {
    const by = people.find((each) => !hasSaid(each));
    if (!by || presses.has(by.id)) continue;
    const forPersonId = by.id === approver.id ? undefined : approver.id;
    presses.set(by.id, {
      requestId: 'tried',
      personId: by.id,
      verdict: 'approve',
      at,
      via: 'web',
      forPersonId,
    });
  }
  const isNamed = ({ personId, forPersonId = personId }: Verdict): boolean =>
    named.has(personId) || named.has(forPersonId);
  return [...presses.values()]
    .toSorted((a, b) => Number(isNamed(a)) - Number(isNamed(b)))
    .slice(0, needed - approved);
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
