/**
 * Hooks: addresses that other systems call to start a sequence for a person. Words: a *call* is one request to a hook. The
 * caller *signs* it with the hook's secret. After a secret is *replaced*, the old one stays valid for a day.
 */
import { DAY_MS } from '../../../core/hours.ts';
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
  /** Whether the secret was shown; it is shown once. */
  readonly isRevealed: boolean;
  /** The replaced secret, and until when it is valid. */
  readonly before?: { readonly secret: string; readonly until: Date };
  /** How many unsigned and wrongly signed calls came. They are not stored one by one. */
  readonly refusals: number;
  readonly lastRefusal?: { readonly at: Date; readonly why: string };
  /** Deleted. The row stays for the history of what it has started. */
  readonly deletedAt?: Date;
}

/** A call with a good signature. */
export interface HookCall {
  readonly id: string;
  readonly hookId: string;
  readonly at: Date;
  /** A hash of what was signed; a repeated call has the same. */
  readonly fingerprint: string;
  /** The event that it caused; undefined if it was refused. */
  readonly eventId?: string;
  /** Why it was refused: a sentence for people. */
  readonly why?: string;
}

/** How long a replaced secret stays valid, so that callers can switch. */
export const OVERLAP_MS = DAY_MS;
/** Longer than any real path. */
export const LONGEST_PATH = 200;

/** The secrets that a call may be signed with now. */
export const secretsOf = ({ secret, before }: Hook, now: Date): readonly string[] =>
  before && before.until > now ? [secret, before.secret] : [secret];

/** `<public URL>/hooks/<hook>` */
export const hookUrls =
  (publicUrl: string) =>
  (hookId: string): string =>
    `${publicUrl.replace(/\/+$/, '')}/hooks/${encodeURIComponent(hookId)}`;
