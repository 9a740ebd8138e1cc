/**
 * An account of a person at an app, which Latchkey made, may have made, or looks for. Its facts name it there. After a change
 * of email the person has two: the one under the old address stays until it is proven gone.
 */
import { MINUTE_MS } from '../../core/hours.ts';
import type { Json } from '../../core/json.ts';
import type { AccessState } from '../people/directory.ts';
import type { RunInputs } from '../runs/run.ts';

export interface Account {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  /** The facts that the manifest's exists, execute and revoke use, as they were at the write; encrypted at rest. */
  readonly facts: Readonly<Record<string, Json>>;
  /** The answers of the form that `revoke` uses; encrypted at rest. */
  readonly form: RunInputs['form'];
  /** The run that wrote it last. Left out with `writtenAt`. */
  readonly runId?: string;
  /**
   * When the last write of an `execute` ended; while its outcome isn't known, `OUTCOME_UNKNOWN_MS` after it was sent. Left
   * out where Latchkey never wrote: it only looks for the account, by the facts of the directory.
   */
  readonly writtenAt?: Date;
  /** When the last successful revoke ended. It counts only without a later write. */
  readonly revokedAt?: Date;
  /** The last check of it; `checkedAt` is when the request was sent. */
  readonly answer?: AccountAnswer;
  /** When it was proven gone. */
  readonly goneAt?: Date;
  /** Latchkey wrote it, or the app showed it once. Then a status alone is no proof that it is gone. */
  readonly wasThere?: true;
  /** Fingerprints of what names it to the app; see `account-keys.ts`. `checkedAs` is empty where nothing names it, and left out in rows of older versions. */
  readonly checkedAs?: string;
  readonly revokedAs?: string;
}

export interface AccountAnswer {
  readonly state: AccessState;
  /** A sentence for people, redacted. */
  readonly reason: string;
  readonly checkedAt: Date;
  /** `none` from a status 404 or 410: a token that lost its rights gets the same answer. */
  readonly byStatus?: true;
}

/** Apps answer from a search that finds someone new only after some minutes, such as Zendesk's and Okta's. */
export const FOUND_AFTER_MS = 5 * MINUTE_MS;

/** The app said that there is no such account, and not only because it doesn't find a new one yet. */
export const isDenied = ({ answer, writtenAt }: Account): boolean =>
  answer?.state === 'none' &&
  (writtenAt === undefined || answer.checkedAt.getTime() - writtenAt.getTime() >= FOUND_AFTER_MS);

/** A write with an unknown outcome counts as ended so long after it was sent: more than twice the longest request. */
export const OUTCOME_UNKNOWN_MS = 15 * MINUTE_MS;

/** Whether what names it can be read: a row may be damaged, or its key lost. */
export function hasReadableNames(account: Pick<Account, 'facts'>): boolean {
  try {
    return Object.keys(account.facts).length >= 0;
  } catch {
    return false;
  }
}
