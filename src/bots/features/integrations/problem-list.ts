/** What is wrong or unwise in a manifest, each problem with its place. */
import { plural, say } from '../../../core/say.ts';
import type { ParsedManifest } from '../../../engine/manifest/parse.ts';
import type { Problem } from '../../../engine/manifest/problem.ts';
import type { Text } from '../../view/card.ts';

export interface Found {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export const problemsOf = (checked: ParsedManifest): Found => ({
  errors: checked.ok ? [] : checked.errors,
  warnings: checked.warnings,
});

/** Errors first. */
export const problemLines = ({ errors, warnings }: Found): readonly Text[] => [
  ...errors.map((problem) => problemLine('✗', problem)),
  ...warnings.map((problem) => problemLine('⚠', problem)),
];

export const problemLine = (mark: '✗' | '⚠', { place, message }: Problem): Text =>
  place === ''
    ? [`${mark} ${message}`]
    : [`${mark} `, { kind: 'code', text: place }, `: ${message}`];

/** `3 errors and 1 warning`. */
export function problemCount(found: Found): string {
  const errors = plural(found.errors.length, {
    one: say`1 error`,
    other: say`${found.errors.length} errors`,
  });
  const warnings = plural(found.warnings.length, {
    one: say`1 warning`,
    other: say`${found.warnings.length} warnings`,
  });
  if (found.errors.length === 0) return found.warnings.length === 0 ? '' : warnings;
  return found.warnings.length === 0 ? errors : say`${errors} and ${warnings}`;
}
