/** Typing the name, or the address, of what is deleted for good: a click alone would be too quick. */
import { isSameName } from '../../core/fold.ts';
import { t } from '../../core/translate.ts';

export const confirmField = (label: string, name: string) =>
  ({ kind: 'text', label, hint: t`Type ${name} to confirm. This can't be undone.` }) as const;

/** @returns the answer where another name was typed */
export const unlessConfirmed = (typed: string, name: string) =>
  isSameName(typed, name)
    ? undefined
    : ({
        kind: 'invalid',
        errors: { name: t`That isn't its name. Type ${name} to delete it.` },
      } as const);
