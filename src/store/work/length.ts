/**
 * How long access lasts, as rows and JSON have it: `hours`, and whole days beside them, which 0.2.0 reads and writes while both
 * versions work on one database. docs/decisions/0108 says why, and when `days` goes.
 */
import { HOURS_A_DAY } from '../../core/hours.ts';

export interface StoredLength {
  readonly hours?: number | null | undefined;
  readonly days?: number | null | undefined;
}

/** Days are rounded up: 0.2.0 knows no shorter time than a day. */
const daysOf = (hours: number): number => Math.ceil(hours / HOURS_A_DAY);

/** Null: no end date. */
export const writeLength = (
  hours: number | null | undefined,
): { readonly hours: number | null; readonly days: number | null } =>
  hours == null ? { hours: null, days: null } : { hours, days: daysOf(hours) };

/** The same for JSON, where 0.2.0 takes no null. */
export const lengthInJson = (hours: number | undefined): StoredLength =>
  hours === undefined ? {} : writeLength(hours);

/** The hours; those of the days where 0.2.0 changed them or wrote them alone. Null: no end date. */
export function readLength({ hours, days }: StoredLength): number | null {
  if (days == null) return null;
  return hours != null && daysOf(hours) === days ? hours : days * HOURS_A_DAY;
}
