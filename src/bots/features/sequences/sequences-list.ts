/** `sequences`: all of them, listed by page or searched by name. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import {
  listOrOne,
  listRow,
  openButton,
  type SearchableList,
  searchableList,
  searchedFor,
} from '../list-card.ts';
import { makeSequence } from './edit-sequence.ts';
import { showSequence } from './sequence-ref.ts';
import { countItems, sequenceStanding } from './sequence-words.ts';

const whatIsWanted = () => t`see sequences`;
const list: SearchableList = searchableList({
  id: 'sequences.page',
  forReaders: whatIsWanted,

  read: ({ text }, at, { stores }) => stores.sequences.list(text, at),

  title: () => t`Sequences`,
  empty: ({ shown: { text } }) =>
    text === ''
      ? t`No sequences yet. A sequence grants access, sends messages and opens tasks around the day someone starts or leaves.`
      : t`No sequence matches "${text}".`,
  counted: ({ total, shown: { text } }) =>
    text === ''
      ? plural(total, { one: t`1 sequence`, other: t`${total} sequences` })
      : searchedFor(sayNumber(total), text),
  row,
  before: ({ total }) => [
    {
      label: t`New sequence…`,
      tone: total === 0 ? 'primary' : undefined,
      does: makeSequence.with({}),
    },
  ],
  search: {
    id: 'sequences.search',
    title: () => t`Search sequences`,
    label: () => t`Part of the name`,
    submit: (text, turn) => openSequences(text, turn),
  },
});
export const { turnPage: turnSequencesPage, search: searchSequences } = list;

export const openSequence = buttonAction({
  id: 'sequences.open',
  payload: z.object({ sequenceId: z.string() }),
  handle: async ({ sequenceId }, _turn: Turn) => showSequence(sequenceId),
});

export const openSequences = (typed: string, turn: Turn): Promise<Reply> =>
  listOrOne(typed, turn, {
    list,
    forReaders: whatIsWanted,
    store: turn.stores.sequences,
    show: ({ id }) => showSequence(id),
  });

async function row(sequence: Sequence, _found: unknown, { stores }: Turn): Promise<Block[]> {
  const [items, people] = await Promise.all([
    stores.sequences.items(sequence.id),
    stores.assignments.countCurrent(sequence.id),
  ]);
  return listRow(
    sequence.name,
    `${countItems(items.length)} · ${sequenceStanding(sequence, people)}`,
    openButton(sequence.name, openSequence.with({ sequenceId: sequence.id })),
  );
}
