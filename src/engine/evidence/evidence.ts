/**
 * Evidence for an auditor: who got and lost which access, why, who approved it, and what the app answered.
 *
 * Words. A *pack* is one ZIP file with evidence. Its *scope* says what it is about: a period, and perhaps one person, one
 * integration or one access review. Its *digests* (`digests.ts`) are signed, as is the file as a whole, so a change of either shows,
 * with its place. A pack has no states: it is made from what is stored when someone wants it, and is not stored itself.
 *
 * Events: none. Begin reading at `pack.ts`; `verify-pack.ts` finds what was changed in one.
 */
import type { AuditFilter } from '../ports/upkeep-stores.ts';

export interface Scope {
  readonly from: Date;
  /** Not included. */
  readonly before: Date;
  readonly personId?: string | undefined;
  readonly integrationId?: string | undefined;
  /** Only the access that this review was about. */
  readonly reviewId?: string | undefined;
}

export const auditFilterOf = ({ from, before, personId, integrationId }: Scope): AuditFilter => ({
  from,
  before,
  personId,
  integrationId,
});

/** The length of a pack's seal: the signature of its hash. */
export const SEAL_PREFIX = 'latchkey-pack.1.';
export const SEAL_LENGTH = SEAL_PREFIX.length + 86;

/** Files of a pack that have a meaning for its check. All others are only compared with their digests. */
export const PACK_FILES = {
  about: 'pack.json',
  chain: 'chain.jsonl',
  audit: 'audit.jsonl',
  digests: 'digests.txt',
  signature: 'signature.txt',
} as const;

/** `pack.json`: what a pack is about. Times are ISO. */
export interface PackContents {
  readonly form: 1;
  readonly madeAt: string;
  readonly madeBy: string;
  readonly from: string;
  readonly before: string;
  readonly person: string | null;
  readonly integration: string | null;
  readonly review: string | null;
  /** Of the review. `by` is null where the audit entry isn't in the pack's period. */
  readonly started?: { readonly at: string; readonly by: string | null };
  readonly closed?: { readonly at: string; readonly by: string | null } | null;
  readonly lines: Readonly<Record<string, number>>;
  readonly head: string | null;
  readonly key: string;
}
