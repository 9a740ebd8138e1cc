/** The store of transitions: of a person who joins or moves, and of the integrations that they gain, keep and lose. */
import type { Transition, TransitionItem } from '../transitions/transition.ts';
import type { VersionedStore } from './store.ts';

export interface TransitionStore extends VersionedStore<Transition> {
  /** @returns 'taken' where the person has one that is noted or open (a database constraint decides) */
  insert(transition: Transition): Promise<'inserted' | 'taken'>;
  /** With its items. */
  delete(id: string): Promise<void>;
  /** The noted or open ones of these people, in no order; at most 250 people. */
  currentOf(personIds: readonly string[]): Promise<readonly Transition[]>;
  /** Open ones that were followed before then, the longest ago first; at most 250. Undefined: it can't be read. */
  notFollowedSince(before: Date, offset?: number): Promise<readonly (Transition | undefined)[]>;
  /** By integration. */
  items(transitionId: string): Promise<readonly TransitionItem[]>;
  /** Inserts the item or overwrites it (by transition and integration). */
  putItem(item: TransitionItem): Promise<void>;
}
