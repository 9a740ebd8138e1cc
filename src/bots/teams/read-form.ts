/** Reads what a pressed button of a card sends: which button, and the values of the card's inputs. Pure. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import { type Ticks, ticksSchema, withTicks } from '../view/checklist.ts';
import type { RawValues } from '../view/form.ts';

/** Every button carries this; `$payload` is still text. It comes back from the client, so we trust none of it. */
const carried = z.looseObject({
  $action: z.string(),
  $payload: z.string(),
  $do: z.enum(['submit', 'again', 'cancel', 'search', 'check']).optional(),
  /** The form session's id. */
  $form: z.string().optional(),
  /** The message whose button opened the form. */
  $from: z.string().optional(),
  $field: z.string().optional(),
});

/** Stands in place of that message's id where the button is below a link: someone else wrote that message. */
export const BELOW_LINK = 'link';

/** Whether a button below a link was pressed, or a form that it opened was sent. */
export const isBelowLink = (value: unknown): boolean =>
  z.looseObject({ data: z.looseObject({ $from: z.literal(BELOW_LINK) }) }).safeParse(value).success;

export interface Pressed {
  readonly call: { readonly id: string; readonly payload: string };
  readonly does:
    | { readonly kind: 'press' | 'again' }
    | { readonly kind: 'cancel'; readonly session: string }
    | { readonly kind: 'submit'; readonly session: string; readonly raw: RawValues }
    | {
        readonly kind: 'search';
        readonly session: string;
        readonly raw: RawValues;
        readonly field: string;
        /** The text in each field's search box. */
        readonly typed: Readonly<Record<string, string>>;
      };
  readonly from: string | undefined;
}

/** The input of a card's checklist. */
export const TICKS = '$ticks';

/**
 * An input's id says what it holds. So we can read an answer without the form, and a field's name never conflicts with
 * ours. `t:` text, date or one position; `o:` one position or `NO_CHOICE`; `m:` positions with commas between; `q:` the text
 * to search for.
 */
export const inputId = (kind: 't' | 'o' | 'm' | 'q', field: string): string => `${kind}:${field}`;

/** A compact list of choices can't be emptied: the client disables its placeholder. So an optional one has this choice. */
export const NO_CHOICE = 'none';

/** Undefined for a value that none of our buttons sends. */
export function readPressed(value: unknown): Pressed | undefined {
  const parsed = carried.safeParse(value);
  if (!parsed.success) return undefined;
  const {
    $action: id,
    $payload: payload,
    $form: session,
    $field: field,
    $from: from,
  } = parsed.data;
  const call = { id, payload };
  const what = parsed.data.$do ?? 'press';
  switch (what) {
    case 'press':
    case 'again':
      return { call, from, does: { kind: what } };
    case 'check': {
      const ticks = shownIn(payload);
      const { [TICKS]: ticked = [] } = readValues(parsed.data);
      return (
        ticks && {
          call: withTicks(call, { ...ticks, ticked: [ticked].flat().map(Number) }),
          from,
          does: { kind: 'press' },
        }
      );
    }
    case 'cancel':
      return session === undefined ? undefined : { call, from, does: { kind: what, session } };
    case 'submit': {
      const raw = readValues(parsed.data);
      return session === undefined ? undefined : { call, from, does: { kind: what, session, raw } };
    }
    case 'search': {
      if (session === undefined || field === undefined) return undefined;
      const [raw, typed] = [readValues(parsed.data), readTyped(parsed.data)];
      return { call, from, does: { kind: what, session, field, raw, typed } };
    }
    default:
      return unreachable(what);
  }
}

/** Undefined for a payload of no checklist. */
function shownIn(payload: string): Ticks | undefined {
  try {
    return z.object({ ticks: ticksSchema }).parse(JSON.parse(payload)).ticks;
  } catch {
    return undefined;
  }
}

function readValues(data: Readonly<Record<string, unknown>>): RawValues {
  const values = Object.entries(data).flatMap(([id, value]): [string, string | string[]][] => {
    if (typeof value !== 'string' || value === '') return [];
    if (id.startsWith('t:')) return [[id.slice(2), value]];
    if (id.startsWith('o:')) return value === NO_CHOICE ? [] : [[id.slice(2), value]];
    const picked = value.split(',').filter(Boolean);
    return id.startsWith('m:') && picked.length > 0 ? [[id.slice(2), picked]] : [];
  });
  return Object.fromEntries(values);
}

const readTyped = (data: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).flatMap(([id, value]) =>
      id.startsWith('q:') && typeof value === 'string' ? [[id.slice(2), value]] : [],
    ),
  );
