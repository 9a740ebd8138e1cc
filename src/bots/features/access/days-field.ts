/** For how many days access is granted: the field, and its parsed answer. */
import { t } from '../../../core/translate.ts';
import type { Field } from '../../view/form.ts';

/** More than a year is no useful limit. */
const MAX_DAYS = 366;

/**
 * @param longest the policy's limit in days; null where access needs no end date, so the field may be left empty
 * @param whose `you`: the person who fills it in
 * @param initial the days that the form opens with; the longest time if left out
 */
export function daysField(
  longest: number | null,
  whose: 'you' | 'they',
  initial: number | null = longest,
): Field {
  return {
    kind: 'text',
    label: t`For how many days`,
    hint: longest === null ? t`Leave blank for no end date.` : withEnd(longest)[whose],
    ...(longest === null && { optional: true }),
    ...(initial !== null && { initial: String(initial) }),
  };
}

const withEnd = (longest: number) => ({
  you: t`At most ${longest}. Before it expires, Latchkey asks whether you still need it.`,
  they: t`At most ${longest}. Before it expires, Latchkey asks them whether they still need it.`,
});

/** @returns the number, undefined for no end date, or an error message */
export function readDays(value: unknown, longest: number | null): number | undefined | string {
  const text = typeof value === 'string' ? value.trim() : '';
  const most = longest ?? MAX_DAYS;
  if (text === '')
    return longest === null ? undefined : t`Enter the number of days, at most ${most}.`;
  const days = Number(text);
  return /^\d{1,4}$/.test(text) && days >= 1 && days <= most
    ? days
    : t`Enter a whole number from 1 to ${most}.`;
}
