/** Everything the bot can do, for the composition roots: every action, live card and command. */
import type { Person } from '../../engine/people/directory.ts';
import type { Reader, Turn } from '../live/context.ts';
import { ActionBook } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import type { Card } from '../view/card.ts';
import { CardBook } from '../view/live-card.ts';
import { offered } from '../view/offered.ts';
import { roleGives } from './admins.ts';
import * as registered from './registered.ts';

export { commands } from './commands.ts';

const exported = Object.values(registered);

export const actions = new ActionBook<Turn>(
  exported.filter((value) => hasAll(value, ['id', 'press', 'with'])),
);

export const cards = new CardBook<Reader>(
  exported.filter((value) => hasAll(value, ['id', 'copies', 'render'])),
  (card, { reader }) => offeredTo(card, reader),
);

/** Cards leave out the buttons for which their reader lacks the right. Each press checks it again, with the people as they are then. */
export const mayPress = (person: Person, { id }: Pick<ActionCall, 'id'>): boolean =>
  roleGives(person, actions.find(id)?.right);

export const offeredTo = (card: Card, reader: Person): Card =>
  offered(card, (call) => mayPress(reader, call));

function hasAll<T, K extends string>(
  value: T,
  keys: readonly K[],
): value is Extract<T, Readonly<Record<K, unknown>>> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
