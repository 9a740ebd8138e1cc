/** The results of a sync run in words. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { EndedSync, SkipReason, SyncRun } from '../../../engine/imports/sync-run.ts';

const reasonWords: Readonly<Record<SkipReason, (count: number) => string>> = {
  existing: () => t`already here`,
  unchanged: () => t`unchanged`,
  ignored: () => t`on the ignore list`,
  left: () => t`left earlier`,
  unknown: () => t`not in the directory`,
  duplicate: (count) => plural(count, { one: t`duplicate`, other: t`duplicates` }),
  invalid: () => t`with an invalid address or value`,
};

/** `3 already here, 1 duplicate`; undefined where nobody was left out. */
export function skippedWords({ counts: { skipped } }: SyncRun): string | undefined {
  const parts = Object.entries(reasonWords).flatMap(([reason, words]) => {
    const count = skipped[reason as SkipReason] ?? 0; // The record's keys are skip reasons.
    return count > 0 ? [`${sayNumber(count)} ${words(count)}`] : [];
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
