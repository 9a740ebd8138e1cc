/**
 * Hooks: addresses that third parties call to start a sequence for somebody. Words: a *call* is one request to a hook; it
 * is *signed* with the hook's secret; while a secret is *replaced*, the one before is good for a while, too.
 */
import type { Actor } from '../../people/directory.ts';

export interface Hook {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  /** Who calls, for people. */
  readonly name: string;
  /** Where in the call's JSON the person's address is, in notation. */
  readonly emailPath: string;
  /** False: its calls are refused. */
  readonly isOn: boolean;
  readonly createdAt: Date;
  readonly createdBy: Actor;
  /** Encrypted at rest. */
  readonly secret: string;
  /** Whether somebody has seen the secret; it is shown once. */
  readonly isRevealed: boolean;
  /** The secret before this one, and until when calls may be signed with it. */
  readonly before?: { readonly secret: string; readonly until: Date };
  /** Unsigned and wrongly signed calls are not kept one by one: how many came, and what was wrong with the last. */
  readonly refusals: number;
  readonly lastRefusal?: { readonly at: Date; readonly why: string };
  /** It stays for the history of what it has started. */
  readonly deletedAt?: Date;
}

/** A call with a good signature. */
export interface HookCall {
  readonly id: string;
  readonly hookId: string;
  readonly at: Date;
  /** A hash of what was signed: the same call once more is the same. */
  readonly fingerprint: string;
  /** What it has started; undefined where it was refused. */
  readonly eventId?: string;
  /** Why it was refused: a sentence for people. */
  readonly why?: string;
}

/** While callers change over to a new secret. */
export const OVERLAP_MS = 24 * 60 * 60_000;
/** Longer than any path that somebody means. */
export const LONGEST_PATH = 200;

/** The secrets that a call may be signed with now. */
export const secretsOf = ({ secret, before }: Hook, now: Date): readonly string[] =>
  before && before.until > now ? [secret, before.secret] : [secret];

/** `<public URL>/hooks/<hook>` */
export const hookUrls =
  (publicUrl: string) =>
  (hookId: string): string =>
    `${publicUrl.replace(/\/+$/, '')}/hooks/${encodeURIComponent(hookId)}`;
