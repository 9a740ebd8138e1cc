/**
 * What a program or a workflow wrote into someone's form waits for them in a draft, sealed, for a day. The button of its card carries
 * the draft's id.
 */
import { z } from 'zod';
import { findDraft, keepDraft } from '../../../engine/links/drafts.ts';
import type { Stores, Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { PreparedRequest } from '../../../engine/requests/prepared.ts';

const written = z.object({
  reason: z.string().optional(),
  answers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});
type Written = z.output<typeof written>;

/** Characters of reason and answers. A card with more of them could come near the 28 KB of a message in Teams. */
const MAX_WRITTEN = 8000;

/** It names whom it is for: where they are erased, what was written about them goes, too. */
const textOf = ({ reason, form: answers, person: { id: personId } }: PreparedRequest): string =>
  JSON.stringify({ reason, answers, personId });

export const isTooLong = (prepared: PreparedRequest): boolean =>
  textOf(prepared).length > MAX_WRITTEN;

/** @returns the id of the draft */
export async function keepPrepared(tx: Transaction, prepared: PreparedRequest): Promise<string> {
  const { owner, integration } = prepared;
  const draft = await keepDraft(tx, {
    personId: owner.id,
    kind: 'request',
    integrationId: integration.id,
    name: integration.name,
    text: textOf(prepared),
  });
  return draft.id;
}

/** @returns undefined after a day, and for everyone but its owner */
export async function findPrepared(
  stores: Pick<Stores, 'drafts'>,
  about: { readonly draftId: string; readonly personId: string },
  now: Date,
): Promise<Written | undefined> {
  const draft = await findDraft(stores, { ...about, kind: 'request' }, now);
  return draft && written.parse(JSON.parse(draft.text));
}
