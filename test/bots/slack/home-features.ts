/** Home and shortcuts of the small bot. */
import { z } from 'zod';
import { buttonAction, formAction, type PressReply } from '../../../src/bots/view/action.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import type { Home } from '../../../src/bots/view/home.ts';
import type { Shortcut } from '../../../src/bots/view/platform.ts';
import type { Scene, Turn } from './support.ts';

const empty = z.strictObject({});

const again = buttonAction<z.infer<typeof empty>, Turn>({
  id: 'home.again',
  payload: empty,
  handle: async () => ({ kind: 'nothing' }),
});
const list = buttonAction<z.infer<typeof empty>, Turn>({
  id: 'home.list',
  payload: empty,
  handle: async () => ({ kind: 'replace', card: note('A list', 'Its first page.') }),
});
const tell = buttonAction<z.infer<typeof empty>, Turn>({
  id: 'home.tell',
  payload: empty,
  handle: async () => ({ kind: 'say', to: 'person', card: note('For you alone') }),
});
const ask = formAction({
  id: 'home.ask',
  payload: empty,
  title: () => 'Ask',
  submitLabel: () => 'Ask',
  fields: async (_payload, _turn: Turn) => ({ fields: { why: { kind: 'text', label: 'Why' } } }),
  submit: async () => ({ kind: 'say', to: 'here', card: note('Asked') }),
});
/** Asks whom, as a global shortcut does. */
const whom = formAction({
  id: 'shortcut.whom',
  payload: empty,
  title: () => 'Access…',
  submitLabel: () => 'Show',
  fields: async (_payload, _turn: Turn) => ({ fields: { who: { kind: 'text', label: 'Whose' } } }),
  submit: async ({ who }) => ({ kind: 'say', to: 'person', card: note(`Access of ${who}`) }),
});
export const homeActions = [again, list, tell, ask, whom];

export const homeOf = ({ homes }: Scene): Home<Turn> => ({
  card: async ({ profile }): Promise<Card> => ({
    title: `Hello ${profile.name}`,
    blocks: [
      { kind: 'text', text: [`Version ${++homes.shown}`] },
      ...Array.from({ length: homes.lines }, (_, index) => ({
        kind: 'text' as const,
        text: [`Line ${index}.`],
      })),
      {
        kind: 'buttons',
        buttons: [
          { label: 'Refresh', does: again.with({}) },
          { label: 'List', does: list.with({}) },
          { label: 'Tell', does: tell.with({}) },
          { label: 'Ask…', does: ask.with({}) },
        ],
      },
    ],
    keptAtEnd: 1,
  }),
  again: again.with({}),
});

export async function useShortcut(used: Shortcut, turn: Turn): Promise<PressReply> {
  if (used.kind === 'global') return whom.press('{}', turn);
  return {
    kind: 'say',
    to: 'here',
    card: note(`The author is ${used.userId ?? 'no user'}`),
  };
}
