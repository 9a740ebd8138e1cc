/** What CodeMirror says itself, mostly to screen readers. */
import { t } from '../../core/translate.ts';

/** @returns by CodeMirror's own words, what it says to this reader */
export const phrases = (): Readonly<Record<string, string>> => ({
  Completions: t`Completions`,
  'Control character': t`Control character`,
  Diagnostics: t`Problems`,
  'No diagnostics': t`No problems.`,
  close: t`Close`,
  'Selection deleted': t`Selection deleted`,
  'Fold line': t`Fold line`,
  'Unfold line': t`Unfold line`,
  'folded code': t`folded code`,
  unfold: t`unfold`,
  // "Folded lines 3 up to 5."
  'Folded lines': t`Folded lines`,
  'Unfolded lines': t`Unfolded lines`,
  to: t`up to`,
});
