/** The parts of Home. Each shows its first rows and links to the rest. */
import { sayNumber, t } from '../../../core/translate.ts';
import {
  type Block,
  type Button,
  buttonRow,
  paragraph,
  type Row,
  strong,
} from '../../view/card.ts';
import { turnPeoplePage } from '../people/people-list.ts';

/** Rows in each part. Fifteen parts with a block a row fit a Slack Home, which takes a hundred blocks. */
export const SHOWN = 3;

export interface Line {
  readonly text: string;
  readonly button?: Button;
}

export const lineRow = ({ text, button }: Line): Row => ({
  kind: 'row',
  text: [text],
  buttons: button ? [button] : [],
});

/** A part: heading and count, the first rows, and a link to the rest. Empty parts are left out. */
export function part(
  heading: string,
  {
    rows,
    total,
    rest,
  }: { readonly rows: readonly (Line | Row)[]; readonly total: number; readonly rest: Button },
): Block[] {
  if (total === 0) return [];
  return [
    { kind: 'divider' },
    paragraph([strong(`${heading} (${sayNumber(total)})`)]),
    ...rows.map((row) => ('kind' in row ? row : lineRow(row))),
    ...buttonRow(total > rows.length ? [rest] : []),
  ];
}

/** The link to the rest for parts without a list of their own. */
export const everybody = (): Button => ({
  label: t`People`,
  does: turnPeoplePage.with({ text: '', left: false, page: 0 }),
});

export const FIRST = { offset: 0, limit: SHOWN };
