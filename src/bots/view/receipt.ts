/** Why an interaction is not handled, and what its adapter knows of one that is stored. */
import type { Card } from './card.ts';

export type Refusal =
  /** `isFirst`: the first refusal since the limit last let one of theirs pass. */
  | { readonly kind: 'rate-limited'; readonly isFirst: boolean }
  /** The queue for all users is full. */
  | { readonly kind: 'busy' }
  /** It is not stored, and will not be. */
  | { readonly kind: 'unstored' }
  /** The process that handled it died, so its outcome is unknown. */
  | { readonly kind: 'interrupted' }
  /** The process that had it died before it began, and that is long ago. */
  | { readonly kind: 'late' }
  /** The platform has delivered it before. */
  | { readonly kind: 'repeated' }
  /** `card` explains why it isn't done for them. */
  | { readonly kind: 'unidentified'; readonly card: Card }
  /** The platform doesn't know them. */
  | { readonly kind: 'unknown' }
  /** Someone else changed or deleted what it is about while it was handled. */
  | { readonly kind: 'overtaken' }
  /** The log has the reason. */
  | { readonly kind: 'failed' };

export interface Receipt {
  /** Undefined when it is stored. Otherwise why it is not handled. Never rejects, and takes as long as the database. */
  readonly refusal: Promise<Refusal | undefined>;
  /** Called right before it is handled. False: another process has it. */
  begin(): Promise<boolean>;
  /** It was answered, or needs no answer. */
  end(): void;
}

/** Nothing of it is stored here. */
export const refusing = (refused: Refusal): Receipt => ({
  refusal: Promise.resolve(refused),
  begin: async () => false,
  end: () => undefined,
});
