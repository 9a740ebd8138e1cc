/** What became of a change that an admin asked for, and the name that they typed. */
import { t } from '../../core/translate.ts';

export type ChangeResult<T> =
  | { readonly ok: true; readonly value: T }
  /** Nothing was stored. `why` is a sentence for people. */
  | { readonly ok: false; readonly why: string };

export const done = <T>(value: T) => ({ ok: true, value }) as const;
export const failed = (why: string) => ({ ok: false, why }) as const;

/**
 * A name in one line.
 * @param maxLength in characters
 * @param isMissing the sentence where nothing was typed
 */
export function readName(
  typed: string,
  { maxLength, isMissing }: { readonly maxLength: number; readonly isMissing: () => string },
): ChangeResult<string> {
  // Cut first: white space is cheap to type.
  const name = typed
    .slice(0, 10 * maxLength)
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (name === '') return failed(isMissing());
  return name.length > maxLength
    ? failed(t`At most ${maxLength} characters; this has ${name.length}.`)
    : done(name);
}
