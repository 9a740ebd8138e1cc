/** The errors and warnings of a manifest, each with its place. */
import { plural, t } from '../../../core/translate.ts';
import type { ParsedManifest } from '../../../engine/manifest/parse.ts';
import type { Problem } from '../../../engine/manifest/problem.ts';
import { code, type Text } from '../../view/card.ts';

export interface ManifestProblems {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export const problemsOf = (checked: ParsedManifest): ManifestProblems => ({
  errors: checked.ok ? [] : checked.errors,
  warnings: checked.warnings,
});

/** Errors first. */
export const problemLines = ({ errors, warnings }: ManifestProblems): readonly Text[] => [
  ...errors.map((problem) => problemLine('✗', problem)),
  ...warnings.map((problem) => problemLine('⚠', problem)),
];

export const problemLine = (mark: '✗' | '⚠', { place, message }: Problem): Text =>
  place === '' ? [`${mark} ${message}`] : [`${mark} `, code(place), `: ${message}`];

/** `3 errors and 1 warning`. */
export function problemCount(found: ManifestProblems): string {
  const errors = plural(found.errors.length, {
    one: t`1 error`,
    other: t`${found.errors.length} errors`,
  });
  const warnings = plural(found.warnings.length, {
    one: t`1 warning`,
    other: t`${found.warnings.length} warnings`,
  });
  if (found.errors.length === 0) return found.warnings.length === 0 ? '' : warnings;
  return found.warnings.length === 0 ? errors : t`${errors} and ${warnings}`;
}
