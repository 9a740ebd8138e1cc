import type { ManifestChange } from '../../engine/manifest/diff.ts';
import type { Output } from '../output.ts';

/** How much of a value a line shows. The file has the rest. */
const SHOWN_CHARACTERS = 200;

/** Each place that differs, like a diff. @param indent before each line */
export function printChanges(
  changes: readonly ManifestChange[],
  output: Output,
  indent = '',
): void {
  for (const { place, before, after } of changes) {
    output.line(indent + place);
    if (before !== undefined) output.line(`${indent}  - ${short(before)}`);
    if (after !== undefined) output.line(`${indent}  + ${short(after)}`);
  }
}

const short = (text: string): string =>
  text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
    : text;
