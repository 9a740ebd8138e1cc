/** Drafts: what someone has uploaded or written and not confirmed yet. Only its owner sees it, and it expires after a day. */
import { DAY_MS } from '../../core/hours.ts';
import type { Draft } from '../ports/integration-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';

export const DRAFT_LIFE_MS = DAY_MS;

/** Stores it, replaces the draft with its id if there is one, and deletes drafts that have expired. */
export async function keepDraft(
  tx: Transaction,
  draft: Omit<Draft, 'id' | 'createdAt'> & { readonly id?: string },
): Promise<Draft> {
  const createdAt = tx.now;
  await tx.drafts.deleteBefore(new Date(createdAt.getTime() - DRAFT_LIFE_MS));
  const kept: Draft = { ...draft, id: draft.id ?? tx.newId(), createdAt };
  await tx.drafts.put(kept);
  return kept;
}

/** Undefined for a draft that has expired or belongs to someone else. */
export async function findDraft(
  stores: Pick<Stores, 'drafts'>,
  wanted: { readonly draftId: string; readonly personId: string; readonly kind: Draft['kind'] },
  now: Date,
): Promise<Draft | undefined> {
  const draft = await stores.drafts.find(wanted.draftId);
  const theirs = draft?.personId === wanted.personId && draft.kind === wanted.kind;
  const waits = draft && now.getTime() - draft.createdAt.getTime() < DRAFT_LIFE_MS;
  return theirs && waits ? draft : undefined;
}
