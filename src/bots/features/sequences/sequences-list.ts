/** `sequences`: all of them, listed by page or searched by name. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { readersTo } from '../admins.ts';
import { listRow, openButton, type SearchableList, searchableList } from '../list-card.ts';
import { makeSequence } from './edit-sequence.ts';
import { showSequence } from './sequence-ref.ts';
import { countItems, sequenceStanding } from './sequence-words.ts';

const whatIsWanted = () => t`see sequences`;
interface Listed {
  readonly items: readonly Sequence[];
  readonly total: number;
  /** By the sequence's id. */
  readonly itemCounts: ReadonlyMap<string, number>;
  readonly people: ReadonlyMap<string, number>;
}

const list: SearchableList = searchableList({
  id: 'sequences.page',
  admit: readersTo(whatIsWanted),

  async read({ text }, at, { stores }): Promise<Listed> {
    const found = await stores.sequences.list(text, at);
    const ids = found.items.map(({ id }) => id);
    const [itemCounts, people] = await Promise.all([
      stores.sequences.countItems(ids),
      stores.assignments.countsOf(ids),
    ]);
    return { ...found, itemCounts, people };
  },

  title: () => t`Sequences`,
  empty: ({ shown: { text } }) =>
    text === ''
      ? t`No sequences yet. A sequence grants access, sends messages and opens tasks around the day someone starts or leaves.`
      : t`No sequence matches "${text}".`,
  counted: ({ total }) =>
    plural(total, { one: t`1 sequence`, other: t`${sayNumber(total)} sequences` }),
  row,
  before: ({ total }) => [
    {
      label: t`New sequence…`,
      tone: total === 0 ? 'primary' : undefined,
      does: makeSequence.with({}),
    },
  ],
  one: { store: ({ stores }: Turn) => stores.sequences, show: ({ id }) => showSequence(id) },
  search: {
    id: 'sequences.search',
    title: () => t`Search sequences`,
    label: () => t`Part of the name`,
  },
});
export const { turnPage: turnSequencesPage, search: searchSequences, open: openSequences } = list;

export const openSequence = buttonAction({
  id: 'sequences.open',
  payload: z.object({ sequenceId: z.string() }),
  right: 'see the set-up',
  handle: async ({ sequenceId }, _turn: Turn) => showSequence(sequenceId),
});

function row(sequence: Sequence, { itemCounts, people }: Listed): Block[] {
  const { id: sequenceId, name } = sequence;
  const standing = sequenceStanding(sequence, people.get(sequenceId) ?? 0);
  return listRow(
    name,
    `${countItems(itemCounts.get(sequenceId) ?? 0)} · ${standing}`,
    openButton(name, openSequence.with({ sequenceId })),
  );
}
