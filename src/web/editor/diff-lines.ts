/** The changes between two texts, line by line, for a page. Pure. */
import { structuredPatch } from 'diff';

export interface DiffLine {
  readonly kind: 'added' | 'removed' | 'same';
  /** The line's numbers before and after. Only one when the line is in only one text. */
  readonly before?: number;
  readonly after?: number;
  readonly text: string;
}

export interface Diff {
  /** Changed lines with a few unchanged lines around them. Other lines are left out. */
  readonly hunks: readonly { readonly lines: readonly DiffLine[] }[];
  readonly added: number;
  readonly removed: number;
  /** How many changed and surrounding lines are not in `hunks`, since a browser is slow with a larger page. Absent for none. */
  readonly left?: number;
}

/** Unchanged lines on each side of a change. */
const CONTEXT_LINES = 3;
/**
 * The limit for texts that share almost nothing; it takes a fifth of a second. Above it, all old lines count as removed
 * and all new ones as added.
 */
const MAX_EDITS = 1000;

/** Lines on one page. */
const MAX_LINES = 5000;

export function diffLines(before: string, after: string): Diff {
  const patch = structuredPatch('', '', ended(before), ended(after), undefined, undefined, {
    context: CONTEXT_LINES,
    // Browsers use one kind of line break. A file may have another.
    stripTrailingCr: true,
    maxEditLength: MAX_EDITS,
  });
  const hunks = patch
    ? patch.hunks.map(({ oldStart, newStart, lines }) => ({
        lines: numbered(lines, oldStart, newStart),
      }))
    : [{ lines: everything(before, after) }];
  const count = (kind: DiffLine['kind']) =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
  const all = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const counts = { added: count('added'), removed: count('removed') };
  return all > MAX_LINES
    ? { hunks: firstOf(hunks), ...counts, left: all - MAX_LINES }
    : { hunks, ...counts };
}

function firstOf(hunks: Diff['hunks']): Diff['hunks'] {
  let left = MAX_LINES;
  const first: { lines: readonly DiffLine[] }[] = [];
  for (const { lines } of hunks) {
    if (left <= 0) break;
    first.push({ lines: lines.slice(0, left) });
    left -= lines.length;
  }
  return first;
}

/** People don't care whether the last line ends in a line break. */
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

function numbered(lines: readonly string[], oldStart: number, newStart: number): DiffLine[] {
  let [before, after] = [oldStart, newStart];
  return lines.map((line): DiffLine => {
    const text = line.slice(1);
    if (line.startsWith('+')) return { kind: 'added', after: after++, text };
    if (line.startsWith('-')) return { kind: 'removed', before: before++, text };
    return { kind: 'same', before: before++, after: after++, text };
  });
}

const everything = (before: string, after: string): DiffLine[] => [
  ...before.split('\n').map((text, at): DiffLine => ({ kind: 'removed', before: at + 1, text })),
  ...after.split('\n').map((text, at): DiffLine => ({ kind: 'added', after: at + 1, text })),
];
