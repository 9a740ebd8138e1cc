/** The results of a sync run in words. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { EndedSync, SkipReason, SyncRun } from '../../../engine/imports/sync-run.ts';

const reasons = (): Readonly<Record<SkipReason, string>> => ({
  existing: t`here already`,
  unchanged: t`without a change`,
  ignored: t`on the list of whom to ignore`,
  left: t`have left`,
  unknown: t`nobody here has their address`,
  duplicate: t`came twice`,
  invalid: t`without a valid address or value`,
});

/** `3 here already, 1 came twice`; undefined where nobody was left out. */
export function skippedWords({ counts: { skipped } }: SyncRun): string | undefined {
  const parts = Object.entries(reasons()).flatMap(([reason, words]) => {
    const count = skipped[reason as SkipReason] ?? 0; // The record's keys are skip reasons.
    return count > 0 ? [`${sayNumber(count)} ${words}`] : [];
  });
  return parts.length > 0 ? parts.join(', ') : undefined;
}

/** The duration of the run; undefined where it waited for an admin, since that time would be included. */
export const tookWords = (run: EndedSync): string | undefined =>
  run.approvedBy ? undefined : lastingWords(run.createdAt, run.finishedAt);

const MINUTE_MS = 60_000;

/** `12 seconds`, `3 minutes`. */
function lastingWords(from: Date, to: Date): string {
  const ms = Math.max(0, to.getTime() - from.getTime());
  if (ms >= 2 * MINUTE_MS) return t`${Math.round(ms / MINUTE_MS)} minutes`;
  const seconds = Math.max(1, Math.round(ms / 1000));
  return plural(seconds, { one: t`1 second`, other: t`${seconds} seconds` });
}
