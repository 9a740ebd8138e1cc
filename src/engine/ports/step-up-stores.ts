import type { Authenticator } from '../step-up/authenticator.ts';
import type { VersionedStore } from './store.ts';

export interface AuthenticatorStore extends VersionedStore<Authenticator> {
  insert(authenticator: Authenticator): Promise<void>;
  /** At most two: one that is new or proven, and one that is active or locked. */
  of(personId: string): Promise<readonly Authenticator[]>;
  delete(id: string): Promise<void>;
}
