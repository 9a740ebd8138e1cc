/** One action of a person, or one query of their client, on its way through the pipeline. */
import { unreachable } from '../../../core/unreachable.ts';
import { failed, tooBusy, tooMany } from '../answers.ts';
import type { Card } from '../card.ts';
import type { Inbound } from '../platform.ts';

export type InteractionKind =
  | 'command'
  | 'shortcut'
  | 'home'
  | 'press'
  | 'submit'
  | 'join'
  | 'suggestions';

/** @typeParam Who the person whom the interaction is handled for */
export interface Interaction<Who, Answer> {
  /** For metrics and traces; left out where it is part of another interaction. */
  readonly kind?: InteractionKind;
  /** For the log. */
  readonly where: string;
  readonly inbound: Inbound;
  /** Left out until a step has identified the person. */
  readonly who?: Who;
  /** Sends a message while the interaction is handled; left out where that isn't possible. @throws {PlatformError} */
  readonly say?: (card: Card) => Promise<void>;
  readonly handle: (who: Who) => Promise<Answer>;
  /** The answer when a step refuses the interaction. For `failed` it never throws. */
  readonly refuse: (refusal: Refusal) => Answer | Promise<Answer>;
}

export type Refusal =
  /** `isFirst`: the first refusal since the limit last let one of theirs pass. */
  | { readonly kind: 'rate-limited'; readonly isFirst: boolean }
  /** The queue for all users is full. */
  | { readonly kind: 'busy' }
  /** The platform has delivered it before. */
  | { readonly kind: 'repeated' }
  /** `card` explains why it isn't done for them. */
  | { readonly kind: 'unidentified'; readonly card: Card }
  /** The platform doesn't know them. */
  | { readonly kind: 'unknown' }
  /** The log has the reason. */
  | { readonly kind: 'failed' };

/** What the person reads about a refusal; undefined where that is nothing. */
export function cardOf(refusal: Refusal): Card | undefined {
  switch (refusal.kind) {
    case 'rate-limited':
      return tooMany();
    case 'busy':
      return tooBusy();
    case 'repeated':
    case 'unknown':
      return undefined;
    case 'unidentified':
      return refusal.card;
    case 'failed':
      return failed();
    default:
      return unreachable(refusal);
  }
}
