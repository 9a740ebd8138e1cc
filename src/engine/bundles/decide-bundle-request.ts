/** An approver approves or denies all items of a bundle request that wait for them. Each is decided as if alone. */
import { fingerprint } from '../../core/sha256.ts';
import { t } from '../../core/translate.ts';
import type { Actor, Integration, Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type AccessRequest, rulesKey, type Verdict } from '../requests/access-request.ts';
import { type Approvers, approversOf } from '../requests/approvers.ts';
import { decideRequest } from '../requests/decide-request.ts';
import { pressNow } from '../requests/press-now.ts';
import type { At } from '../requests/seats/seat.ts';

/** What a colleague has may be more than a bundle has. */
export const ALL_ITEMS = { offset: 0, limit: 10_000 } as const;

export interface WaitingItem {
  readonly request: AccessRequest;
  readonly integration: Integration;
  readonly approvers: Approvers;
  readonly verdicts: readonly Verdict[];
}

/** The open requests of its items that this person may decide and hasn't decided yet. */
export async function waitingFor(
  stores: Stores,
  { bundleRequestId, person }: { readonly bundleRequestId: string; readonly person: Person },
  at: At,
): Promise<readonly WaitingItem[]> {
  const { requests } = await stores.requests.list({ bundleRequestId, state: 'open' }, ALL_ITEMS);
  const waiting: WaitingItem[] = [];
  for (const request of requests.toReversed()) {
    if (person.id === request.requestedById || person.id === request.personId) continue;
    const integration = await stores.integrations.find(request.integrationId);
    if (!integration) continue;
    const approvers = await approversOf({ request, integration }, stores, at);
    const verdicts = await stores.requests.verdicts(request.id);
    if (pressNow(approvers, verdicts, person.id).kind === 'seat')
      waiting.push({ request, integration, approvers, verdicts });
  }
  return waiting;
}

/** A key of what a card showed: which requests waited, and the rules that decide them. */
export const waitingKey = (waiting: readonly WaitingItem[]): string =>
  fingerprint(
    JSON.stringify(
      waiting.map(({ request, integration }) => [request.id, rulesKey(request, integration)]),
    ),
  );

export interface BundleDecision {
  readonly bundleRequestId: string;
  readonly verdict: Verdict['verdict'];
  readonly reason?: string | undefined;
  /** `waitingKey` of what the card showed. */
  readonly shown: string;
  readonly by: Person;
  readonly actor: Extract<Actor, { readonly kind: 'person' }>;
}

export type BundleDecided =
  | {
      readonly kind: 'decided';
      /** Those that can't be granted now: they stay open. `why` is a sentence for people. */
      readonly refused: readonly { readonly integration: Integration; readonly why: string }[];
    }
  | { readonly kind: 'gone' }
  /** The requester and the person whom it is for decide nothing of it. */
  | { readonly kind: 'own' }
  /** Nothing of it waits for them: it is decided, or others decide it. */
  | { readonly kind: 'nothing-waits' }
  /** Something else waits than the card showed, or by other policies. */
  | { readonly kind: 'changed' };

/** @throws {StaleWrite} where another click came at the same moment */
export async function decideBundleRequest(
  tx: Transaction,
  { bundleRequestId, verdict, reason, shown, by, actor }: BundleDecision,
): Promise<BundleDecided> {
  const bundleRequest = await tx.bundleRequests.find(bundleRequestId);
  const person = await tx.people.find(by.id);
  if (!bundleRequest || !person) return { kind: 'gone' };
  if (person.id === bundleRequest.requestedById || person.id === bundleRequest.personId)
    return { kind: 'own' };
  const waiting = await waitingFor(tx, { bundleRequestId, person }, tx);
  if (waiting.length === 0) return { kind: 'nothing-waits' };
  if (waitingKey(waiting) !== shown) return { kind: 'changed' };
  const refused: { readonly integration: Integration; readonly why: string }[] = [];
  for (const { request, integration } of waiting) {
    const rules = rulesKey(request, integration);
    const say = { requestId: request.id, verdict, reason, rules, by: person, actor };
    const decided = await decideRequest(tx, say);
    if (decided.kind === 'refused') refused.push({ integration, why: decided.why });
    if (decided.kind === 'needs-code')
      refused.push({ integration, why: t`It asks for a code. Approve it on its own card.` });
  }
  return { kind: 'decided', refused };
}
