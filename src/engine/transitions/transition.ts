/**
 * Transitions: what becomes of a person's access when they join, move or leave, as one thing that people can follow.
 *
 * Words. A *transition* is one person's change: a *joiner's* (their first day), a *mover's* (a field changed, so that rules give
 * and take), or a *leaver's*, which is an offboarding (`../offboarding/offboarding.ts`) in the same shape (`report.ts`). Its
 * *items* are integrations, and each has a *part*: they *gain* it, *lose* it, or *keep* it. An item is *settled* when nothing more
 * will come: what they gain is there, what they lose is proven gone.
 *
 * | state    | what it means                                                     | what ends it                          |
 * |----------|-------------------------------------------------------------------|---------------------------------------|
 * | noted    | a field changed; the rules have not been evaluated for them since | the evaluation: open, or no row       |
 * | open     | something is gained or lost; people have its card                 | its last item is settled, or they     |
 * |          |                                                                   | leave                                 |
 * | done     | everything is settled; the items say how it ended                 | final                                 |
 * | replaced | they have left: the offboarding goes on with it                   | final                                 |
 *
 * A person has at most one that is noted or open: what changes meanwhile joins it. What a rule gives again before it was lost is
 * kept, and nothing is sent to the app.
 *
 * Event: `transition-opened`, once for the people who are to have its card, and again for those who are to have it later.
 *
 * Begin with `note-move.ts` (a field changed), `follow.ts` (what became of it), `decide.ts` (Keep longer, End now).
 */
import type { RuleField } from '../rules/condition.ts';

export const transitionKinds = { joiner: true, mover: true } as const;
export type TransitionKind = keyof typeof transitionKinds;

export const transitionStates = { noted: true, open: true, done: true, replaced: true } as const;
export type TransitionState = keyof typeof transitionStates;

export const itemParts = { gains: true, loses: true, keeps: true } as const;
export type ItemPart = keyof typeof itemParts;

export interface Transition {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly kind: TransitionKind;
  readonly state: TransitionState;
  /** Each once, with the value from before the first change. Empty for a joiner, and where all went back. */
  readonly fields: readonly ChangedField[];
  /** The integrations that rules gave them when it began, with no end. */
  readonly heldBefore: readonly string[];
  /** Who was their manager since it began, and no longer is or may not be for long. */
  readonly formerManagerIds: readonly string[];
  /** Who has its card. */
  readonly notifiedIds: readonly string[];
  readonly beganAt: Date;
  /** When it was compared with their access the last time. */
  readonly followedAt: Date;
  readonly endedAt?: Date;
}

export interface ChangedField {
  readonly field: RuleField;
  /** As people read it; the id of a manager. Left out: there was no value. */
  readonly from?: string;
  readonly to?: string;
}

export interface TransitionItem {
  readonly transitionId: string;
  readonly integrationId: string;
  readonly part: ItemPart;
  /** The removal that ends it. */
  readonly removalId?: string;
  /** Someone keeps it longer: the hold, who, and why. */
  readonly kept?: {
    readonly holdId: string;
    readonly byId: string;
    readonly reason: string;
    /** The reason can't be read: it is a placeholder, and storing the item doesn't change it. */
    readonly isUnread?: true;
  };
  /** Set when the transition is done. */
  readonly settledAt?: Date;
}

export const isCurrent = ({ state }: Transition): boolean => state === 'noted' || state === 'open';
