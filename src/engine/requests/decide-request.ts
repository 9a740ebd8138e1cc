/**
 * An approver presses Approve or Deny. The request's version guards it: of many clicks at once one decides, and the others
 * see how it ended. Roles, managers and groups count as they are at the click.
 */
import { checkHours } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import type { Actor, Integration, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { asksForCodes, type CodeProblem, useCode } from '../step-up/use-code.ts';
import { invalidate, invalidateRequest, topicsOf } from '../work/topics.ts';
import {
  type AccessRequest,
  type AccessRequestIn,
  aboutRequest,
  hoursDetail,
  isKeyOf,
  seatDetail,
  shortened,
  type Verdict,
} from './access-request.ts';
import { type Approvers, approversOf } from './approvers.ts';
import { askApprovers, setApprovers } from './create-request.ts';
import { fulfil } from './fulfil-request.ts';
import { pressNow } from './press-now.ts';
import { readableContent, sayUnreadable } from './readable-content.ts';

export interface DecisionWish {
  readonly requestId: string;
  readonly verdict: Verdict['verdict'];
  readonly reason?: string;
  /** Approve it for so many whole hours at most. */
  readonly hours?: number;
  /** `rulesKey` that the card was drawn by. */
  readonly rules: string;
  /** What was typed where the integration asks for codes. */
  readonly code?: string | undefined;
  readonly by: Person;
  readonly actor: Extract<Actor, { readonly kind: 'person' }>;
}

export type DecisionResult =
  /** This verdict has decided it. */
  | { readonly kind: 'decided'; readonly request: AccessRequest }
  /** It counts, and the stage that it waits for needs so many more approvals. */
  | { readonly kind: 'counted'; readonly request: AccessRequest; readonly missing: number }
  | { readonly kind: 'gone' }
  /** It had ended before. */
  | { readonly kind: 'over'; readonly request: AccessRequest }
  /** They have approved or denied before. */
  | { readonly kind: 'said-already'; readonly request: AccessRequest }
  /** The other person of their seat has: the approver, or the delegate. */
  | { readonly kind: 'filled'; readonly request: AccessRequest }
  /** The requester and the person whom it is for may not approve it. */
  | { readonly kind: 'own' }
  | { readonly kind: 'not-approver' }
  /** Who approves it, or for how long, has changed since the card was drawn. */
  | { readonly kind: 'rules-changed'; readonly request: AccessRequest }
  /** An approval there needs a code, and this one doesn't count. */
  | {
      readonly kind: 'needs-code';
      readonly problem: CodeProblem;
      readonly integration: Integration;
    }
  /** It can't be fulfilled now; it stays open. */
  | { readonly kind: 'refused'; readonly why: string };

export type RefusedDecision = Exclude<
  DecisionResult,
  { readonly kind: 'decided' | 'counted' | 'needs-code' }
>;

/** What was tried and refused, for the audit log. */
export function triedWords(verdict: Verdict['verdict'], kind: RefusedDecision['kind']): string {
  const what = whatNot()[kind];
  return verdict === 'approve' ? t`approve ${what}` : t`deny ${what}`;
}

/** What the actor can't approve or deny. */
const whatNot = (): Record<RefusedDecision['kind'], string> => ({
  gone: t`a request that no longer exists`,
  over: t`a request that was already closed`,
  'said-already': t`a request that they have answered before`,
  filled: t`a request that their delegate or approver has answered`,
  own: t`their own request`,
  'not-approver': t`a request that others approve`,
  'rules-changed': t`a request under outdated rules`,
  refused: t`a request that can't be granted now`,
});

/**
 * @throws {StaleWrite} where another click came at the same moment: called again, it returns `over`
 * @throws {RangeError} the hours are not whole: SQLite would keep them, and no run could be read that has them
 */
export async function decideRequest(tx: Transaction, say: DecisionWish): Promise<DecisionResult> {
  checkHours(say.hours);
  const request = await tx.requests.find(say.requestId);
  const integration = request && (await tx.integrations.find(request.integrationId));
  const by = await tx.people.find(say.by.id);
  if (!request || !integration || !by) return { kind: 'gone' };
  if (request.state !== 'open') return { kind: 'over', request };
  if (by.id === request.requestedById || by.id === request.personId) return { kind: 'own' };

  const approvers = await approversOf({ request, integration }, tx, tx);
  const before = await tx.requests.verdicts(request.id);
  const press = pressNow(approvers, before, by.id);
  if (press.kind === 'not-approver') return press;
  if (!isKeyOf(request, integration, say.rules)) return { kind: 'rules-changed', request };
  if (press.kind !== 'seat') return { kind: press.kind, request };
  const { seat } = press;

  if (say.verdict === 'approve' && !(await readableContent(tx, request.id)))
    return { kind: 'refused', why: sayUnreadable() };
  if (say.verdict === 'approve' && asksForCodes(integration)) {
    const problem = await useCode(tx, say.actor, say.code);
    if (problem) return { kind: 'needs-code', problem, integration };
  }

  const verdict: Verdict = {
    requestId: request.id,
    personId: by.id,
    verdict: say.verdict,
    reason: say.reason || undefined,
    at: tx.now,
    via: say.actor.via,
    forPersonId: seat.approver.id === by.id ? undefined : seat.approver.id,
    hours: say.verdict === 'approve' ? say.hours : undefined,
  };
  if (say.verdict === 'deny') return deny(tx, request, { verdict, actor: say.actor });

  const verdicts = [...before, verdict];
  const after = await approversOf({ request, integration, verdicts }, tx, tx);
  if (after.state === 'approved') {
    const done = await fulfil(tx, shortened(request, verdict.hours), {
      actor: say.actor,
      verdict,
    });
    if (done.kind === 'refused') return done;
    await tx.requests.putVerdict(verdict);
    await tx.emit({ kind: 'request-ended', request: done.request, by: say.actor });
    return { kind: 'decided', request: done.request };
  }
  const { counted, missing } = await countApproval(tx, request, {
    verdict,
    actor: say.actor,
    integration,
    before: approvers,
    after,
  });
  return { kind: 'counted', request: counted, missing };
}

interface Counting {
  readonly verdict: Verdict;
  readonly actor: DecisionWish['actor'];
  readonly integration: Integration;
  /** Whom it waited for without that verdict. */
  readonly before: Approvers;
  readonly after: Approvers;
}

/** Others have to approve it, too. @returns `missing`: how many */
async function countApproval(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  { verdict, actor, integration, before, after }: Counting,
) {
  await tx.requests.putVerdict(verdict);
  // The version moves: of two approvals at once, the second one then counts the first.
  const counted = (await tx.requests.save(shortened(request, verdict.hours))) as typeof request; // As it was.
  await tx.audit(
    'request.counted',
    aboutRequest(counted, actor, {
      ...hoursDetail(verdict),
      ...seatDetail(verdict),
    }),
  );
  await invalidate(tx, ...topicsOf(request));
  if (after.stage !== before.stage) await askApprovers(tx, counted, integration);
  else await setApprovers(tx, counted, after);
  return { counted, missing: after.needed - after.approved };
}

async function deny(
  tx: Transaction,
  request: AccessRequestIn<'open'>,
  { verdict, actor }: { readonly verdict: Verdict } & Pick<DecisionWish, 'actor'>,
): Promise<DecisionResult> {
  await tx.requests.putVerdict(verdict);
  const denied = await tx.requests.save({ ...request, state: 'denied', decidedAt: tx.now });
  await tx.audit('request.denied', aboutRequest(denied, actor, seatDetail(verdict)));
  await invalidateRequest(tx, request);
  await tx.emit({ kind: 'request-ended', request: denied, by: actor });
  return { kind: 'decided', request: denied };
}
