/** What is wrong or unwise in a manifest, each problem with its place. */
import type { ParsedManifest } from '../../engine/manifest/parse.ts';
import type { Problem } from '../../engine/manifest/problem.ts';
import type { Text } from '../view/card.ts';
import { count } from './integration-words.ts';

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
export const problemCount = ({ errors, warnings }: Found): string =>
  [
    ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
    ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
  ].join(' and ');
