/** `sequences`: all of them, looked through by page or by name. */
import { z } from 'zod';
import { say } from '../../../core/say.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { asAdmin, refuse } from '../admins.ts';
import { pageButtons, pageIn, pageWords } from '../paging.ts';
import { makeSequence } from './edit-sequence.ts';
import { showSequence } from './sequence-ref.ts';
import { sequenceStanding } from './sequence-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
const whatIsWanted = () => say`see sequences`;
/** More of a name than that nobody types; it travels in a button. */
const MAX_TYPED = 100;

const shownPayload = z.object({
  page: z.number().int().nonnegative(),
  typed: z.string().max(MAX_TYPED),
});
type Shown = z.infer<typeof shownPayload>;

export const turnSequencesPage = buttonAction({
  id: 'sequences.page',
  payload: shownPayload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(whatIsWanted, turn);
    return { kind: 'replace', card: refused ?? (await listCard(shown, turn)) };
  },
});

export const searchSequences = formAction({
  id: 'sequences.search',
  payload: z.object({}),
  title: () => say`Search sequences`,
  submitLabel: () => say`Search`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return { refused };
    return { fields: { typed: { kind: 'text', label: say`A part of the name` } } };
  },

  submit: ({ typed }, _payload, turn) => openSequences(typed, turn),
});

export const openSequence = buttonAction({
  id: 'sequences.open',
  payload: z.object({ sequenceId: z.string() }),
  handle: async ({ sequenceId }, _turn: Turn) => showSequence(sequenceId),
});

/** The list; or the card of the one that is meant: its whole name was typed, or no other is called like that. */
export async function openSequences(typed: string, turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(whatIsWanted, turn);
  if (refused) return refuse(refused);
  const wanted = typed.slice(0, MAX_TYPED);
  const meant = typed === '' ? undefined : await theOneCalled(wanted, turn);
  if (meant) return showSequence(meant.id);
  const card = await listCard({ page: 0, typed: wanted }, turn);
  return { kind: 'say', to: 'person', card };
}

async function theOneCalled(typed: string, { stores }: Turn): Promise<Sequence | undefined> {
  const named = await stores.sequences.findByName(typed);
  if (named) return named;
  const { sequences, total } = await stores.sequences.list(typed, { offset: 0, limit: 1 });
  return total === 1 ? sequences[0] : undefined;
}

async function listCard({ typed, page }: Shown, turn: Turn): Promise<Card> {
  const { sequences: store } = turn.stores;
  const { total } = await store.list(typed, { offset: 0, limit: 0 });
  const shown = pageIn(total, page, PAGE);
  const { sequences } = await store.list(typed, { offset: shown.page * PAGE, limit: PAGE });
  const rows = await Promise.all(sequences.map((sequence) => row(sequence, turn)));
  return {
    title: say`Sequences`,
    blocks: [
      { kind: 'text', muted: true, text: [tally(total, typed) + pageWords(shown)] },
      ...rows.flat(),
      { kind: 'buttons', buttons: buttons(total, typed, shown) },
    ],
  };
}

function tally(total: number, typed: string): string {
  if (typed !== '')
    return total === 0
      ? say`None is called "${typed}". Show all, or make it.`
      : say`${total} for "${typed}"`;
  return total === 0
    ? say`There is none yet. A sequence grants access, sends messages and opens tasks around the day on which somebody starts or leaves.`
    : total === 1
      ? say`1 sequence`
      : say`${total} sequences`;
}

function buttons(
  total: number,
  typed: string,
  shown: { readonly page: number; readonly pages: number },
): Button[] {
  const first = total === 0 ? ({ tone: 'primary' } as const) : {};
  return [
    { label: say`New sequence…`, ...first, does: makeSequence.with({}) },
    ...(shown.pages > 1 ? [{ label: say`Search…`, does: searchSequences.with({}) }] : []),
    ...(typed === ''
      ? []
      : [{ label: say`Show all`, does: turnSequencesPage.with({ page: 0, typed: '' }) }]),
    ...pageButtons(shown, (page) => turnSequencesPage.with({ typed, page })),
  ];
}

async function row(sequence: Sequence, { stores }: Turn): Promise<Block[]> {
  const [items, people] = await Promise.all([
    stores.sequences.items(sequence.id),
    stores.assignments.countCurrent(sequence.id),
  ]);
  return [
    {
      kind: 'text',
      text: [
        { kind: 'strong', text: sequence.name },
        ` · ${items.length === 1 ? say`1 item` : say`${items.length} items`} · ${sequenceStanding(sequence, people)}`,
      ],
    },
    {
      kind: 'buttons',
      buttons: [
        {
          label: say`Open`,
          about: say`Open: ${sequence.name}`,
          does: openSequence.with({ sequenceId: sequence.id }),
        },
      ],
    },
  ];
}
