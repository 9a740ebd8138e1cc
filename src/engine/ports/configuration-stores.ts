/** The store of what is managed by files. */
import type { ManagedThing, ThingKind } from '../configuration/managed.ts';

export interface ManagedThingStore {
  /** All of them, by kind and file; also of things that were deleted. */
  list(): Promise<readonly ManagedThing[]>;
  find(kind: ThingKind, id: string): Promise<ManagedThing | undefined>;
  /** Inserts each, or replaces that of the same thing. */
  put(...managed: readonly ManagedThing[]): Promise<void>;
  /** It is managed in chat again. */
  delete(kind: ThingKind, id: string): Promise<void>;
}
