/** The parts of Home. Each shows its first rows and links to the rest. */
import { sayNumber, t } from '../../../core/translate.ts';
import type { Block, Button } from '../../view/card.ts';
import { turnPeoplePage } from '../people/people-list.ts';

/** Rows in each part. Thirteen parts with two blocks a row fit a Slack Home, which takes a hundred blocks. */
export const SHOWN = 2;

export interface Row {
  readonly text: string;
  readonly button?: Button;
}

/** A part: heading and count, the first rows with a button each, and a link to the rest. Empty parts are left out. */
export function part(heading: string, rows: readonly Row[], total: number, rest: Button): Block[] {
  if (total === 0) return [];
  const more = total - rows.length;
  return [
    { kind: 'divider' },
    { kind: 'text', text: [{ kind: 'strong', text: `${heading} (${sayNumber(total)})` }] },
    ...rows.flatMap(({ text, button }): Block[] => [
      { kind: 'text', text: [text] },
      ...(button ? [{ kind: 'buttons' as const, buttons: [button] }] : []),
    ]),
    ...(more > 0 ? [{ kind: 'buttons' as const, buttons: [rest] }] : []),
  ];
}

/** The link to the rest for parts without a list of their own. */
export const everybody = (): Button => ({
  label: t`People`,
  does: turnPeoplePage.with({ text: '', left: false, page: 0 }),
});

export const FIRST = { offset: 0, limit: SHOWN };
