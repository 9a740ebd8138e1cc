/**
 * Entries with checkboxes. What a person ticks comes back with what they were shown, so only what they changed is stored: a
 * card that is older than another person's tick doesn't take that back. Pure.
 */
import { z } from 'zod';
import type { ShownCall } from './action-call.ts';
import { type Block, type Checklist, type ChecklistEntry, paragraph } from './card.ts';

const positions = z.array(z.number().int().nonnegative()).max(100);
/**
 * Positions of entries: which were ticked on the card that was shown, and which are now. `offered`: all entries whose
 * checkboxes the click sends, where each click is sent at once. The card may then lack ticks that the person made just before.
 */
export const ticksSchema = z.object({
  shown: positions,
  ticked: positions,
  offered: positions.optional(),
});
export type Ticks = z.infer<typeof ticksSchema>;

/** The call with the ticks in its payload, as `ticks`. */
export const withTicks = <Call extends ShownCall>(call: Call, ticks: Ticks): Call => ({
  ...call,
  payload: JSON.stringify({ ...carried.parse(JSON.parse(call.payload)), ticks }),
});

const carried = z.looseObject({});

/** Positions that are ticked on the card. */
export const shownTicks = ({ entries }: Pick<Checklist, 'entries'>): readonly number[] =>
  entries.flatMap(({ isDone }, position) => (isDone ? [position] : []));

/** For those who may only read it. */
export const asLines = ({ entries }: Checklist): readonly Block[] =>
  entries.map((entry) => paragraph(`${entry.isDone ? '☑' : '☐'} ${lineOf(entry)}`));

export const lineOf = ({ text, note }: ChecklistEntry): string =>
  note === undefined ? text : `${text} · ${note}`;
