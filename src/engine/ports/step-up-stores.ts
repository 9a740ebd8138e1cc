import type { Authenticator } from '../step-up/authenticator.ts';

export interface AuthenticatorStore {
  insert(authenticator: Authenticator): Promise<void>;
  find(id: string): Promise<Authenticator | undefined>;
  /** At most two: one that is new or proven, and one that is active or locked. */
  of(personId: string): Promise<readonly Authenticator[]>;
  /** Compare-and-set on `version`; gives back the authenticator with the next version. @throws {StaleWrite} */
  save(authenticator: Authenticator): Promise<Authenticator>;
  delete(id: string): Promise<void>;
}
