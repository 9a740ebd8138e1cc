/** Everything the bot can do, for the composition roots: every action, live card and command. */
import type { Reader, Turn } from '../live/context.ts';
import { ActionBook } from '../view/action.ts';
import { CardBook } from '../view/live-card.ts';
import * as registered from './registered.ts';
import { offeredTo } from './rights.ts';

export { commands } from './commands.ts';

const exported = Object.values(registered);

export const actions = new ActionBook<Turn>(
  exported.filter((value) => hasAll(value, ['id', 'press', 'with'])),
);

export const cards = new CardBook<Reader>(
  exported.filter((value) => hasAll(value, ['id', 'copies', 'render'])),
  (card, { reader }) => offeredTo(card, reader),
);

function hasAll<T, K extends string>(
  value: T,
  keys: readonly K[],
): value is Extract<T, Readonly<Record<K, unknown>>> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
