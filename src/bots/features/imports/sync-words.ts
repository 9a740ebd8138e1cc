/** The results of a sync run in words. */
import { compact } from '../../../core/compact.ts';
import { durationWords } from '../../../core/hours.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fieldLabel } from '../../../engine/imports/owned-fields.ts';
import {
  type EndedSync,
  isHeldByNewer,
  isHoldReason,
  type SkipReason,
  type SyncIn,
  type SyncRun,
} from '../../../engine/imports/sync-run.ts';
import { countPeople } from '../people/person-words.ts';

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

/** The fields that move people come first. */
const FIRST = ['department', 'manager', 'position'];

/** `12 people change department, 3 manager, 2 get an end date`; undefined where nobody changes. */
export function changesInWords({
  counts: { replaced, ends, unended, exchanged },
}: SyncRun): string | undefined {
  const fields = Object.keys(replaced).filter((key) => key !== 'end');
  const ordered = [
    ...FIRST.filter((key) => fields.includes(key)),
    ...fields.filter((key) => !FIRST.includes(key)),
  ];
  const parts = ordered.map((key, index) => {
    const count = replaced[key] ?? 0;
    const label = fieldLabel(key);
    if (index > 0) return `${sayNumber(count)} ${label}`;
    return plural(count, {
      one: t`1 person changes ${label}`,
      other: t`${countPeople(count)} change ${label}`,
    });
  });
  if (ends > 0)
    parts.push(
      parts.length > 0
        ? plural(ends, {
            one: t`1 gets a last day`,
            other: t`${sayNumber(ends)} get a last day`,
          })
        : plural(ends, {
            one: t`1 person gets a last day`,
            other: t`${countPeople(ends)} get a last day`,
          }),
    );
  if (unended > 0)
    parts.push(
      parts.length > 0
        ? plural(unended, {
            one: t`1 loses their last day`,
            other: t`${sayNumber(unended)} lose their last day`,
          })
        : plural(unended, {
            one: t`1 person loses their last day`,
            other: t`${countPeople(unended)} lose their last day`,
          }),
    );
  if (exchanged > 0)
    parts.push(
      plural(exchanged, {
        one: t`1 gets an address that someone else has`,
        other: t`${sayNumber(exchanged)} get an address that someone else has`,
      }),
    );
  return parts.length > 0 ? parts.join(', ') : undefined;
}

/** Why a held import waits: one sentence for each reason. */
export function heldReasons(run: SyncIn<'ready'>): readonly string[] {
  const { counts, held } = run;
  const { fresh = 0, people = 0, why = [] } = held ?? {};
  const words = why.filter(isHoldReason).map((reason) => {
    switch (reason) {
      case 'growth':
        return t`It would add ${countPeople(fresh)} to the ${sayNumber(people)} already here.`;
      case 'ends':
        return sentences(
          counts.ends > 0 &&
            t`It would give ${countPeople(counts.ends)} of ${sayNumber(people)} a last day.`,
          counts.unended > 0 &&
            plural(counts.unended, {
              one: t`It has no last day for 1 person any more: their offboarding would be cancelled.`,
              other: t`It has no last day for ${countPeople(counts.unended)} any more: their offboarding would be cancelled.`,
            }),
        );
      case 'past-ends':
        return plural(counts.pastEnds, {
          one: t`The last day of 1 person is already over: their offboarding would begin at once.`,
          other: t`The last days of ${countPeople(counts.pastEnds)} are already over: their offboarding would begin at once.`,
        });
      case 'moves':
        return t`It would give ${countPeople(counts.moved)} of ${sayNumber(people)} another department or manager.`;
      case 'addresses':
        return t`It would give ${countPeople(counts.exchanged)} of ${sayNumber(people)} an address that someone else has.`;
      default:
        return unreachable(reason);
    }
  });
  return compact([...words, isHeldByNewer(run) && sayHeldByNewer()]);
}

export const sayHeldByNewer = (): string =>
  t`A newer version of Latchkey holds it, for a reason that this one doesn't know. Import it when the upgrade is complete.`;

/** The duration of the run; undefined where it waited for an admin, since that time would be included. */
export const tookWords = (run: EndedSync): string | undefined =>
  run.approvedBy ? undefined : durationWords(run.finishedAt.getTime() - run.createdAt.getTime());
