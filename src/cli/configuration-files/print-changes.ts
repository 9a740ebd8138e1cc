import type { ManifestChange } from '../../engine/manifest/diff.ts';
import type { Output } from '../output.ts';

/** How much of a value a line shows that is there on one side only: more than a policy has. The file has the rest. */
const SHOWN_CHARACTERS = 2000;
/** Two values that are no longer are shown whole. */
const WHOLE_CHARACTERS = 200;
/** How much of what both values have is shown on either side of what differs. */
const AROUND = 40;

/** Each place that differs, like a diff. @param indent before each line */
export function printChanges(
  changes: readonly ManifestChange[],
  output: Output,
  indent = '',
): void {
  for (const { place, before, after } of changes) {
    const isChanged = before !== undefined && after !== undefined;
    const show = isChanged ? around(before, after) : short;
    output.verbatim(indent + place);
    if (before !== undefined) output.verbatim(`${indent}  - ${show(before)}`);
    if (after !== undefined) output.verbatim(`${indent}  + ${show(after)}`);
  }
}

const short = (text: string): string =>
  text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
    : text;

/** All that differs, however long: a plan that hid a part of it would be agreed to unseen. */
function around(before: string, after: string): (text: string) => string {
  if (Math.max(before.length, after.length) <= WHOLE_CHARACTERS) return short;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const from = start > AROUND ? start - AROUND : 0;
  const left = end > AROUND ? end - AROUND : 0;
  return (text) =>
    `${from > 0 ? '…' : ''}${text.slice(from, text.length - left)}${left > 0 ? '…' : ''}`;
}
