/** One thing that a person did, or that their client asked for, on its way through the pipeline. */
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

/** @typeParam Who whom the interaction is handled for */
export interface Interaction<Who, Answer> {
  /** For figures and traces; left out for what is a part of another interaction. */
  readonly kind?: InteractionKind;
  /** For the log. */
  readonly where: string;
  readonly inbound: Inbound;
  /** Left out until a step has found out who it is. */
  readonly who?: Who;
  /** Says something while it is under way; left out where there is no place for it. @throws {PlatformError} */
  readonly say?: (card: Card) => Promise<void>;
  readonly handle: (who: Who) => Promise<Answer>;
  /** The answer where a step ends it before it is handled. For `failed` it never throws. */
  readonly refuse: (refusal: Refusal) => Answer | Promise<Answer>;
}

export type Refusal =
  /** `isFirst`: since something of theirs was taken. */
  | { readonly kind: 'rate-limited'; readonly isFirst: boolean }
  /** Too much is under way for everybody together. */
  | { readonly kind: 'busy' }
  /** The platform has delivered it before. */
  | { readonly kind: 'repeated' }
  /** `card` says why it is not done for them. */
  | { readonly kind: 'unidentified'; readonly card: Card }
  /** The platform doesn't know them. */
  | { readonly kind: 'unknown' }
  /** The log has the reason. */
  | { readonly kind: 'failed' };

/** What is said of a refusal; undefined where there is nothing to say. */
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
