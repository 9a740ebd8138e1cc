/**
 * An account that Latchkey made at an app, or may have made, and the facts that name it there. A person has one for each
 * identity: after a change of email, the account under the old address is still theirs, until it is proven gone.
 */
import type { Json } from '../../core/json.ts';
import type { AccessState } from '../people/directory.ts';
import type { RunInputs } from '../runs/run.ts';

export interface Account {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  /** The facts about the person that the manifest's exists, execute and revoke use, as they were; encrypted at rest. */
  readonly facts: Readonly<Record<string, Json>>;
  /** The answers of the form that `revoke` uses; encrypted at rest. */
  readonly form: RunInputs['form'];
  /** The run that wrote it last. Left out with `writtenAt`. */
  readonly runId?: string;
  /**
   * When the last write of an `execute` ended; while its outcome isn't known, `OUTCOME_UNKNOWN_MS` after it was sent. Left
   * out where Latchkey never wrote: the account is only looked for, under the facts of the directory.
   */
  readonly writtenAt?: Date;
  /** When the last revoke that succeeded ended. A later write makes it meaningless. */
  readonly revokedAt?: Date;
  /** What the app said last, and why; `checkedAt` is when it was asked. */
  readonly answer?: AccountAnswer;
  /** When it was proven gone. */
  readonly goneAt?: Date;
  /** It was there once: Latchkey wrote it, or the app said so. Then "no such account" needs more proof than a status. */
  readonly wasThere?: true;
}

export interface AccountAnswer {
  readonly state: AccessState;
  /** A sentence for people, redacted. */
  readonly reason: string;
  readonly checkedAt: Date;
  /** `none` that was read off a status 404 or 410: a token that lost its rights gets the same answer. */
  readonly byStatus?: true;
}

/** A write whose outcome nobody knows counts as ended so long after it was sent (twice the longest request, and then some). */
export const OUTCOME_UNKNOWN_MS = 15 * 60_000;
