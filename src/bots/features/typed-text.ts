/** Limits for typed text: long enough to explain something, short enough that a card with its buttons stays one message. */
import { t } from '../../core/translate.ts';

/** The field of a reason. No field of a manifest or a fact can have this name: they all have a prefix. */
export const REASON = 'reason';
/** The reason for a request or a denial, or what a task explains. */
export const MAX_REASON = 2000;
/** What to do, in a task. */
export const MAX_TITLE = 200;
/** One comment; a task has many. */
export const MAX_COMMENT = 500;

/** A whole number that was typed; undefined where it is none, or outside of these. */
export function wholeNumber(
  typed: string | undefined,
  { least = 0, most }: { readonly least?: number; readonly most: number },
): number | undefined {
  const text = typed?.trim() ?? '';
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** The error for its field; undefined where there is a number. */
export const wholeNumberError = (read: number | undefined, most: number): string | undefined =>
  read === undefined ? t`A whole number from 0 to ${most}.` : undefined;
