/** The lines of a pack: one for each hold, and one for each removal. Every cell is a text, since CSV has no other. */
import type { Hold } from '../access/hold.ts';
import type { Removal } from '../access/removals/removal.ts';
import { unlessUnreadable } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { AccessRequest, AccessRequestIn } from '../requests/access-request.ts';
import { itemBatches } from '../reviews/item-batches.ts';
import { lastAnswerOf } from '../runs/last-answer.ts';
import { type Names, whoWords } from '../work/names.ts';
import { paged } from '../work/paged.ts';
import { proofCells } from '../work/removal-cells.ts';
import type { Scope } from './evidence.ts';

export const ACCESS_COLUMNS = [
  'person',
  'integration',
  'source',
  'granted by',
  'from',
  'until',
  'ended',
  'ended because',
  'requested by',
  'requested at',
  'reason',
  'approvals',
  'run',
  'outcome',
  "the app's answer",
  'hold',
] as const;

export const REMOVAL_COLUMNS = [
  'person',
  'integration',
  'causes',
  'began',
  'state',
  'ended',
  'proof',
  'proven by',
  'tries',
  'not gone because',
  'run',
  'outcome',
  "the app's answer",
  'last check',
  "the check's answer",
  'removal',
] as const;

export type Line<C extends string = string> = Readonly<Record<C, string>>;
export type AccessLine = Line<(typeof ACCESS_COLUMNS)[number]>;
export type RemovalLine = Line<(typeof REMOVAL_COLUMNS)[number]>;

export interface LineDeps {
  readonly stores: Stores;
  readonly names: Names;
}

export async function* accessLines(scope: Scope, deps: LineDeps): AsyncIterable<AccessLine> {
  for await (const hold of holdsIn(scope, deps.stores)) yield accessLine(hold, deps);
}

export async function* removalLines(scope: Scope, deps: LineDeps): AsyncIterable<RemovalLine> {
  for await (const removal of removalsIn(scope, deps.stores)) yield removalLine(removal, deps);
}

async function* holdsIn(scope: Scope, stores: Stores): AsyncIterable<Hold> {
  if (scope.reviewId === undefined) {
    for await (const hold of paged((after) => stores.holds.during(scope, after), idOf)) yield hold;
    return;
  }
  for await (const { personId, integrationId } of reviewed(scope.reviewId, stores)) {
    const whose = { ...scope, personId, integrationId };
    for await (const hold of paged((after) => stores.holds.during(whose, after), idOf)) yield hold;
  }
}

async function* removalsIn(scope: Scope, stores: Stores): AsyncIterable<Removal> {
  if (scope.reviewId === undefined) {
    for await (const removal of paged((after) => stores.removals.during(scope, after), idOf))
      yield removal;
    return;
  }
  for await (const { removalId } of reviewed(scope.reviewId, stores)) {
    const removal = removalId === undefined ? undefined : await stores.removals.find(removalId);
    if (removal) yield removal;
  }
}

const idOf = ({ id }: { readonly id: string }): string => id;

/** Every access that a review was about. */
export async function* reviewed(reviewId: string, stores: Stores) {
  for await (const items of itemBatches(stores, reviewId)) yield* items;
}

async function accessLine(hold: Hold, { stores, names }: LineDeps): Promise<AccessLine> {
  const request =
    hold.requestId === undefined ? undefined : await stores.requests.find(hold.requestId);
  const answer = await answerOf(hold.runId, stores);
  return {
    person: await names.person(hold.personId),
    integration: await names.integration(hold.integrationId),
    source: hold.source,
    'granted by': await whoWords(hold.givenBy, names),
    from: iso(hold.startedAt),
    until: iso(hold.endsAt),
    ended: iso(hold.ended?.at),
    'ended because': hold.ended?.why ?? '',
    'requested by': request ? await names.person(request.requestedById) : '',
    'requested at': iso(request?.createdAt),
    reason: request ? await reasonOf(request.id, stores) : '',
    approvals: [
      request ? await approvalsOf(request.id, { stores, names }) : '',
      ...(await extensionsOf(hold, { stores, names })),
    ]
      .filter(Boolean)
      .join('; '),
    ...answer,
    hold: hold.id,
  };
}

/** In the place of a text that is damaged, or whose key is lost. */
const UNREADABLE = "can't be read";

async function reasonOf(requestId: string, { requests }: Stores): Promise<string> {
  const content = await unlessUnreadable(requests.content(requestId), { reason: UNREADABLE });
  return content.reason;
}

async function approvalsOf(requestId: string, { stores, names }: LineDeps): Promise<string> {
  const verdicts = await stores.requests.verdicts(requestId);
  const words = await Promise.all(
    verdicts.map(async ({ personId, forPersonId, verdict, at, via, reason }) =>
      [
        `${verdict} by ${await names.person(personId)}`,
        forPersonId && `for ${await names.person(forPersonId)}`,
        `at ${iso(at)} in ${via}`,
        reason && `(${reason})`,
      ]
        .filter(Boolean)
        .join(' '),
    ),
  );
  return words.join('; ');
}

/**
 * Who requested and approved more time. An extension starts neither a run nor a task: it moves the end of the hold that ends last, and
 * what a rule holds gets a hold of the request's own.
 */
async function extensionsOf(
  { id, personId, integrationId, startedAt, ended }: Hold,
  { stores, names }: LineDeps,
): Promise<readonly string[]> {
  const approved = { state: 'approved', personIds: [personId], integrationId } as const;
  const { requests } = await stores.requests.list(approved, ALL_REQUESTS);
  const extensions = requests.toReversed().filter(isExtension);
  const words: string[] = [];
  for (const { id: requestId, createdAt, decidedAt, requestedById } of extensions) {
    if (decidedAt < startedAt || (ended && ended.at < decidedAt)) continue;
    const holds = await stores.holds.openThen(personId, integrationId, decidedAt);
    const hasItsOwn = holds.some((hold) => hold.requestId === requestId);
    if (hasItsOwn || lastToEnd(holds)?.id !== id) continue;
    const reason = await reasonOf(requestId, stores);
    const who = await names.person(requestedById);
    const why = reason && ` (${reason})`;
    const said = (await approvalsOf(requestId, { stores, names })) || 'no approval needed';
    words.push(`more time requested by ${who} at ${iso(createdAt)}${why}: ${said}`);
  }
  return words;
}

/** Where the hold had ended before the approval, it was granted again instead. */
const isExtension = (request: AccessRequest): request is AccessRequestIn<'approved'> =>
  request.kind === 'extend' &&
  request.state === 'approved' &&
  request.runId === undefined &&
  request.taskId === undefined;

/** Of one person at one app. */
const ALL_REQUESTS = { offset: 0, limit: 1000 };

const lastToEnd = (holds: readonly Hold[]): Hold | undefined =>
  holds.toSorted((a, b) => endOf(b) - endOf(a))[0];

const endOf = ({ endsAt }: Hold): number => endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

async function removalLine(removal: Removal, { stores, names }: LineDeps): Promise<RemovalLine> {
  const { personId, integrationId } = removal;
  const causes = await Promise.all(
    removal.causes.map(
      async ({ kind, by, at }) => `${kind} by ${await whoWords(by, names)} at ${iso(at)}`,
    ),
  );
  if (removal.damagedCauses !== undefined) causes.unshift(`damaged: ${removal.damagedCauses}`);
  const check = await stores.access.find(personId, integrationId);
  const isChecked =
    check !== undefined &&
    check.checkedAt >= removal.beganAt &&
    !(await wasGrantedAgain(removal, check.checkedAt, stores));
  return {
    person: await names.person(personId),
    integration: await names.integration(integrationId),
    causes: causes.join('; '),
    began: iso(removal.beganAt),
    ended: 'endedAt' in removal ? iso(removal.endedAt) : '',
    ...(await proofCells(removal, names)),
    tries: String(removal.tries),
    'not gone because': removal.state === 'gone' ? '' : (removal.why ?? ''),
    ...(await answerOf(removal.runId, stores)),
    'last check': isChecked ? `${check.state} at ${iso(check.checkedAt)}` : '',
    "the check's answer": isChecked ? check.reason : '',
    removal: removal.id,
  };
}

/** Whether they had it again by then: a check says nothing of the removal any more. */
async function wasGrantedAgain(
  { personId, integrationId, beganAt }: Removal,
  by: Date,
  stores: Stores,
): Promise<boolean> {
  const holds = await stores.holds.startedSince(personId, integrationId, beganAt); // The oldest first.
  return holds.some(({ startedAt }) => startedAt > beganAt && startedAt <= by);
}

/** What became of a run, and the app's last answer to it, redacted. */
async function answerOf(
  runId: string | undefined,
  stores: Stores,
): Promise<Line<'run' | 'outcome' | "the app's answer">> {
  if (runId === undefined) return { run: '', outcome: '', "the app's answer": '' };
  const answer = await unlessUnreadable(lastAnswer(runId, stores), {
    outcome: '',
    text: UNREADABLE,
  });
  return { run: runId, outcome: answer?.outcome ?? '', "the app's answer": answer?.text ?? '' };
}

async function lastAnswer(runId: string, { runs, runAnswers }: Stores) {
  const run = await runs.find(runId);
  return run ? lastAnswerOf(run, await runs.steps(run.id, run.attempt)) : runAnswers.find(runId);
}

const iso = (date: Date | undefined): string => date?.toISOString() ?? '';
