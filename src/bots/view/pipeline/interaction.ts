/** One action of a person, or one query of their client, on its way through the pipeline. */
import { unreachable } from '../../../core/unreachable.ts';
import type { ActionCall } from '../action-call.ts';
import { failed, interrupted, late, overtaken, tooBusy, tooMany, unstored } from '../answers.ts';
import type { Card } from '../card.ts';
import type { Inbound } from '../platform.ts';
import type { Refusal } from '../receipt.ts';

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
  /** The answer when a step refuses the interaction. For `failed` and `overtaken` it never throws. */
  readonly refuse: (refusal: Refusal) => Answer | Promise<Answer>;
}

/**
 * What the person reads about a refusal; undefined where that is nothing.
 * @param again the button that they pressed
 */
export function cardOf(refusal: Refusal, again?: ActionCall): Card | undefined {
  switch (refusal.kind) {
    case 'rate-limited':
      return tooMany();
    case 'busy':
      return tooBusy();
    case 'unstored':
      return unstored();
    case 'interrupted':
      return interrupted(again);
    case 'late':
      return late(again);
    case 'repeated':
    case 'unknown':
      return undefined;
    case 'unidentified':
      return refusal.card;
    case 'overtaken':
      return overtaken();
    case 'failed':
      return failed();
    default:
      return unreachable(refusal);
  }
}
