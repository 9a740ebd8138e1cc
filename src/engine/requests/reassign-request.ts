/**
 * An approver hands their seat on, for one request: to someone whom its policy admits, or to an admin. They lose the seat, so that
 * the request waits for one person more surely, and the count of approvals stays.
 */
import type { Actor, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { aboutRequest } from './access-request.ts';
import { approversOf } from './approvers.ts';
import { askApprovers } from './create-request.ts';
import { MAX_REASSIGNMENTS } from './reassignment.ts';
import { admittedTo, type SeatNow, seatNow } from './seat-now.ts';

export type ReassignResult =
  | { readonly kind: 'reassigned' }
  | Exclude<SeatNow, { readonly kind: 'seat' }>
  /** They may not approve it, have responded already, or have the seat. */
  | { readonly kind: 'not-admitted' }
  /** Fewer approvers would be left than are needed. */
  | { readonly kind: 'too-few' }
  | { readonly kind: 'too-many' };

export interface ReassignWish {
  readonly requestId: string;
  readonly toId: string;
  readonly comment?: string | undefined;
}

export async function reassignRequest(
  tx: Transaction,
  { requestId, toId, comment }: ReassignWish,
  { by, actor }: { readonly by: Person; readonly actor: Actor },
): Promise<ReassignResult> {
  const found = await seatNow(tx, requestId, by);
  if (found.kind !== 'seat') return found;
  const { request, integration, seat } = found;
  const to = (await admittedTo(found, tx)).find(({ id }) => id === toId);
  if (!to) return { kind: 'not-admitted' };
  const before = await tx.reassignments.of(request.id);
  if (before.length >= MAX_REASSIGNMENTS) return { kind: 'too-many' };
  const reassignment = {
    id: tx.newId(),
    requestId,
    fromId: seat.approver.id,
    toId,
    byId: by.id,
    at: tx.now,
  };
  const reassignments = [...before, reassignment];
  const { seats, state } = await approversOf(
    { request, integration, reassignments, isThorough: true },
    tx,
    tx,
  );
  if (state === 'stuck' || !seats.some(({ approver }) => approver.id === toId))
    return { kind: 'too-few' };
  await tx.reassignments.insert({ ...reassignment, ...(comment && { comment }) });
  // The version moves: a decision at the same moment is made again, by who has the seat now.
  const saved = (await tx.requests.save(request)) as typeof request; // As it was.
  const detail = { from: seat.approver.email, to: to.email };
  await tx.audit('request.reassigned', aboutRequest(saved, actor, detail));
  const wereAsked = await tx.requests.approvers(request.id, { waiting: true });
  await askApprovers(tx, saved, integration);
  // Someone who could approve it already is notified of no new seat, so they are notified here.
  if (wereAsked.includes(toId))
    await tx.emit({ kind: 'approval-requested', request: saved, approverIds: [toId] });
  return { kind: 'reassigned' };
}
