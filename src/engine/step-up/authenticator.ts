/**
 * A second factor for decisions about sensitive integrations: a chat account that someone took over can't approve there.
 *
 * Words. An *authenticator* is an app on someone's phone that shows a new *code* of six digits every 30 seconds (TOTP, RFC 6238).
 * Its *key* is what Latchkey and that app share. A *recovery code* works once in place of a code, for someone whose phone is lost.
 * An integration *asks for codes* when an admin has set that for it.
 *
 * | state  | what it means                                                        | what ends it                                     |
 * |--------|----------------------------------------------------------------------|--------------------------------------------------|
 * | new    | a page shows its key; nobody has typed a code yet                    | a right code; a newer page replaces it           |
 * | proven | the app shows right codes; another admin has to confirm whose it is  | Confirm, Decline; a newer page replaces it       |
 * | active | its codes count                                                      | five wrong codes in a row; a newer one; Remove   |
 * | locked | five wrong codes in a row: no code counts                            | another admin unlocks or removes it; a newer one |
 *
 * Someone has at most one that is new or proven, and at most one that is active or locked. The old one counts until another admin
 * confirms the new one: someone who took over a chat account can't put their own in its place.
 *
 * Events: `authenticator-waiting` (it was proven, or locked: another admin has something to do), `authenticator-answered` (they did it).
 *
 * Where to begin: `enrol.ts` (from the page to Confirm), `use-code.ts` (what a decision asks).
 */
import type { Unread } from '../work/unread.ts';

export const authenticatorStates = { new: true, proven: true, active: true, locked: true } as const;
export type AuthenticatorState = keyof typeof authenticatorStates;

export interface Authenticator {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly state: AuthenticatorState;
  /** Encrypted at rest. `unread`: damaged, or their key is lost. Then no code of it counts, and it can only be removed or replaced. */
  readonly secrets: AuthenticatorSecrets | Unread;
  /** The 30 seconds, counted since 1970, of the last code that was taken: each works once. */
  readonly usedStep?: number | undefined;
  /** In a row. */
  readonly wrong: number;
  readonly createdAt: Date;
}

export interface AuthenticatorSecrets {
  /** 20 random bytes in base32. */
  readonly key: string;
  /** Hashes of the recovery codes that are left. */
  readonly recovery: readonly string[];
}

/** In a row. A code is one of a million, and three count at a time: nobody guesses one in five. */
export const MAX_WRONG = 5;

export const isPending = ({ state }: Pick<Authenticator, 'state'>): boolean =>
  state === 'new' || state === 'proven';
